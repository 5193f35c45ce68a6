// One step of a plan: what the replica holds at a path, what it shall hold, and why.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/hash.h"
#include "core/path.h"

namespace foldersync {

// In the order of execution.
enum class Phase : std::uint8_t {
  kClear,   // deletes what lies below directories that become something else; deepest first
  kMkdir,   // creates directories, also in place of something else; path order
  kWrite,   // everything about entries that are no directories, but their deletion; path order
  kDelete,  // deletes extra entries that are no directories; path order
  kRmdir,   // deletes extra directories, empty by now; deepest first
  kFinish,  // mode, owner and time of directories; deepest first
};

enum class Op : std::uint8_t {
  kCreate,    // nothing is there; content may come from another path of the replica
  kUpdate,    // same type, new content, which may come from there, too
  kReplace,   // another type
  kMove,      // comes from another path of the replica
  kLink,      // becomes one more name of another path of the replica
  kMetadata,  // content stays, metadata is put right in place
  kDelete,
};

// Why an action is in the plan. Values are bits of a ReasonSet, in the order of printing.
enum class Reason : std::uint16_t {
  kMissing = 1 << 0,  // the replica lacks it
  kExtra = 1 << 1,    // the source lacks it
  kType = 1 << 2,     // another type
  kSize = 1 << 3,
  kContent = 1 << 4,  // same size, other bytes
  kTarget = 1 << 5,   // symlink to elsewhere
  kDevice = 1 << 6,   // other device number
  kLink = 1 << 7,     // other hard-link group
  kMtime = 1 << 8,
  kMode = 1 << 9,
  kOwner = 1 << 10,  // owner or group
  kXattrs = 1 << 11,
  kChildren = 1 << 12,  // a directory whose children change
  kUndo = 1 << 13,      // takes back what an apply did
};

class ReasonSet {
 public:
  ReasonSet() = default;
  ReasonSet(std::initializer_list<Reason> reasons) {
    for (const Reason reason : reasons) add(reason);
  }
  void add(Reason reason) { bits_ = static_cast<std::uint16_t>(bits_ | bit(reason)); }
  void add(ReasonSet other) { bits_ = static_cast<std::uint16_t>(bits_ | other.bits_); }
  [[nodiscard]] bool has(Reason reason) const { return (bits_ & bit(reason)) != 0; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  // Whether it has no others than these.
  [[nodiscard]] bool is_within(ReasonSet others) const { return (bits_ & ~others.bits_) == 0; }
  [[nodiscard]] std::uint16_t bits() const { return bits_; }
  friend bool operator==(ReasonSet, ReasonSet) = default;

 private:
  static std::uint16_t bit(Reason reason) { return static_cast<std::uint16_t>(reason); }
  std::uint16_t bits_ = 0;
};

// What a decision rested on, of one entry in one tree. A field that is absent played no part.
struct Facts {
  FileType type = FileType::kFile;
  std::optional<std::uint32_t> mode;  // 0 to 07777
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::uint64_t> size;  // bytes; files only
  std::optional<FileTime> mtime;
  std::optional<std::string> target;    // bytes; symlinks only
  std::optional<std::uint64_t> device;  // as makedev() packs it; device nodes only
  std::optional<Md5> md5;               // files only
  std::optional<std::uint32_t> links;   // number of names, where more than one mattered

  friend bool operator==(const Facts&, const Facts&) = default;
};

struct Action {
  Phase phase = Phase::kWrite;
  Op op = Op::kCreate;
  RelPath path;
  // kMove: where it comes from. kLink: the path it is a name of. kCreate and kUpdate of a file: a
  // path of the replica whose file is the wanted one, metadata too, and goes from there.
  std::optional<RelPath> other;
  ReasonSet reasons;
  // What the replica must hold at `path` when the action's turn comes (kMove: at `other`);
  // nothing: no entry.
  std::optional<Facts> before;
  std::optional<Facts> after;  // what it will hold

  friend bool operator==(const Action&, const Action&) = default;
};

// Whether the action puts a new entry where there was none, or another one.
bool writes_entry(const Action& action);
// Whether the action gives metadata to an entry that stays the object that it is.
bool changes_in_place(const Action& action);
// The same of an entry that is no directory, and may have other names.
bool changes_leaf_in_place(const Action& action);
// Whether it is a creation or update whose file the replica has under another path, `other`.
bool takes_file_over(const Action& action);
// Whether a file goes from its path, whatever comes there: it may be wanted under another one.
bool takes_file_away(const Action& action);
// Whether an entry of it has an owner or a group without the other, which version 1.0 of the
// document does not allow.
bool has_lone_id(const Action& action);
// Content that the source has to give; bytes.
std::uint64_t bytes_to_write(const Action& action);

// Every value, in the order of the enumerators.
inline constexpr std::array kPhases{Phase::kClear,  Phase::kMkdir, Phase::kWrite,
                                    Phase::kDelete, Phase::kRmdir, Phase::kFinish};
inline constexpr std::array kOps{Op::kCreate, Op::kUpdate,   Op::kReplace, Op::kMove,
                                 Op::kLink,   Op::kMetadata, Op::kDelete};
inline constexpr std::array kReasons{
    Reason::kMissing, Reason::kExtra,  Reason::kType,     Reason::kSize,  Reason::kContent,
    Reason::kTarget,  Reason::kDevice, Reason::kLink,     Reason::kMtime, Reason::kMode,
    Reason::kOwner,   Reason::kXattrs, Reason::kChildren, Reason::kUndo};

// The words of the plan document.
const char* to_string(Phase phase);
const char* to_string(Op op);
const char* to_string(Reason reason);
std::vector<std::string_view> words_of(ReasonSet reasons);  // in the order of kReasons

}  // namespace foldersync
