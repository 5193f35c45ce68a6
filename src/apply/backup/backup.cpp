#include "apply/backup/backup.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <string_view>

#include "apply/backup/backup_name.h"
#include "apply/stage/remove_tree.h"
#include "format/json.h"
#include "fs/copy.h"
#include "fs/named_path.h"
#include "plan/undo.h"

namespace foldersync {
namespace {
constexpr const char* kNewUndoFile = "undo.json.new";
constexpr double kDiscardSeconds = 0.5;  // of a run that is told to stop

// An error says which backup could not be written.
template <class Value>
Result<Value> in_folder(Result<Value> result, const std::string& path) {
  if (result) return result;
  Error error = std::move(result).error();
  if (error.detail.empty()) error.detail = "the backup could not be written";
  return std::move(error).at(path);
}

std::optional<Facts> without_time(std::optional<Facts> facts) {
  if (is_directory(facts)) facts->mtime.reset();
  return facts;
}

// With the owner that came of it, and the mode: what the file system refuses is narrower than
// planned. While its entries were missing it was u+rwx.
Facts directory_made(const Facts& after, const std::optional<FileStatus>& made) {
  Facts facts = *without_time(after);
  if (!made) return facts;
  if (facts.mode) facts.mode = (made->mode & ~kOwnerAll) | (*facts.mode & kOwnerAll);
  if (facts.uid) facts.uid = made->uid;
  if (facts.gid) facts.gid = made->gid;
  return facts;
}

// Others may have put another folder there since it was asked for.
Status refuse_other(FileSystem& fs, int folder, const std::string& identity) {
  if (identity.empty()) return success();
  const auto id = TRY(fs.file_system_id(folder));
  const auto status = TRY(fs.status(folder));
  if (identity_of(id, status) == identity) return success();
  return refused_error("back up",
                       "somebody has put another folder into the place of the backup folder");
}

bool takes_away_directory(const Action& action) {
  return is_directory(action.before) && !is_directory(action.after);
}

bool has_same_metadata(const FileStatus& a, const FileStatus& b) {
  return a.mode == b.mode && a.uid == b.uid && a.gid == b.gid && a.mtime == b.mtime;
}

// What was given in place may be less than what was planned: a run that learns only then which
// owners and groups are refused gives fewer rights with them.
Facts as_given(Facts planned, const FileStatus& now) {
  if (planned.mode) planned.mode = now.mode;
  if (planned.uid) planned.uid = now.uid;
  if (planned.gid) planned.gid = now.gid;
  return planned;
}

}  // namespace

Status Backup::open_folder(int parent, const std::string& name) {
  auto folder = TRY(fs_->open_directory(parent, name.c_str()));
  // Held as long as the folder is open, so that no other run removes it as an old one. Where there
  // are no locks, it is spared as that of another replica.
  (void)fs_->lock(folder.get());
  const auto own = TRY(fs_->status(folder.get()));
  if (own.uid != ::geteuid()) {
    return refused_error(
        "back up",
        "the backup's folder belongs to somebody else: others can write the folder it is "
        "in");
  }
  Status made = fs_->make_directory(folder.get(), kBackupTree, kOwnerAll);
  if (!made && made.error().error_number != EEXIST) return made;
  auto tree = TRY(fs_->open_directory(folder.get(), kBackupTree));
  const auto status = TRY(fs_->status(tree.get()));
  const auto id = TRY(fs_->file_system_id(tree.get()));
  undo_.source.path = path_ + "/" + kBackupTree;
  undo_.source.identity = identity_of(id, status);
  folder_ = std::move(folder);
  tree_ = std::make_unique<BackupTree>(*fs_, std::move(tree), policy_, durable_, *wind_up_);
  return success();
}

void Backup::heed(const WindUp& wind_up) {
  wind_up_ = &wind_up;
  tree_->heed(wind_up);
}

// CRASH: killed before the first window has a record, the folder stays; its undo takes nothing
// back.
Result<Backup> Backup::begin(FileSystem& fs, const BackupOrder& order, const StoredPlan& plan,
                             const Policy& policy, const Before& before, bool durable) {
  auto parent = TRY(in_folder(open_named_folder(fs, order.folder), order.folder));
  TRY(in_folder(refuse_other(fs, parent.get(), order.identity), order.folder));
  const std::string first = backup_name(order.created, order.undo_id);
  std::string name = first;
  for (int number = 2;; ++number) {
    Status made = fs.make_directory(parent.get(), name.c_str(), kOwnerAll);
    if (made) break;
    if (made.error().error_number != EEXIST) TRY(in_folder(std::move(made), order.folder));
    name = first + "." + std::to_string(number);
  }
  Backup backup(fs, order.folder + "/" + name, policy, durable, before.wind_up);
  Status opened = backup.open_folder(parent.get(), name);
  backup.parent_ = std::move(parent);
  backup.name_ = std::move(name);
  Plan& undo = backup.undo_;
  undo.kind = PlanKind::kUndo;
  undo.tool_version = order.tool_version;
  undo.plan_id = order.undo_id;
  undo.created = order.created;
  undo.replica = plan.replica;
  undo.options.owners = policy.owners();
  undo.options.cross_mounts = plan.options.cross_mounts;
  undo.options.replica_limits = plan.options.replica_limits;
  undo.options.delete_first = plan.options.delete_first;
  if (opened) opened = backup.remember_directories(plan.actions, before);
  if (opened) opened = backup.write();
  if (opened && durable) opened = fs.sync(backup.parent_.get());
  if (!opened) backup.discard();
  TRY(in_folder(std::move(opened), backup.path_));
  return backup;
}

Result<Backup> Backup::reopen(FileSystem& fs, const std::string& path, const Policy& policy,
                              bool durable, const WindUp& wind_up) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) TRY(in_folder<Done>(document_error("back up"), path));
  Backup backup(fs, path, policy, durable, wind_up);
  const std::string around = path.substr(0, std::max<std::size_t>(slash, 1));
  backup.parent_ = TRY(in_folder(open_named_folder(fs, around), path));
  backup.name_ = path.substr(slash + 1);
  TRY(in_folder(backup.open_folder(backup.parent_.get(), backup.name_), path));
  const auto file = TRY(in_folder(fs.open_file(backup.folder_.get(), kUndoFile), path));
  const RootReference source = backup.undo_.source;
  auto undo = read_small_plan([&](std::span<char> buffer) -> Result<std::size_t> {
    TRY(wind_up.heed("read"));
    return fs.read(file.get(), std::as_writable_bytes(buffer));
  });
  backup.undo_ = TRY(in_folder(std::move(undo), path));
  backup.undo_.source = source;
  backup.is_reopened_ = true;
  for (Action& action : backup.undo_.actions) {
    TRY(wind_up.heed("read"));
    if (is_finish(action)) {
      backup.directories_[action.path] = std::move(action);
      continue;
    }
    Restore restore{std::move(action), std::nullopt, 1};
    const bool has_content = restore.undo.after && !keeps_object(restore.undo) &&
                             restore.undo.after->type != FileType::kDirectory;
    // Where it is one more name of the file that the replica had, names of windows to come join it.
    const auto kept = has_content && !adds_name(restore.undo)
                          ? backup.tree_->status(restore.undo.path)
                          : Result<std::optional<FileStatus>>(std::nullopt);
    if (kept && *kept) restore.object = object_of(**kept);
    const RelPath where = restore.undo.path;
    backup.restores_.insert_or_assign(where, std::move(restore));
  }
  backup.undo_.actions.clear();
  return backup;
}

