// Keeping what an apply replaces or deletes, and writing down how to take the apply back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apply/backup/backup_tree.h"
#include "apply/backup/displaced_entries.h"
#include "apply/stage/record.h"
#include "apply/stage/request.h"
#include "apply/stage/staging_area.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "fs/replica_access.h"
#include "fs/wind_up.h"
#include "plan/facts.h"
#include "plan/plan.h"
#include "plan/stored_plan.h"

namespace foldersync {

// The names in a backup's folder.
inline constexpr const char* kUndoFile = "undo.json";
inline constexpr const char* kBackupTree = "tree";

// One apply's backup, `FOLDER/NAME` (see backup_name): undo.json, a plan of kind undo, and `tree`,
// which holds the old entries. Whatever happens, the undo is right: what it would take back and was
// not done is found to hold already.
class Backup {
 public:
  // The replica before anything is changed, and the time of its root before there was a staging
  // area.
  struct Before {
    ReplicaAccess& replica;
    FileTime root_mtime;
    const WindUp& wind_up;  // as of heed()
  };

  // Makes the folder, and an undo of nothing but the metadata of the plan's directories, as they
  // are now. Where the name is taken, it gets a number. Error kStopped: it is removed again.
  static Result<Backup> begin(FileSystem& fs, const BackupOrder& order, const StoredPlan& plan,
                              const Policy& policy, const Before& before, bool durable);

  // The backup that a killed run had begun, by the path that the window's record has.
  static Result<Backup> reopen(FileSystem& fs, const std::string& path, const Policy& policy,
                               bool durable, const WindUp& wind_up);

  // Told to stop, all below ends with kStopped when `wind_up` is over; what was not kept by then
  // has to be kept before anything displaced is removed. Requires: `wind_up` outlives this, or the
  // next call of heed().
  void heed(const WindUp& wind_up);

  // Whether another plan of the same cycle, which is planned after the one before, may be taken
  // back together with that: not where it goes on with what was moved, or what has other
  // attributes.
  [[nodiscard]] Result<bool> may_go_on_with(const ActionStore& actions) const;
  // From here on it is about that plan, too. What both change comes back as it was before the
  // first.
  Status go_on_with(const ActionStore& actions, const Before& before);

  // Keeps what a window displaced and writes the undo anew, before anything displaced is removed.
  // `area` is the root's staging area; `replica` the way to staging areas below it. What was not
  // done is left out; `displaced`: the names in staging folders of files that were displaced for
  // sure, so that it is an error where one can't be found. Safe to repeat.
  Status keep(const WindowRecord& record, const StagingArea& area, ReplicaAccess& replica,
              std::set<std::string> displaced = {});

  // Keeps a copy of what a deletion is about to remove from its place, where `old` was seen.
  Status keep_in_its_place(const Action& deletion, const Place& place, const FileStatus& old);
  // All that was kept so is on disk, and in the undo, when this is done.
  Status keep_what_was_noted();

  // Removes it again: nothing was changed after all. What would take too long when told to stop
  // stays, and takes back nothing.
  void discard();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Restore {
    Action undo;
    std::optional<ObjectId> object;  // in the replica, where the file had more names than one
    std::uint32_t names = 1;         // how many it had
  };

  Backup(FileSystem& fs, std::string path, const Policy& policy, bool durable,
         const WindUp& wind_up)
      : fs_(&fs), path_(std::move(path)), policy_(policy), durable_(durable), wind_up_(&wind_up) {
    policy_.no_setid = false;  // what was there is kept as it was
    whole_ = policy_;
    whole_.fields = {};
  }

  Status open_folder(int parent, const std::string& name);
  Status remember_directories(const ActionStore& actions, const Before& before);
  Status remember_directory(const RelPath& path, const Action* action, const Before& before);
  Status keep_one(const WindowRecord& record, std::size_t index, DisplacedEntries& entries,
                  ReplicaAccess& replica);
  Status keep_move(const Action& action, const ActionRecord& record, ReplicaAccess& replica);
  Status keep_rights(const RelPath& path, const ActionRecord& record);
  Status keep_metadata(const Action& action, const ActionRecord& record, ReplicaAccess& replica);
  Status keep_leaf(const WindowRecord& record, std::size_t index, DisplacedEntries& entries,
                   ReplicaAccess& replica);
  void remember_objects(const WindowRecord& record);
  bool lives_on(const FileStatus& old, const Place& place) const;
  [[nodiscard]] FileStatus as_it_is_kept(const FileStatus& old, const FileStatus& now) const;
  Result<std::optional<Facts>> named_now(const Action& action, const ActionRecord& record,
                                         ReplicaAccess& replica);
  void note(const Action& action, const ActionRecord& record, std::optional<Facts> old,
            const std::optional<Facts>& named = {});
  [[nodiscard]] const Restore* earlier(const RelPath& path) const;
  [[nodiscard]] bool is_new_content(const RelPath& path) const;
  Status find_other_names(ReplicaAccess& replica);
  Status follow_earlier_names(ReplicaAccess& replica);
  [[nodiscard]] Status set_links(std::vector<Action>& actions) const;
  Status write();

  FileSystem* fs_;
  std::string path_;
  Policy policy_;
  Policy whole_;  // of what goes, which comes back with all its metadata
  bool durable_;
  const WindUp* wind_up_;
  Fd parent_;
  std::string name_;
  Fd folder_;
  std::unique_ptr<BackupTree> tree_;
  Plan undo_;                            // all but its actions
  std::map<RelPath, Restore> restores_;  // by what they restore; directories' metadata apart
  std::map<RelPath, Restore> earlier_;   // those of the plans before, see go_on_with()
  std::map<RelPath, Action> directories_;
  std::map<ObjectId, RelPath> others_;  // names that such files have kept in the replica
  std::set<ObjectId> sought_;
  std::set<ObjectId> taken_over_;    // files that the apply has given other paths
  std::set<std::string> displaced_;  // see keep()
  std::set<ObjectId> redated_;       // files whose metadata the window changes in place
  bool goes_on_ = false;
  bool is_reopened_ = false;  // what earlier windows did to files is not known
};

}  // namespace foldersync
