#include "apply/look/replica_access.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace foldersync {
namespace {

constexpr std::uint32_t kOwnerAll = 0700;

}  // namespace

bool is_absence(const Error& error) {
  return error.error_number == ENOENT || error.error_number == ENOTDIR ||
         error.error_number == ELOOP;
}

void AbsentBranch::learn(const Error& error) {
  // Not where something else than a directory is there.
  if (remembers_ && error.error_number == ENOENT) path_ = RelPath::from_bytes(error.path);
}

bool ReplicaAccess::is_denied(const Error& error) { return error.error_number == EACCES; }

Result<std::optional<FileStatus>> ReplicaAccess::status(const RelPath& path) {
  using Answer = std::optional<FileStatus>;
  if (path.is_root()) {
    const auto status = TRY(fs_.status(root_));
    return Answer(status);
  }
  if (absent_.holds(path)) return Answer();
  const auto parent = enter(path.parent_bytes());
  if (!parent) {
    if (!is_absence(parent.error())) return parent.error();
    absent_.learn(parent.error());
    return Answer();
  }
  const auto status = fs_.status_at(*parent, std::string(path.name()).c_str());
  if (status) return Answer(*status);
  if (is_absence(status.error())) return Answer();
  return Error(status.error()).at(path.bytes());
}

bool ReplicaAccess::loosen(int directory, const RelPath& path) {
  const auto status = fs_.status(directory);
  if (!status || status->uid != ::geteuid() || (status->mode & kOwnerAll) == kOwnerAll)
    return false;
  if (!fs_.set_mode({directory, false}, status->mode | kOwnerAll)) return false;
  loosened_.push_back({path, status->mode, *status});
  return true;
}

void ReplicaAccess::close_again(std::vector<Loosened> loosened) {
  std::stable_sort(loosened.begin(), loosened.end(),
                   [](const Loosened& a, const Loosened& b) { return b.path < a.path; });
  for (const Loosened& one : loosened) {
    const auto open = directory(one.path);
    const auto status = open ? fs_.status(*open) : Result<FileStatus>(open.error());
    // Where this fails, the next plan finds the mode.
    const bool is_it = status && same_creation(*status, one.seen) && status->uid == one.seen.uid;
    if (is_it && status->mode == (one.mode | kOwnerAll)) {
      (void)fs_.set_mode({*open, false}, one.mode);
    }
  }
}

// CRASH: killed before the mode is given back, the directory keeps u+rwx; the next run's plan finds
// its mode different and puts it right.
// Opens up one directory that could not be entered; false where that is of no use.
bool ReplicaAccess::open_up(const RelPath& closed) {
  const auto parent = cursor_.enter(closed.parent_bytes());
  if (!parent) return false;
  const auto entry = fs_.open_entry(*parent, std::string(closed.name()).c_str());
  if (!entry) return false;
  const auto status = fs_.status(entry->get());
  if (!status || !status->is_directory() || status->uid != ::geteuid()) return false;
  // Another thread may have been here first.
  if ((status->mode & kOwnerAll) == kOwnerAll) return true;
  if (!fs_.set_mode({entry->get(), true}, status->mode | kOwnerAll)) return false;
  loosened_.push_back({closed, status->mode, *status});
  return true;
}

Result<int> ReplicaAccess::enter(std::string_view path) {
  auto directory = cursor_.enter(path);
  std::string last;
  while (!directory && may_loosen_ && is_denied(directory.error())) {
    const std::string closed = directory.error().path;
    if (closed.empty() || closed == last || !open_up(RelPath(closed))) break;
    last = closed;
    directory = cursor_.enter(path);
  }
  return directory;
}

}  // namespace foldersync