Status Backup::remember_directories(const ActionStore& actions, const Before& before) {
  bool makes_root = false;
  TRY(for_each_action(actions, [&](const Action& action, std::uint64_t) {
    makes_root = makes_root || (action.path.is_root() && action.phase == Phase::kMkdir);
  }));
  TRY(for_each_action(actions, [&](const Action& action, std::uint64_t) -> Status {
    TRY(wind_up_->heed("back up"));
    if (action.phase != Phase::kFinish && !takes_away_directory(action)) return success();
    if (action.path.is_root() && makes_root) return success();
    return remember_directory(action.path, &action, before);
  }));
  // Where something had to stay, its directory has no action, but other times.
  return for_each_action(actions, [&](const Action& action, std::uint64_t) -> Status {
    TRY(wind_up_->heed("back up"));
    if (action.path.is_root()) return success();
    for (const RelPath& path : {action.path, old_path(action)}) {
      const RelPath parent = path.parent();
      if (directories_.contains(parent) || (parent.is_root() && makes_root)) continue;
      TRY(remember_directory(parent, nullptr, before));
    }
    return success();
  });
}

// While windows come and go the times of directories change: this is what they were at first.
// `action`: the one at its path; null: there is none.
Status Backup::remember_directory(const RelPath& path, const Action* action, const Before& before) {
  const Restore* const known = earlier(path);
  // By the plan before, perhaps in place of something else.
  const bool was_made =
      known != nullptr && (!known->undo.after || known->undo.after->type != FileType::kDirectory);
  if (was_made || (goes_on_ && directories_.contains(path))) return success();
  auto status = TRY(before.replica.status(path).at(path.bytes()));
  if (!status || !status->is_directory()) return success();
  const auto opened_up = before.replica.opened_up().find(path);
  if (opened_up != before.replica.opened_up().end()) status->mode = opened_up->second.mode;
  const bool goes = action != nullptr && action->phase != Phase::kFinish;
  Facts old = found_facts(*status, {}, goes ? whole_ : policy_);
  const bool has_time = goes || !policy_.fields.omit_dir_times;
  if (has_time) old.mtime = path.is_root() ? before.root_mtime : status->mtime;
  const bool stays = action != nullptr && !goes;
  const bool has_new_xattrs = stays && action->reasons.has(Reason::kXattrs);
  const Facts now = stays ? action->after.value_or(old) : old;
  directories_[path] = directory_as_it_was(path, now, old, has_new_xattrs);
  if (!goes && !has_new_xattrs) return success();
  const auto fd = TRY(before.replica.directory(path));
  const auto xattrs = TRY(read_xattrs(*fs_, {fd, false}, policy_.as_root).at(path.bytes()));
  return tree_->keep_attributes(path, FileType::kDirectory, xattrs);
}

