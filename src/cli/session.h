// What the subcommands share: from settings to opened roots, state and a plan.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apply/backup/backup.h"
#include "cli/log.h"
#include "cli/options.h"
#include "core/result.h"
#include "filter/filter.h"
#include "fs/posix_file_system.h"
#include "planner/planner.h"
#include "scan/roots.h"
#include "state/hash_cache.h"
#include "state/last_run.h"
#include "state/memory.h"

namespace foldersync {

class Session {
 public:
  // Error kUsage: the rules can't be compiled.
  static Result<std::unique_ptr<Session>> start(const Settings& settings);

  [[nodiscard]] const Settings& settings() const { return settings_; }
  PosixFileSystem& fs() { return fs_; }
  HashCache* cache() { return cache_.get(); }
  [[nodiscard]] std::size_t threads() const { return threads_; }

  // Opens the memory, unless it is open, and gets the hash cache ready.
  void open_state();
  // What a person should know of cache and memory, since this was asked last.
  std::vector<std::string> take_warnings();

  // Opens both folders by absolute names.
  Result<Roots> open_roots(const std::string& source, const std::string& replica);

  // Error kRefused where one of the program's own files or folders (absolute names) would lie in
  // the replica, or be it.
  Status refuse_inside(const Root& replica, const std::vector<std::string>& files);
  // What the last place_own_files() found in the source: paths below it, sorted.
  [[nodiscard]] const std::vector<std::string>& left_out() const { return left_out_; }
  // The same, also of a replica that does not exist yet, and where one would be the source itself;
  // what lies in the source is left out of the plans from now on.
  Status place_own_files(const Roots& roots, const std::vector<std::string>& files);

  // Makes the backup folder where it is missing and its parent exists. Error kRefused where it
  // can't be opened then; to be asked before anything else is touched.
  Status make_backup_folder();
  // What apply is told of it; nothing where nothing is to be kept.
  [[nodiscard]] std::optional<BackupOrder> backup_order() const;
  // Removes backups that are older, or more, than is wanted; a warning for people, or empty.
  std::string prune_backups(const Root& replica);

  // Error kRefused where the source lacks one of these (--require).
  Status check_required(const Root& source, const std::vector<std::string>& names);

  // Where large plans are kept: in the state folder, which is made, or else where temporary files
  // are.
  [[nodiscard]] Spooling spooling();

  // A complete plan of now, with its id and time.
  // `names_equal_content` as in PlanRequest.
  Result<Planned> make_plan(const Roots& roots, const std::atomic<bool>& stop,
                            bool names_equal_content);

  // How this process mirrors onto a file system with these limits.
  [[nodiscard]] Policy policy(const FileSystemLimits& limits) const;

  // Error kRefused where a folder is not what the last good run saw of this pair.
  Status compare_with_last_run(const Roots& roots);
  // Likewise, once the source was walked: what was mounted inside it must still be.
  Status compare_mounts_with_last_run(const Roots& roots, const std::vector<KnownMount>& mounts);
  // For the next run. Requires: there is a replica.
  void remember_run(const Roots& roots, const std::vector<KnownMount>& mounts,
                    std::uint64_t source_entries);

  // What is known of the replica's file system.
  FileSystemLimits known_limits(const Root& replica);

  // Adds the rule on free space to a plan, where it can be asked and is not switched off.
  // An error: the plan can't be read.
  Status add_space_guard(const Roots& roots, StoredPlan& plan);

  // Keeps what was learned of the replica's file system, what is remembered of the run, and the
  // hashes.
  void save_state(const Root& replica, const FileSystemLimits& limits);
  // Keeps the hashes only.
  void save_hashes();

  // Whether this is the first time that a lock of another kind had to do; true once.
  bool is_first_stand_in() { return !std::exchange(had_stand_in_, true); }

  [[nodiscard]] const std::string& state_folder() const { return state_folder_; }
  // Absolute; empty: none is wanted, or not in a file.
  [[nodiscard]] std::string report_file() const;
  // Absolute; empty: nothing is kept.
  [[nodiscard]] std::string backup_folder() const;

 private:
  explicit Session(const Settings& settings);

  Settings settings_;
  PosixFileSystem fs_;
  Filter filter_;
  std::size_t threads_;
  std::string state_folder_;
  std::unique_ptr<HashCache> cache_;
  std::unique_ptr<Memory> memory_;
  std::vector<std::string> warnings_;
  std::vector<std::string> left_out_;
  std::optional<LastRun> last_run_;  // of the pair that was compared last
  bool had_stand_in_ = false;
};

// The state folder, absolute; empty where no home folder is known.
std::string state_folder_of(const Settings& settings);

// The name made absolute, without looking at the file system.
std::string absolute_name(const std::string& name);

// An error as a line for people: "open 'private/key': Permission denied (EACCES)". Names escaped.
std::string describe(const Error& error);

// A problem of a plan likewise.
std::string describe(const Problem& problem);

// A UUID of version 7 (RFC 9562) for `now`.
std::string make_plan_id(FileTime now);

}  // namespace foldersync
