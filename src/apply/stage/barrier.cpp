#include "apply/stage/barrier.h"

#include <cerrno>

#include "core/text.h"
#include "fs/denial.h"

namespace foldersync {
namespace {

// So many files, synced one by one, take about as long as their whole file system.
constexpr std::size_t kFew = 32;
constexpr std::size_t kFewNames = 8 * kFew;  // they weigh less than content

}  // namespace

Status Barrier::begin(const StagingArea& area, ToSync amount) {
  if (!is_wanted()) return success();
  const auto facts = TRY(fs_.facts(area.fd()));
  has_sync_all_ = facts.has_sync_all;
  each_ = (amount.entries <= kFew && amount.names <= kFewNames) || !has_sync_all_;
  return success();
}

Status Barrier::opened(int fd) {
  if (!is_wanted()) return success();
  Status synced = fs_.sync(fd);
  if (synced || !lacks_call(synced.error())) return synced;
  if (!context_.said_unsupported) {
    context_.observer.warn(
        "the replica's file system can't be told to make names durable: what a power cut leaves of "
        "the last seconds is up to it");
  }
  context_.said_unsupported = true;
  return success();
}

Status Barrier::all(int fd) {
  if (!is_wanted()) return success();
  return has_sync_all_ ? fs_.sync_all(fd) : opened(fd);
}

Status Barrier::before_commit(const StagingArea& area, const std::vector<Fd>& folders) {
  if (!is_wanted()) return success();
  if (!early_) return std::exchange(early_, success());
  if (!each_) {
    Status synced = all(area.fd());
    context_.area_is_entered = synced.ok();
    return synced;
  }
  for (const Fd& folder : folders) TRY(opened(folder.get()));
  if (Status synced = opened(area.fd()); !synced || context_.area_is_entered) return synced;
  Status entered = opened(area.home());
  context_.area_is_entered = entered.ok();
  return entered;
}

Status Barrier::heed() const {
  return context_.wind_up == nullptr ? success() : context_.wind_up->heed("sync");
}

void Barrier::tell_left_out(const std::string& what) {
  if (!context_.said_left_out) {
    context_.observer.warn(what +
                           " can't be made durable one by one, nor can the replica's file system "
                           "be told to make all durable: what a power cut leaves is up to it");
  }
  context_.said_left_out = true;
}

// Once for each file system, of which `synced` has the devices.
Status Barrier::sync_closed(const RelPath& path, ReplicaAccess& replica,
                            std::set<std::uint64_t>& synced) {
  const auto parent = replica.parent(path);
  if (parent && has_sync_all_) {
    const auto holder = TRY(fs_.status(*parent));
    const auto entry = fs_.status_at(*parent, std::string(path.name()).c_str());
    if (!entry && is_absence(entry.error())) return success();
    if (entry && entry->device == holder.device) {
      return synced.insert(holder.device).second ? fs_.sync_all(*parent) : success();
    }
  }
  tell_left_out("'" + escaped(path.shown()) + "' can't be opened: such entries");
  return success();
}

Status Barrier::sync_touched(const Touched& touched, ReplicaAccess& replica) {
  std::set<std::uint64_t> synced;
  // What lies in a directory comes before it, so that none is opened up twice.
  for (auto path = touched.directories.rbegin(); path != touched.directories.rend(); ++path) {
    TRY(heed());
    const auto fd = replica.directory(*path);
    if (!fd && is_absence(fd.error())) continue;  // it went with this window
    // What others have closed can't be synced by itself.
    if (!fd && fd.error().error_number == EACCES) {
      TRY(sync_closed(*path, replica, synced));
      continue;
    }
    if (!fd) return fd.error();
    TRY(replica.close_again(*path, *fd));
    TRY(opened(*fd).at(path->bytes()));
  }
  for (const RelPath& path : touched.files) {
    TRY(heed());
    const auto parent = replica.parent(path);
    if (!parent && is_absence(parent.error())) continue;  // others have removed it
    if (!parent && parent.error().error_number != EACCES) return parent.error();
    const auto file = parent ? fs_.open_file(*parent, std::string(path.name()).c_str())
                             : Result<Fd>(parent.error());
    // What may not be read can't be synced by itself.
    if (!file) {
      TRY(sync_closed(path, replica, synced));
    } else {
      TRY(opened(file->get()).at(path.bytes()));
    }
  }
  // There they are not synced with all.
  if (touched.others) tell_left_out("metadata of symlinks, FIFOs, sockets and devices");
  return success();
}

// What --cross-mounts reaches: each other file system, once.
Status Barrier::other_file_systems(int own_fd, const Touched& touched, ReplicaAccess& replica) {
  const auto own = TRY(fs_.status(own_fd));
  std::set<std::uint64_t> synced{own.device};
  std::set<RelPath> directories = touched.directories;
  for (const RelPath& file : touched.files) directories.insert(file.parent());
  for (const RelPath& path : directories) {
    TRY(heed());
    const auto fd = replica.directory(path);
    if (!fd && is_absence(fd.error())) continue;
    const bool is_closed = !fd && fd.error().error_number == EACCES;
    if (is_closed) {
      TRY(sync_closed(path, replica, synced));
      continue;
    }
    if (!fd) return fd.error();
    const auto status = TRY(fs_.status(*fd));
    if (!synced.insert(status.device).second) continue;
    TRY(all(*fd));
  }
  return success();
}

// What has its final mode by now may have to be opened up to be synced, and is closed again.
template <class Work>
Status Barrier::with_open(ReplicaAccess& replica, const Work& work) {
  auto awaits_mode = std::exchange(replica.opened_up(), {});
  Status synced = work();
  for (const Error& error : replica.close_again(std::exchange(replica.opened_up(), {}))) {
    context_.observer.warn(left_open(error));
  }
  replica.opened_up().merge(awaits_mode);
  return synced;
}

Status Barrier::touched_alone(int fd, const Touched& touched, ReplicaAccess& replica) {
  if (!is_wanted()) return success();
  const auto facts = TRY(fs_.facts(fd));
  has_sync_all_ = facts.has_sync_all;
  each_ = !has_sync_all_;
  return with_open(replica, [&]() -> Status {
    if (each_) return sync_touched(touched, replica);
    TRY(fs_.sync_all(fd));
    return context_.cross_mounts ? other_file_systems(fd, touched, replica) : success();
  });
}

Status Barrier::after_commit(const StagingArea& area, const std::vector<Fd>& folders,
                             const Touched& touched, ReplicaAccess& replica) {
  if (!is_wanted()) return success();
  return with_open(replica, [&] { return sync_changes(area, folders, touched, replica); });
}

Status Barrier::sync_changes(const StagingArea& area, const std::vector<Fd>& folders,
                             const Touched& touched, ReplicaAccess& replica) {
  if (each_ && !(touched.others && has_sync_all_)) {
    TRY(sync_touched(touched, replica));
    return before_commit(area, folders);
  }
  TRY(all(area.fd()));
  return context_.cross_mounts ? other_file_systems(area.fd(), touched, replica) : success();
}

}  // namespace foldersync
