// The plan document, format 1, as values. docs/plan-format.md describes its JSON form.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_system_limits.h"
#include "core/path.h"
#include "plan/action.h"
#include "plan/mirrored_fields.h"

namespace foldersync {

enum class Side : std::uint8_t { kSource, kReplica };
const char* to_string(Side side);  // "source", "replica"

// One of the two folders, as it was when the plan was made.
struct RootReference {
  std::string path;      // bytes, absolute
  std::string identity;  // file system and inode, as Root has it; printable ASCII; empty where
                         // there was no such folder yet
  std::string host;      // where the path is, printable ASCII; empty: here
  friend bool operator==(const RootReference&, const RootReference&) = default;
};

// Limit on a count: a number of entries, or a percentage of all.
struct Limit {
  std::uint64_t amount = 0;
  bool is_percent = false;
  friend bool operator==(const Limit&, const Limit&) = default;
};
std::string to_string(Limit limit);                       // "12", "50%"
std::optional<Limit> parse_limit(std::string_view text);  // the inverse; percent 0 to 100

// Everything beyond the two trees that shaped the plan.
struct PlanOptions {
  bool checksum = false;         // content decides even where size and mtime agree
  bool checksum_cached = false;  // and remembered hashes count as content that was read
  bool pin = false;
  bool xattrs = false;
  bool remove_extra = true;  // "delete"; false: --no-delete
  bool delete_excluded = false;
  bool one_file_system = false;
  bool cross_mounts = false;
  bool owners = false;                // owner and group are mirrored (the planner ran as root)
  std::vector<std::string> rules;     // filter rules, in order; bytes
  std::vector<std::string> left_out;  // own files inside the source: paths relative to it; bytes
  std::optional<Limit> max_delete;
  std::optional<Limit> max_update;
  std::vector<std::string> require;  // what the source must have: paths relative to it; bytes
  FileSystemLimits replica_limits;   // what the replica's file system can't hold
  std::uint64_t min_age = 0;   // files younger than that when the plan is made are left alone; s
  std::uint64_t max_size = 0;  // files larger than that are, bytes; 0: no bound
  bool no_setid = false;       // files come without set-user-ID and set-group-ID bits
  bool no_devices = false;     // device nodes of the source are left alone
  bool delete_anyway =
      false;                  // not knowing what was moved where nobody can look holds nothing back
  bool delete_first = false;  // deletions that nothing else needs go before what is written
  // Names. What lies beside one of the first in the source is left alone; files of the second kind
  // hold rules for their own directory; see filter/local_rules.
  std::vector<std::string> exclude_if_present;
  std::vector<std::string> filter_file;
  bool exclude_caches = false;  // likewise what lies beside a CACHEDIR.TAG
  std::uint64_t listed = 0;     // so many paths were listed, and all others left alone; 0: no list
  MirroredFields fields;

  // Whether content is read wherever it decides, whatever is remembered of it.
  [[nodiscard]] bool reads_all() const { return checksum && !checksum_cached; }
  friend bool operator==(const PlanOptions&, const PlanOptions&) = default;
};

// Something that could not be read. Nothing at or below it is deleted.
struct Problem {
  Side side = Side::kSource;
  RelPath path;
  int error_number = 0;  // errno
  std::string doing;     // "open", "read", "enter mount" ...
  friend bool operator==(const Problem&, const Problem&) = default;
};

// Something that was left alone on purpose. The reason: "file-system-own", "reserved-name",
// "own-file", "other-file-system", "device"; "vanished", of what the source had when its folder was
// listed; "held", of what would be deleted and may be all that
// is left of what can't be read; or "spelling", of a name of which only the spelling was left
// alone.
struct Skipped {
  RelPath path;
  std::string reason;
  friend bool operator==(const Skipped&, const Skipped&) = default;
};

inline constexpr std::string_view kHeld = "held";
// What was done when a file of the source was found decayed, with EBADMSG: see DecayCheck.
inline constexpr const char* kDecayProblem = "verify content";

struct Guard {
  std::string rule;         // "max-delete", "max-update", "require", "space"
  std::string limit;        // printable ASCII; of "require" the name, of "delete-first" the unit
  std::uint64_t count = 0;  // what the plan would do, or need
  std::uint64_t of = 0;     // out of how many
  bool refused = false;     // "verdict": "refused" or "ok"
  friend bool operator==(const Guard&, const Guard&) = default;
};

// Counts `action` by its op.
void count(const Action& action, Summary& summary);
// The same, and the bytes that it writes or deletes.
void add_to_summary(const Action& action, Summary& summary);

// What a plan is about. A mirror takes content and metadata from the source; an undo takes content
// from a backup's folder, which is its source, and metadata from the document.
enum class PlanKind : std::uint8_t { kMirror, kUndo };
inline constexpr std::array kPlanKinds{PlanKind::kMirror, PlanKind::kUndo};
const char* to_string(PlanKind kind);  // "mirror", "undo"

// A plan but for its actions.
struct PlanHeader {
  PlanKind kind = PlanKind::kMirror;
  std::string tool_version;
  std::string plan_id;  // UUID version 7
  FileTime created;
  RootReference source;
  RootReference replica;
  PlanOptions options;
  Summary summary;
  std::vector<Guard> guards;
  std::vector<Problem> problems;  // by path, then side
  std::vector<Skipped> skipped;   // by path

  // Whether everything could be read.
  [[nodiscard]] bool complete() const { return problems.empty(); }
  // How many deletions are held back, which is no exact replica.
  [[nodiscard]] std::uint64_t held() const;
  // Whether a safety rule forbids applying it.
  [[nodiscard]] bool refused() const;

  friend bool operator==(const PlanHeader&, const PlanHeader&) = default;
};

// A plan that is small, or a part of one: a window, an undo. See stored_plan.h for all others.
struct Plan : PlanHeader {
  std::vector<Action> actions;  // in the order of order.h

  friend bool operator==(const Plan&, const Plan&) = default;
};

}  // namespace foldersync
