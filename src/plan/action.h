// One step of a plan: what the replica holds at a path, what it shall hold, and why.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/hash.h"
#include "core/path.h"
#include "core/words.h"

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

inline constexpr std::array kPhaseWords{
    Worded{Phase::kClear, "clear"}, Worded{Phase::kMkdir, "mkdir"},
    Worded{Phase::kWrite, "write"}, Worded{Phase::kDelete, "delete"},
    Worded{Phase::kRmdir, "rmdir"}, Worded{Phase::kFinish, "finish"}};
inline constexpr auto kPhases = values_of(kPhaseWords);
constexpr const char* to_string(Phase phase) { return word_of(kPhaseWords, phase); }

enum class Op : std::uint8_t {
  kCreate,    // nothing is there; content may come from another path of the replica
  kUpdate,    // same type, new content, which may come from there, too
  kReplace,   // another type
  kMove,      // comes from another path of the replica
  kLink,      // becomes one more name of another path of the replica
  kMetadata,  // content stays, metadata is put right in place
  kDelete,
};

// Counts of actions by op; a `metadata` action of phase finish counts as finish.
struct Summary {
  std::uint64_t create = 0;
  std::uint64_t update = 0;
  std::uint64_t replace = 0;
  std::uint64_t move = 0;
  std::uint64_t link = 0;
  std::uint64_t metadata = 0;
  std::uint64_t remove = 0;  // "delete"
  std::uint64_t finish = 0;
  std::uint64_t bytes_to_write = 0;
  std::uint64_t bytes_to_delete = 0;
  std::uint64_t unchanged = 0;  // entries of both trees that need nothing
  std::uint64_t problems = 0;
  friend bool operator==(const Summary&, const Summary&) = default;
};

// What becomes of the replica's object at the path.
enum class Deed : std::uint8_t {
  kWrites,   // another one takes its place, with content of the source
  kNames,    // another one that the replica has takes its place
  kKeeps,    // it stays, there or under another path
  kRemoves,  // it goes
};
// What an action's other path is.
enum class Other : std::uint8_t { kNone, kMayBeFrom, kFrom, kTo };

// All that follows from an op by itself, in the order of the enumerators: who asks what an action
// does asks this table (writes_entry() and so on, below), and not for its op. What it must find is
// in format/action_rules, and how it is done in its step (apply/steps).
struct OpTraits {
  Op value;
  const char* word;  // of the plan document
  std::uint64_t Summary::*count;
  Deed deed;
  Other other;
  char mark;  // that people see
};
inline constexpr std::array kOpTraits{
    OpTraits{Op::kCreate, "create", &Summary::create, Deed::kWrites, Other::kMayBeFrom, '+'},
    OpTraits{Op::kUpdate, "update", &Summary::update, Deed::kWrites, Other::kMayBeFrom, '~'},
    OpTraits{Op::kReplace, "replace", &Summary::replace, Deed::kWrites, Other::kNone, '~'},
    OpTraits{Op::kMove, "move", &Summary::move, Deed::kKeeps, Other::kFrom, '>'},
    OpTraits{Op::kLink, "link", &Summary::link, Deed::kNames, Other::kTo, '>'},
    OpTraits{Op::kMetadata, "metadata", &Summary::metadata, Deed::kKeeps, Other::kNone, '~'},
    OpTraits{Op::kDelete, "delete", &Summary::remove, Deed::kRemoves, Other::kNone, '-'}};
inline constexpr auto kOps = values_of(kOpTraits);
constexpr const char* to_string(Op op) { return word_of(kOpTraits, op); }
constexpr const OpTraits& traits_of(Op op) { return kOpTraits[static_cast<std::size_t>(op)]; }
static_assert(traits_of(Op::kDelete).value == Op::kDelete && kOps[0] == Op::kCreate);

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
  kDecay = 1 << 14,     // the content that the replica's file had went bad by itself
  kExcluded = 1 << 15,  // the source says itself, or a list does, that it takes no part
};

inline constexpr std::array kReasonWords{
    Worded{Reason::kMissing, "missing"},   Worded{Reason::kExtra, "extra"},
    Worded{Reason::kType, "type"},         Worded{Reason::kSize, "size"},
    Worded{Reason::kContent, "content"},   Worded{Reason::kTarget, "target"},
    Worded{Reason::kDevice, "device"},     Worded{Reason::kLink, "link"},
    Worded{Reason::kMtime, "mtime"},       Worded{Reason::kMode, "mode"},
    Worded{Reason::kOwner, "owner"},       Worded{Reason::kXattrs, "xattrs"},
    Worded{Reason::kChildren, "children"}, Worded{Reason::kUndo, "undo"},
    Worded{Reason::kDecay, "decay"},       Worded{Reason::kExcluded, "excluded"}};
inline constexpr auto kReasons = values_of(kReasonWords);
constexpr const char* to_string(Reason reason) { return word_of(kReasonWords, reason); }

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
inline bool is_directory(const Facts& facts) { return facts.type == FileType::kDirectory; }
inline bool is_directory(const std::optional<Facts>& facts) {
  return facts && is_directory(*facts);
}
inline bool is_file(const std::optional<Facts>& facts) {
  return facts && facts->type == FileType::kFile;
}

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

// What the action is about: what will be there, or what was.
inline const std::optional<Facts>& subject(const Action& action) {
  return action.after ? action.after : action.before;
}
inline bool is_finish(const Action& action) { return action.phase == Phase::kFinish; }
// Whether the action puts a new entry where there was none, or another one.
inline bool writes_entry(const Action& action) {
  return traits_of(action.op).deed == Deed::kWrites;
}
// Whether the object that the replica has goes on being there, under its path or another one.
inline bool keeps_object(const Action& action) { return traits_of(action.op).deed == Deed::kKeeps; }
inline bool removes_entry(const Action& action) {
  return traits_of(action.op).deed == Deed::kRemoves;
}
inline bool adds_name(const Action& action) { return traits_of(action.op).deed == Deed::kNames; }
// Whether the object comes from another path of the replica, `other`.
inline bool moves_entry(const Action& action) { return traits_of(action.op).other == Other::kFrom; }
// Whether the object stays at its path, and so does its content.
inline bool sets_metadata(const Action& action) {
  return keeps_object(action) && !moves_entry(action);
}
// Where the replica has what `before` speaks of.
inline const RelPath& old_path(const Action& action) {
  return moves_entry(action) ? *action.other : action.path;
}
// Whether the action gives metadata to an entry that stays the object that it is.
bool changes_in_place(const Action& action);
// The same of an entry that is no directory, and may have other names.
bool changes_leaf_in_place(const Action& action);
// Whether it is a creation or update whose file the replica has under another path, `other`.
bool takes_file_over(const Action& action);
// Whether a file goes from its path, whatever comes there: it may be wanted under another one.
bool takes_file_away(const Action& action);
// What version 1.0 of the document does not allow an action.
struct LaterUses {
  bool lone_id = false;   // an entry that has an owner or a group without the other
  bool decay = false;     // the reason of that name
  bool excluded = false;  // likewise

  void add(LaterUses other) {
    lone_id = lone_id || other.lone_id;
    decay = decay || other.decay;
    excluded = excluded || other.excluded;
  }
};
LaterUses later_uses(const Action& action);
// Content that the source has to give; bytes.
std::uint64_t bytes_to_write(const Action& action);

std::vector<std::string_view> words_of(ReasonSet reasons);  // in the order of kReasons

}  // namespace foldersync
