#include "apply/recovery/leftovers.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "apply/stage/remove_tree.h"
#include "apply/stage/staging_area.h"
#include "fs/directory_cursor.h"
#include "fs/stop.h"
#include "scan/listing.h"
#include "scan/local_tree.h"
#include "scan/walker.h"

namespace foldersync {
namespace {

constexpr std::uint64_t kMostCounted = 10'000;  // entries, of all that is none of ours

bool is_absent(const Error& error) { return error.error_number == ENOENT; }

// Adds up what lies in the folder, as far as that is worth it.
class Counter {
 public:
  // `left`: how many entries may still be looked at.
  Counter(FileSystem& fs, int folder, Unproven& found, std::uint64_t& left)
      : fs_(fs), found_(found), left_(left), cursor_(fs, folder, {}, descriptors_per_cursor(1)) {}

  void count() {
    std::vector<RelPath> pending{RelPath()};
    while (!pending.empty() && found_.is_counted) {
      const RelPath path = std::move(pending.back());
      pending.pop_back();
      found_.is_counted = add(path, pending);
    }
  }

 private:
  // False: not all of it is counted.
  bool add(const RelPath& path, std::vector<RelPath>& pending) {
    const auto directory = cursor_.enter(path.bytes());
    const auto self = directory ? fs_.status(*directory) : Result<FileStatus>(directory.error());
    if (!self) return false;
    DirectoryNames names;
    for (std::size_t seen = 0;;) {
      const auto more = names.read_more(fs_, *directory);
      if (!more) return false;
      for (; seen < names.size(); ++seen) {
        if (left_ == 0) return false;
        --left_;
        ++found_.entries;
        const std::string name(names[seen]);
        const auto status = fs_.status_at(*directory, name.c_str());
        if (!status || status->mount != self->mount) return false;
        if (status->is_file()) found_.bytes += status->size;
        if (status->is_directory()) pending.push_back(path.child(name));
      }
      if (!*more) return true;
    }
  }

  FileSystem& fs_;
  Unproven& found_;
  std::uint64_t& left_;
  DirectoryCursor cursor_;
};

class Leftover {
 public:
  Leftover(FileSystem& fs, const Root& replica, StagingKeys& keys, const std::atomic<bool>& stop)
      : fs_(fs), replica_(replica), keys_(keys), at_once_(&stop, 0) {}

  Status look_at(int home, const RelPath& path, Leftovers& result) {
    auto area = TRY(proven(home, path));
    // In the root it keeps what recovery has left there.
    if (area && path.parent_bytes().empty()) return success();
    if (area) {
      TRY(refuse_others_work(home, path));
      result.cleared = true;
      area->heed(at_once_);
      auto removed = area->remove();
      if (!removed && is_of_what_lies_there(removed.error())) {
        result.stuck.push_back(std::move(removed).error().at(path.bytes()));
        return success();
      }
      return removed ? success() : Status(std::move(removed).error());
    }
    const std::string name(path.name());
    const auto status = fs_.status_at(home, name.c_str());
    if (!status && is_absent(status.error())) return success();
    Unproven unproven{path, status ? status->inode : 0, 0, 0, status.ok()};
    if (status && status->is_file()) unproven.bytes = status->size;
    if (status && status->is_directory()) {
      // What is mounted there is not even opened: who serves it may never answer.
      const auto folder = status->mount_root ? Result<Fd>(system_error("open", EXDEV))
                                             : fs_.open_directory(home, name.c_str());
      unproven.is_counted = folder.ok();
      if (folder) Counter(fs_, folder->get(), unproven, left_).count();
    }
    result.unproven.push_back(std::move(unproven));
    return success();
  }

 private:
  // What can't be looked at proves nothing.
  Result<std::optional<StagingArea>> find(const StagingPlace& place, const StagingKey& key) {
    auto found = StagingArea::find(fs_, place, key);
    const bool is_unread = !found && is_of_what_lies_there(found.error());
    return is_unread ? std::optional<StagingArea>() : std::move(found);
  }

  // That of a run on this replica, or on the directory alone, which was one then.
  Result<std::optional<StagingArea>> proven(int home, const RelPath& path) {
    const std::string parent(path.parent_bytes());
    const bool in_root = parent.empty();
    for (const StagingKey& key :
         in_root ? keys_.of(replica_.identity) : keys_.below(replica_.identity)) {
      auto area = TRY(find({home, replica_.identity, parent}, key));
      if (area && area->name() == path.name()) return area;
    }
    if (in_root) return std::optional<StagingArea>();
    const auto file_system = TRY(fs_.file_system_id(home));
    const auto directory = TRY(fs_.status(home));
    const std::string identity = identity_of(file_system, directory);
    for (const StagingKey& key : keys_.of(identity)) {
      auto area = TRY(find({home, identity, {}}, key));
      if (area && area->name() == path.name()) return area;
    }
    return std::optional<StagingArea>();
  }

