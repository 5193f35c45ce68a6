#include "apply/space.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "apply/look.h"
#include "apply/window.h"
#include "core/text.h"
#include "fs/directory_cursor.h"

namespace foldersync {
namespace {

// Above this the source is asked how much of a file is holes.
constexpr std::uint64_t kLarge = std::uint64_t{64} << 20U;
constexpr std::uint64_t kBlockUnit = 512;

class SpaceCheck {
 public:
  SpaceCheck(const ApplyRequest& request, std::uint64_t block)
      : fs_(request.fs),
        source_(request.fs, request.source.fd.get(), {}, descriptors_per_cursor(1)),
        block_(std::max<std::uint64_t>(block, 1)) {}

  // Bytes that the action takes on the replica's file system, as long as nothing is removed.
  std::uint64_t taken_by(const Action& action) {
    if (!is_staged(action) || action.after->type != FileType::kFile) return 0;
    const std::uint64_t size = action.after->size.value_or(0);
    if (size < kLarge) return rounded(size);
    const auto parent = source_.enter(action.path.parent_bytes());
    if (!parent) return rounded(size);
    const auto status = fs_.status_at(*parent, std::string(action.path.name()).c_str());
    return rounded(status ? std::min(size, status->blocks * kBlockUnit) : size);
  }

  // Bytes that are free once the action's window is done.
  std::uint64_t freed_by(const Action& action) const {
    const bool goes = action.op != Op::kMetadata && action.before &&
                      action.before->type == FileType::kFile && !action.before->links;
    return goes ? rounded(action.before->size.value_or(0)) : 0;
  }

 private:
  [[nodiscard]] std::uint64_t rounded(std::uint64_t bytes) const {
    return bytes / block_ * block_ + (bytes % block_ != 0 ? block_ : 0);
  }

  FileSystem& fs_;
  DirectoryCursor source_;
  std::uint64_t block_;
};

// Where the old is kept: nothing where it is not. `copied`: it lies on another file system.
struct Keeping {
  bool is_wanted = false;
  bool copied = false;
  std::uint64_t free = 0;
};

Keeping keeping_of(const ApplyRequest& request) {
  Keeping keeping;
  keeping.is_wanted = request.backup.has_value();
  if (!keeping.is_wanted) return keeping;
  const auto folder = request.fs.open_root(request.backup->folder.c_str());
  const auto status = folder ? request.fs.status(folder->get()) : Result<FileStatus>(Error{});
  const auto facts = folder ? request.fs.facts(folder->get()) : Result<FileSystemFacts>(Error{});
  // What can't be asked is found out when it is written.
  keeping.copied = status && facts && status->device != request.replica.status.device;
  if (keeping.copied) keeping.free = facts->free_bytes;
  return keeping;
}

Error no_room(const std::string& where, std::uint64_t needed, std::uint64_t free,
              const char* what) {
  return Error{ErrorCode::kRefused, "apply", where, 0,
               "not enough space: " + human_bytes(needed) + what + human_bytes(free) +
                   " are free; make room, or try all the same with --no-space-check"};
}

// A backup on another file system holds copies of all that goes.
Status check_backup_space(const ApplyRequest& request, const Keeping& keeping,
                          const std::vector<Action>& actions) {
  if (!keeping.copied) return success();
  std::uint64_t needed = 0;
  for (const Action& action : actions) {
    const bool goes = action.op != Op::kMetadata && action.before;
    if (goes) needed += action.before->size.value_or(0);
  }
  if (needed <= keeping.free) return success();
  return no_room(request.backup->folder, needed, keeping.free, " are to be kept there, and ");
}

}  // namespace

Status check_space(const ApplyRequest& request, const std::vector<Action>& actions) {
  const Keeping keeping = keeping_of(request);
  if (Status fits = check_backup_space(request, keeping, actions); !fits) return fits;
  const auto facts = request.fs.facts(request.replica.fd.get());
  if (!facts) return success();
  if (facts->clones && request.source.file_system == request.replica.file_system) return success();
  SpaceCheck check(request, facts->block);
  std::uint64_t free = facts->free_bytes;
  for (std::size_t begin = 0; begin < actions.size();) {
    const WindowRange range =
        request.atomic ? WindowRange{0, actions.size()} : window_at(actions, begin);
    std::uint64_t taken = 0;
    std::uint64_t freed = 0;
    for (std::size_t i = range.begin; i < range.end; ++i) {
      taken += check.taken_by(actions[i]);
      freed += check.freed_by(actions[i]);
    }
    if (taken > free) {
      return no_room(request.replica.path, taken, free, " are to be written at a time, and ");
    }
    const bool stays = keeping.is_wanted && !keeping.copied;
    if (!stays) free += freed;
    free -= taken;
    begin = range.end;
  }
  return success();
}

}  // namespace foldersync