// CRASH: killed in here, the marker is still COMMIT: recovery keeps again what a look finds to be
// missing. Killed after it, the undo speaks of what is done, or will be.
Status Backup::keep(const WindowRecord& record, const StagingArea& area, ReplicaAccess& replica,
                    std::set<std::string> displaced) {
  displaced_ = std::move(displaced);
  remember_objects(record);
  DisplacedEntries entries(*fs_, record, area, replica);
  for (std::size_t i = 0; i < record.actions.size(); ++i) {
    TRY(wind_up_->heed("back up"));
    TRY(in_folder(keep_one(record, i, entries, replica), path_));
  }
  TRY(in_folder(find_other_names(replica), path_));
  TRY(in_folder(follow_earlier_names(replica), path_));
  return keep_what_was_noted();
}

Status Backup::keep_what_was_noted() {
  TRY(in_folder(tree_->make_durable(), path_));
  return in_folder(write(), path_);
}

Status Backup::keep_in_its_place(const Action& deletion, const Place& place,
                                 const FileStatus& old) {
  TRY(in_folder(tree_->keep(place, old, deletion.path, HowKept::kCopy), path_));
  note(deletion, {}, found_facts(old, {}, whole_));
  return success();
}

Status Backup::keep_one(const WindowRecord& record, std::size_t index, DisplacedEntries& entries,
                        ReplicaAccess& replica) {
  const Action& action = record.plan.actions[index];
  const ActionRecord& is = record.actions[index];
  if (!is.is_due) return success();
  if (is_finish(action)) return keep_rights(action.path, is);
  if (action.path.is_root()) return success();
  if (sets_metadata(action)) return keep_metadata(action, is, replica);
  if (moves_entry(action)) return keep_move(action, is, replica);
  if (is.old && !is.old->is_directory()) return keep_leaf(record, index, entries, replica);
  const auto now = TRY(replica.status(action.path));
  if (is.old) {
    if (now && same_object(*now, *is.old)) return success();  // not done
    note(action, is, without_time(found_facts(*is.old, {}, whole_)));
  } else if (is.made && now && is_what_was_made(*now, *is.made)) {
    note(action, is, std::nullopt, TRY(named_now(action, is, replica)));
  }
  return success();
}