  // It may be the work of a run that mirrors only this part, and is at it now.
  Status refuse_others_work(int home, const RelPath& path) {
    const auto own = TRY(fs_.open_directory(home, "."));
    if (fs_.lock(own.get())) return success();
    return locked_error("lock", "another run is working on a part of this replica", EWOULDBLOCK)
        .at(path.bytes());
  }

  FileSystem& fs_;
  const Root& replica_;
  StagingKeys& keys_;
  const WindUp at_once_;
  std::uint64_t left_ = kMostCounted;
};

class NameWalk final : public PairVisitor {
 public:
  explicit NameWalk(std::uint64_t mount) : mount_(mount) {}

  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children) override {
    if (pair.replica.names == nullptr) return success();
    EntryReader entries = pair.replica.entries();
    while (const ListedEntry* const entry = entries.next()) {
      const RelPath path = RelPath::from_bytes(pair.path).child(entry->name);
      if (is_staging_name(entry->name)) {
        found_.push_back(path);
      } else if (entry->error_number == 0 && entry->status.is_directory() &&
                 entry->status.mount == mount_) {
        children.push_back({path.bytes(), {}, entry->status, {}});
      }
    }
    return success();
  }

  std::vector<RelPath> take() { return std::move(found_); }

 private:
  std::uint64_t mount_;
  std::vector<RelPath> found_;
};

Status discard_one(const Root& replica, DirectoryCursor& cursor, const Unproven& each,
                   const WindUp& at_once) {
  FileSystem& fs = *replica.fs;
  const auto home = TRY(cursor.enter(each.path.parent_bytes()));
  const std::string name(each.path.name());
  const auto status = TRY(fs.status_at(home, name.c_str()));
  if (status.inode != each.inode || status.mount != replica.status.mount) {
    return refused_error("discard",
                         "it is another one than was looked at, or something is mounted there");
  }
  return status.is_directory() ? remove_tree(fs, home, name, &at_once)
                               : fs.remove_file(home, name.c_str());
}

}  // namespace

Result<std::vector<RelPath>> find_leftovers(const Root& replica, const std::atomic<bool>& stop) {
  NameWalk walk(replica.status.mount);
  const LocalTree tree = tree_of(replica);
  TRY(walk_pairs({nullptr, &tree, {{}, std::nullopt, replica.status, {}}}, {.stop = &stop}, walk));
  std::vector<RelPath> found = walk.take();
  std::sort(found.begin(), found.end());
  return found;
}

Result<Leftovers> clear_leftovers(const Root& replica, StagingKeys& keys,
                                  const std::vector<RelPath>& found,
                                  const std::atomic<bool>& stop) {
  FileSystem& fs = *replica.fs;
  CursorRules rules;
  rules.only_mount = replica.status.mount;
  DirectoryCursor cursor(fs, replica.fd.get(), rules, descriptors_per_cursor(1));
  Leftover leftover(fs, replica, keys, stop);
  Leftovers result;
  for (const RelPath& path : found) {
    TRY(heed(&stop, "look at"));
    const auto home = cursor.enter(path.parent_bytes());
    // RACE: its owner has moved the directory since it was walked, or put something else there.
    // Nothing of it is touched then, and it is no reason for the others to wait.
    if (!home) continue;
    Status looked = leftover.look_at(*home, path, result);
    if (!looked) return std::move(looked).error().at(path.bytes());
  }
  return result;
}

Result<std::vector<Error>> discard(const Root& replica, const std::vector<Unproven>& unproven,
                                   const std::atomic<bool>& stop) {
  CursorRules rules;
  rules.only_mount = replica.status.mount;
  DirectoryCursor cursor(*replica.fs, replica.fd.get(), rules, descriptors_per_cursor(1));
  const WindUp at_once(&stop, 0);
  std::vector<Error> stay;
  for (const Unproven& each : unproven) {
    Status removed = discard_one(replica, cursor, each, at_once);
    if (removed) continue;
    if (removed.error().code == ErrorCode::kStopped) return std::move(removed).error();
    stay.push_back(std::move(removed).error().at(each.path.bytes()));
  }
  return stay;
}

}  // namespace foldersync
