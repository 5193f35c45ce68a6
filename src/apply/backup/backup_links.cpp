// The part of a Backup that is about files with more names than one.
#include <cerrno>
#include <functional>

#include "apply/backup/backup.h"
#include "plan/undo.h"
#include "scan/local_tree.h"
#include "scan/walker.h"

namespace foldersync {
namespace {

// Finds one name of each of some files in a tree.
class NameSearch final : public PairVisitor {
 public:
  // `is_new`: says of a path whether the apply has put something else there.
  NameSearch(std::uint64_t mount, const std::set<ObjectId>& wanted,
             std::function<bool(const RelPath&)> is_new, const WindUp& wind_up,
             std::map<ObjectId, RelPath>& found)
      : mount_(mount),
        wanted_(wanted),
        is_new_(std::move(is_new)),
        wind_up_(wind_up),
        found_(found) {}

  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children) override {
    if (pair.replica.names == nullptr) {
      const Error* const error = pair.replica.error;
      const bool is_closed = error == nullptr || error->error_number == EACCES;
      return is_closed || is_absence(*error) ? success() : Status(*error);
    }
    EntryReader entries = pair.replica.entries();
    while (const ListedEntry* const entry = entries.next()) {
      TRY(wind_up_.heed("back up"));
      if (entry->error_number != 0 && entry->error_number != EACCES) {
        return system_error("stat", entry->error_number);
      }
      if (entry->error_number != 0 || is_staging_name(entry->name)) continue;
      if (entry->status.mount != mount_) continue;
      const ObjectId object = object_of(entry->status);
      const bool is_wanted = !entry->status.is_directory() && wanted_.contains(object);
      if (!is_wanted && !entry->status.is_directory()) continue;
      const RelPath path = RelPath::from_bytes(pair.path).child(entry->name);
      if (is_wanted && !is_new_(path)) found_.emplace(object, path);
      if (entry->status.is_directory()) children.push_back({path.bytes(), {}, entry->status, {}});
    }
    return success();
  }

 private:
  std::uint64_t mount_;
  const std::set<ObjectId>& wanted_;
  std::function<bool(const RelPath&)> is_new_;
  const WindUp& wind_up_;
  std::map<ObjectId, RelPath>& found_;
};

}  // namespace

// Made with more names than one, a file had a path before it was staged.
void Backup::remember_objects(const WindowRecord& record) {
  redated_.clear();
  for (std::size_t i = 0; i < record.actions.size(); ++i) {
    const Action& action = record.plan.actions[i];
    const auto& made = record.actions[i].made;
    const auto& old = record.actions[i].old;
    if (writes_entry(action) && made && made->is_file() && made->links > 1)
      taken_over_.insert(object_of(*made));
    if (sets_metadata(action) && old) redated_.insert(object_of(*old));
  }
}

// RACE: whoever had it open may have gone on writing into it since it was displaced. What is in it
// by then is what is kept, unless the time is new because this run has set it by another name.
FileStatus Backup::as_it_is_kept(const FileStatus& old, const FileStatus& now) const {
  FileStatus kept = old;
  if (!old.is_file() || redated_.contains(object_of(old))) return kept;
  kept.size = now.size;
  kept.blocks = now.blocks;
  kept.mtime = now.mtime;
  return kept;
}

// Whether the replica goes on holding the file under another path: what becomes of it there must
// not happen to what is kept.
bool Backup::lives_on(const FileStatus& old, const Place& place) const {
  if (taken_over_.contains(object_of(old))) return true;
  if (!is_reopened_) return false;
  const auto now = fs_->status_at(place.directory, place.name.c_str());
  return !now || now->links > 1;
}

// Of a file that has kept names in the replica: one of them, to be linked to again.
Status Backup::find_other_names(ReplicaAccess& replica) {
  std::map<ObjectId, std::uint32_t> kept;
  std::set<ObjectId> wanted;
  for (const auto& [path, restore] : restores_) {
    if (restore.object) ++kept[*restore.object];
  }
  for (const auto& [path, restore] : restores_) {
    if (!restore.object || kept[*restore.object] >= restore.names) continue;
    if (sought_.insert(*restore.object).second) wanted.insert(*restore.object);
  }
  if (wanted.empty()) return success();
  const auto root = TRY(replica.directory(RelPath()));
  const auto status = TRY(fs_->status(root));
  const auto is_new = [this](const RelPath& path) {
    const auto restore = restores_.find(path);
    return restore != restores_.end() && !sets_metadata(restore->second.undo);
  };
  NameSearch search(status.mount, wanted, is_new, *wind_up_, others_);
  const LocalTree tree(*fs_, root);
  WalkOptions options;
  options.stop = wind_up_->at_once();
  return walk_pairs({nullptr, &tree, {{}, std::nullopt, status, {}}}, options, search);
}

Status Backup::set_links(std::vector<Action>& actions) const {
  std::map<ObjectId, RelPath> leaders;
  for (const auto& [object, path] : others_) {
    const auto own = restores_.find(path);
    // A later window has taken that name away, too.
    if (own == restores_.end() || !own->second.object) leaders.emplace(object, path);
  }
  for (const auto& [path, restore] : restores_) {
    TRY(wind_up_->heed("back up"));
    actions.push_back(restore.undo);
    if (!restore.object) continue;
    const auto [leader, is_first] = leaders.emplace(*restore.object, path);
    if (is_first) continue;
    const auto first = restores_.find(leader->second);
    const Action* const as = first != restores_.end() ? &first->second.undo : nullptr;
    restore_as_link(actions.back(), leader->second, as);
  }
  return success();
}

}  // namespace foldersync
