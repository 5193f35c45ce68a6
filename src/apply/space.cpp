#include "apply/space.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "apply/window.h"
#include "fs/directory_cursor.h"
#include "plan/guard.h"

namespace foldersync {
namespace {

// Above this the source is asked how much of a file is holes.
constexpr std::uint64_t kLarge = std::uint64_t{64} << 20U;
constexpr std::uint64_t kBlockUnit = 512;

class SpaceCheck {
 public:
  SpaceCheck(const SpaceQuestion& question, std::uint64_t block)
      : fs_(question.fs),
        source_(question.fs, question.source.fd.get(), {}, descriptors_per_cursor(1)),
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

std::optional<Guard> ask_space(const SpaceQuestion& question, const std::vector<Action>& actions) {
  const auto facts = question.fs.facts(question.replica);
  if (!facts) return std::nullopt;
  if (facts->clones && question.source.file_system == question.replica_file_system) {
    return std::nullopt;
  }
  SpaceCheck check(question, facts->block);
  std::uint64_t needed = 0;
  std::uint64_t taken = 0;  // by this window and those before it
  std::uint64_t freed = 0;  // by those before it
  for (std::size_t begin = 0; begin < actions.size();) {
    const WindowRange range =
        question.atomic ? WindowRange{0, actions.size()} : window_at(actions, begin);
    std::uint64_t freed_here = 0;
    for (std::size_t i = range.begin; i < range.end; ++i) {
      taken += check.taken_by(actions[i]);
      freed_here += check.freed_by(actions[i]);
    }
    needed = std::max(needed, taken > freed ? taken - freed : 0);
    freed += freed_here;
    begin = range.end;
  }
  return space_guard(needed, facts->free_bytes);
}

Status check_space(const ApplyRequest& request, const std::vector<Action>& actions) {
  const auto guard = ask_space({request.fs, request.source, request.replica.fd.get(),
                                request.replica.file_system, request.atomic},
                               actions);
  if (!guard || !guard->refused) return success();
  return Error{ErrorCode::kRefused, "apply", request.replica.path, 0, explain(*guard)};
}

}  // namespace foldersync
