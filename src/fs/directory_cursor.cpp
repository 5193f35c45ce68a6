#include "fs/directory_cursor.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "fs/stop.h"

namespace foldersync {

Error own_folder_refused(std::string path) {
  return refused_error("look at",
                       "the replica's file system takes this name for .sync-txn, which is reserved")
      .at(std::move(path));
}

DirectoryCursor::DirectoryCursor(FileSystem& fs, int root, const CursorRules& rules,
                                 std::size_t max_open)
    : fs_(fs), root_(root), rules_(rules), max_open_(std::max<std::size_t>(max_open, 2)) {}

int DirectoryCursor::deepest() const { return levels_.empty() ? root_ : levels_.back().fd.get(); }

void DirectoryCursor::keep(std::size_t levels) {
  levels_.resize(levels);
  path_.resize(levels == 0 ? 0 : levels_.back().end);
  first_open_ = std::min(first_open_, levels);
}

void DirectoryCursor::close_surplus() {
  while (levels_.size() - first_open_ > max_open_) {
    Level& level = levels_[first_open_++];
    if (const auto status = fs_.status(level.fd.get())) {
      level.closed = Identity{status->device, status->inode, status->mount};
    }
    level.fd.reset();
  }
}

// How many of the levels lead to `path`, too.
std::size_t DirectoryCursor::levels_towards(std::string_view path) const {
  const std::size_t most = std::min(path.size(), path_.size());
  const auto same =
      path.substr(0, most) == std::string_view(path_).substr(0, most)
          ? most
          : static_cast<std::size_t>(
                std::mismatch(path_.begin(), path_.end(), path.begin(), path.end()).first -
                path_.begin());
  std::size_t levels = levels_.size();
  while (levels > 0) {
    const std::size_t end = levels_[levels - 1].end;
    if (end <= same && (end == path.size() || path[end] == '/')) break;
    --levels;
  }
  return levels;
}

// Opens the deepest of so many levels from the ones below it, where it has no descriptor, they have
// one, and that is a shorter way than from the root.
// RACE: what was moved meanwhile is entered where it is by now, as if it had been open all the
// time.
void DirectoryCursor::climb(std::size_t levels) {
  if (levels == 0 || levels > first_open_ || first_open_ == levels_.size()) return;
  if (first_open_ - levels > levels) return;
  int below = levels_[first_open_].fd.get();
  Fd opened;
  for (std::size_t at = first_open_; at-- > levels - 1;) {
    auto above = fs_.open_directory(below, "..");
    if (!above) return;
    const auto status = fs_.status(above->get());
    if (!status) return;
    if (levels_[at].closed != Identity{status->device, status->inode, status->mount}) return;
    opened = std::move(*above);
    below = opened.get();
  }
  levels_[levels - 1].fd = std::move(opened);
  first_open_ = levels - 1;
}

Result<Fd> DirectoryCursor::open_checked(int parent, const std::string& name) const {
  auto opened = fs_.open_directory(parent, name.c_str());
  if (!opened || (!rules_.only_mount && !rules_.other_root && !rules_.own_folder)) return opened;
  const auto status = TRY(fs_.status(opened->get()));
  if (rules_.other_root && same_number(status, *rules_.other_root)) {
    return refused_error("enter", "one of the two folders lies inside the other");
  }
  if (rules_.own_folder && same_number(status, *rules_.own_folder)) return own_folder_refused({});
  if (rules_.only_mount && status.mount != *rules_.only_mount) {
    return Error{
        ErrorCode::kCrossesMount, "enter", {}, EXDEV, "another file system is mounted here"};
  }
  return opened;
}

Status DirectoryCursor::push(std::string_view name) {
  TRY(heed(rules_.stop, "open"));
  const std::size_t start = path_.empty() ? 0 : path_.size() + 1;
  auto opened = open_checked(deepest(), std::string(name));
  if (!path_.empty()) path_ += '/';
  path_ += name;
  if (!opened) {
    Error error = std::move(opened).error().at(path_);
    path_.resize(start == 0 ? 0 : start - 1);
    return error;
  }
  levels_.push_back({.end = path_.size(), .fd = std::move(*opened), .closed = std::nullopt});
  close_surplus();
  return success();
}

// Opens the chain again from the root down, when its deepest level has lost its descriptor.
Status DirectoryCursor::reopen() {
  if (levels_.empty() || levels_.back().fd.is_open()) return success();
  const std::string path = path_;
  keep(0);
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    TRY(push(std::string_view(path).substr(start, end - start)));
    start = end + 1;
  }
  return success();
}

Result<int> DirectoryCursor::enter(std::string_view path) {
  const std::size_t common = levels_towards(path);
  climb(common);
  keep(common);
  TRY(reopen());
  std::size_t start = path_.empty() ? 0 : path_.size() + 1;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    TRY(push(path.substr(start, end - start)));
    start = end + 1;
  }
  return deepest();
}

std::size_t descriptors_per_cursor(std::size_t cursors) {
  constexpr std::size_t kReserved = 28;  // standard streams, roots, log, state, files being copied
  constexpr std::size_t kMost = 64;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = 256;
  const auto available = static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  const std::size_t share = available > kReserved ? (available - kReserved) / cursors : 2;
  return std::clamp<std::size_t>(share, 2, kMost);
}

}  // namespace foldersync