// What is moved is not displaced: the undo moves it back.
Status Backup::keep_move(const Action& action, const ActionRecord& record, ReplicaAccess& replica) {
  const auto now = TRY(replica.status(action.path));
  if (!now || !record.old || !same_object(*now, *record.old)) return success();  // not done
  const std::string target = action.after->target.value_or(std::string());
  const Facts old = found_facts(*record.old, target, policy_);
  Facts made = old;
  // A directory gets it when it is finished.
  const Facts given = now->is_directory() ? *action.after : as_given(*action.after, *now);
  for (const auto field : {&Facts::mode, &Facts::uid, &Facts::gid}) {
    if (given.*field) made.*field = given.*field;
  }
  const RelPath& from = *action.other;
  restores_.insert_or_assign(from, Restore{moved_back(action, made, old), std::nullopt, 1});
  if (record.old_xattrs) TRY(tree_->keep_attributes(from, record.old->type, *record.old_xattrs));
  if (!record.old->is_directory()) return success();
  Facts dated = old;
  dated.mtime = record.old->mtime;
  directories_[from] = directory_as_it_was(from, made, dated, false);
  return success();
}

// Of a directory whose ACLs change, which the plan did not know.
Status Backup::keep_rights(const RelPath& path, const ActionRecord& record) {
  const auto directory = directories_.find(path);
  if (!record.old_xattrs || directory == directories_.end()) return success();
  ReasonSet& reasons = directory->second.reasons;
  if (reasons.has(Reason::kXattrs)) return success();
  reasons.add(Reason::kXattrs);
  return tree_->keep_attributes(path, FileType::kDirectory, *record.old_xattrs);
}

Status Backup::keep_metadata(const Action& action, const ActionRecord& record,
                             ReplicaAccess& replica) {
  if (!record.old) return success();
  const std::string target = action.before->target.value_or(std::string());
  const auto now = TRY(replica.status(action.path));
  Action done = action;
  if (now && same_object(*now, *record.old)) {
    if (!action.reasons.has(Reason::kXattrs) && has_same_metadata(*now, *record.old)) {
      return success();  // all of it was refused
    }
    done.after = as_given(*action.after, *now);
  }
  note(done, record, found_facts(*record.old, target, policy_));
  if (!action.reasons.has(Reason::kXattrs) || !record.old_xattrs) return success();
  if (!is_new_content(action.path)) return success();
  return tree_->keep_attributes(action.path, record.old->type, *record.old_xattrs);
}

Status Backup::keep_leaf(const WindowRecord& record, std::size_t index, DisplacedEntries& entries,
                         ReplicaAccess& replica) {
  const Action& action = record.plan.actions[index];
  const ActionRecord& is = record.actions[index];
  const auto found = TRY(entries.find(index));
  if (!found && displaced_.contains(record.name_of(index))) {
    return changed_error("back up", "what was at '" + action.path.shown() +
                                        "' is not found where it was put aside: it is not removed");
  }
  if (!found) return success();  // not done
  const Place& place = found->place;
  std::string target;
  if (is.old->type == FileType::kSymlink) {
    target = TRY(fs_->link_target(place.directory, place.name.c_str()));
  }
  const FileStatus old = as_it_is_kept(*is.old, found->now);
  const auto how = lives_on(old, place) ? HowKept::kCopy : HowKept::kLink;
  if (is_new_content(action.path)) TRY(tree_->keep(place, old, action.path, how));
  note(action, is, found_facts(old, target, whole_), TRY(named_now(action, is, replica)));
  if (!is_new_content(action.path)) return success();
  // A name that this apply has given it is none of the old ones.
  if (is.old->links > 1 && !taken_over_.contains(object_of(*is.old))) {
    Restore& restore = restores_.at(action.path);
    restore.object = object_of(*is.old);
    restore.names = is.old->links;
  }
  return success();
}

