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
// For names, records, and what others write meanwhile.
constexpr std::uint64_t kSpare = std::uint64_t{64} << 20U;

// Whether copies take no room: they share what they hold with the source.
bool shares_content(const ApplyRequest& request, const FileSystemFacts& facts) {
  return facts.clones && request.source.file_system == request.replica.file_system;
}

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

}  // namespace

Status check_space(const ApplyRequest& request, const std::vector<Action>& actions) {
  const auto facts = request.fs.facts(request.replica.fd.get());
  if (!facts) return success();
  if (shares_content(request, *facts)) return success();
  SpaceCheck check(request, facts->block);
  std::uint64_t free = facts->free_bytes;
  for (std::size_t begin = 0; begin < actions.size();) {
    const WindowRange range = request.atomic ? WindowRange{0, actions.size()}
                                             : window_at(actions, begin, request.windows);
    std::uint64_t taken = 0;
    std::uint64_t freed = 0;
    for (std::size_t i = range.begin; i < range.end; ++i) {
      taken += check.taken_by(actions[i]);
      freed += check.freed_by(actions[i]);
    }
    if (taken > free) {
      return Error{ErrorCode::kRefused, "apply", request.replica.path, 0,
                   "not enough space: " + human_bytes(taken) +
                       " are to be written at a time, and " + human_bytes(free) +
                       " are free; make room, or try all the same with --no-space-check"};
    }
    free += freed;
    free -= taken;
    begin = range.end;
  }
  return success();
}

bool fits_beside_the_old(const ApplyRequest& request, WindowRange range) {
  const auto facts = request.fs.facts(request.replica.fd.get());
  if (!facts) return false;
  if (shares_content(request, *facts)) return true;
  SpaceCheck check(request, facts->block);
  std::uint64_t taken = kSpare;
  for (std::size_t i = range.begin; i < range.end; ++i) {
    taken += check.taken_by(request.plan.actions[i]);
  }
  return taken <= facts->free_bytes;
}

}  // namespace foldersync