// Of a link, what its file has become, which may be less than was planned.
Result<std::optional<Facts>> Backup::named_now(const Action& action, const ActionRecord& record,
                                               ReplicaAccess& replica) {
  if (!adds_name(action) || !record.made) return std::optional<Facts>();
  const auto now = TRY(replica.status(action.path));
  if (!now || now->inode != record.made->inode) return std::optional<Facts>();
  return std::optional(found_facts(*now, action.after->target.value_or(std::string()), policy_));
}

// `named`: see named_now().
void Backup::note(const Action& action, const ActionRecord& record, std::optional<Facts> old,
                  const std::optional<Facts>& named) {
  std::optional<Facts> made;
  if (sets_metadata(action)) {
    made = old;
    for (const auto field : {&Facts::mode, &Facts::uid, &Facts::gid}) {
      if ((*action.after).*field) (*made).*field = (*action.after).*field;
    }
    if (action.after->mtime) made->mtime = action.after->mtime;
  } else if (action.after && action.after->type == FileType::kDirectory) {
    made = directory_made(*action.after, record.made);
  } else if (adds_name(action)) {
    made = named ? named : action.after;
  } else if (action.after && record.made) {
    made = found_facts(*record.made, action.after->target.value_or(std::string()), policy_);
  }
  const Restore* const known = earlier(action.path);
  if (known != nullptr) old = known->undo.after;
  if (!made && !old) {
    restores_.erase(action.path);
    return;
  }
  Restore restore{{}, std::nullopt, 1};
  if (known != nullptr) restore = *known;
  Action done = action;
  if (known != nullptr && !sets_metadata(known->undo) && sets_metadata(done)) done.op = Op::kUpdate;
  restore.undo = inverse_of(done, made, old);
  for (const Reason reason : {Reason::kContent, Reason::kLink}) {
    if (known != nullptr && known->undo.reasons.has(reason)) restore.undo.reasons.add(reason);
  }
  restores_.insert_or_assign(action.path, std::move(restore));
}

Status Backup::write() {
  Plan undo = undo_;
  const auto heed = [this] { return wind_up_->heed("back up"); };
  TRY(set_links(undo.actions));
  for (const auto& [path, directory] : directories_) undo.actions.push_back(directory);
  TRY(arrange_undo(undo.actions, undo.options, heed));
  undo.summary = {};
  for (const Action& action : undo.actions) add_to_summary(action, undo.summary);
  Status removed = fs_->remove_file(folder_.get(), kNewUndoFile);
  if (!removed && removed.error().error_number != ENOENT) return removed;
  auto file = TRY(fs_->create_file(folder_.get(), kNewUndoFile, kPrivate));
  Status written = write_plan(undo, [&](std::string_view text) -> Status {
    TRY(heed());
    return write_all(*fs_, file.get(), text);
  });
  if (written && durable_) written = fs_->sync(file.get());
  if (written) written = fs_->close(std::move(file));
  if (!written) return written;
  Status renamed =
      fs_->rename(folder_.get(), kNewUndoFile, folder_.get(), kUndoFile, RenameMode::kReplace);
  return renamed && durable_ ? fs_->sync(folder_.get()) : renamed;
}

void Backup::discard() {
  tree_.reset();
  folder_.reset();
  const WindUp wind_up(wind_up_->flag(), kDiscardSeconds);
  (void)remove_tree(*fs_, parent_.get(), name_, &wind_up);
}

}  // namespace foldersync
