#include "apply/stage/space.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "apply/stage/window.h"
#include "core/text.h"
#include "fs/directory_cursor.h"
#include "fs/named_path.h"
#include "plan/guard.h"

namespace foldersync {
namespace {

// Above this the source is asked how much of a file is holes.
constexpr std::uint64_t kLarge = std::uint64_t{64} << 20U;
constexpr std::uint64_t kBlockUnit = 512;
// For names, records, and what others write meanwhile.
constexpr std::uint64_t kSpare = std::uint64_t{64} << 20U;

// Whether copies take no room: they share what they hold with the source.
bool shares_content(const SpaceQuestion& question, const FileSystemFacts& facts) {
  return facts.clones && question.source.fs == &question.fs &&
         question.source.file_system == question.replica_file_system;
}

SpaceQuestion question_of(const ApplyRequest& request, bool keeps_old) {
  return {.fs = request.fs,
          .source = request.source,
          .source_tree = request.source_tree,
          .replica = request.replica.fd.get(),
          .replica_file_system = request.replica.file_system,
          .atomic = request.atomic,
          .keeps_old = keeps_old,
          .windows = request.windows};
}

// Whether what the replica has goes on being there.
bool stays(const Action& action) { return action.op == Op::kMetadata || action.op == Op::kMove; }

// The paths whose files are taken over by others: they take no room there, and leave none.
class TakenOver {
 public:
  void add(const Action& action) {
    if (takes_file_over(action)) paths_.insert(*action.other);
  }
  [[nodiscard]] bool has(const Action& action) const {
    return takes_file_away(action) && paths_.contains(action.path);
  }

 private:
  std::set<RelPath> paths_;
};

Result<TakenOver> taken_over_in(const ActionStore& actions) {
  TakenOver taken;
  TRY(for_each_action(actions, [&](const Action& action, std::uint64_t) { taken.add(action); }));
  return taken;
}

class SpaceCheck {
 public:
  SpaceCheck(const SpaceQuestion& question, TakenOver taken_over, std::uint64_t block)
      : source_(question.source_tree.reader(descriptors_per_cursor(1))),
        taken_over_(std::move(taken_over)),
        keeps_old_(question.keeps_old),
        block_(std::max<std::uint64_t>(block, 1)) {}

  // Bytes that the action takes on the replica's file system, as long as nothing is removed.
  std::uint64_t taken_by(const Action& action) {
    // Kept beside the replica, what lives on there under another path is a copy.
    const bool is_kept = keeps_old_ && taken_over_.has(action);
    return written_by(action) + (is_kept ? rounded(action.before->size.value_or(0)) : 0);
  }

  // Bytes that are free once the action's window is done.
  std::uint64_t freed_by(const Action& action) const {
    const bool goes = !stays(action) && action.before && action.before->type == FileType::kFile &&
                      !action.before->links && !taken_over_.has(action);
    return goes ? rounded(action.before->size.value_or(0)) : 0;
  }

 private:
  std::uint64_t written_by(const Action& action) {
    if (!is_staged(action) || action.after->type != FileType::kFile) return 0;
    const std::uint64_t size = bytes_to_write(action);
    if (size < kLarge) return rounded(size);
    const auto parent = source_->enter(action.path.parent_bytes());
    if (!parent) return rounded(size);
    const auto status = (*parent)->status(std::string(action.path.name()).c_str());
    return rounded(status ? std::min(size, status->blocks * kBlockUnit) : size);
  }

  [[nodiscard]] std::uint64_t rounded(std::uint64_t bytes) const {
    return bytes / block_ * block_ + (bytes % block_ != 0 ? block_ : 0);
  }

  std::unique_ptr<TreeReader> source_;
  TakenOver taken_over_;
  bool keeps_old_;
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
  const auto folder = open_named_folder(request.fs, request.backup->folder);
  const auto status = folder ? request.fs.status(folder->get()) : Result<FileStatus>(Error{});
  const auto facts = folder ? request.fs.facts(folder->get()) : Result<FileSystemFacts>(Error{});
  // What can't be asked is found out when it is written.
  keeping.copied = status && facts && status->device != request.replica.status.device;
  if (keeping.copied) keeping.free = facts->free_bytes;
  return keeping;
}

// A backup on another file system holds copies of all that goes.
Status check_backup_space(const ApplyRequest& request, const Keeping& keeping) {
  if (!keeping.copied) return success();
  std::uint64_t needed = 0;
  TRY(for_each_action(request.plan.actions, [&](const Action& action, std::uint64_t) {
    const bool goes = !stays(action) && action.before;
    if (goes) needed += action.before->size.value_or(0);
  }));
  if (needed <= keeping.free) return success();
  return refused_error("back up",
                       "not enough space: " + human_bytes(needed) + " are to be kept there, and " +
                           human_bytes(keeping.free) +
                           " are free; make room, or try all the same with --no-space-check")
      .at(request.backup->folder);
}

// Whether there is room for all that is written, whatever is removed meanwhile and whatever has
// holes: then the actions need not be read for that.
bool fits_in_any_case(const SpaceQuestion& question, const ActionStore& actions) {
  if (question.keeps_old) return false;
  const auto facts = question.fs.facts(question.replica);
  if (!facts || actions.bytes_to_write() > facts->free_bytes) return false;
  const std::uint64_t left = facts->free_bytes - actions.bytes_to_write();
  return left / std::max<std::uint64_t>(facts->block, 1) >= actions.size();
}

}  // namespace

Result<std::optional<Guard>> ask_space(const SpaceQuestion& question, const ActionStore& actions) {
  const auto facts = question.fs.facts(question.replica);
  if (!facts || shares_content(question, *facts)) return std::optional<Guard>();
  auto taken_over = TRY(taken_over_in(actions));
  SpaceCheck check(question, std::move(taken_over), facts->block);
  std::uint64_t needed = 0;
  std::uint64_t taken = 0;  // by this window and those before it
  std::uint64_t freed = 0;  // by those before it
  std::uint64_t freed_here = 0;
  const auto end_window = [&] {
    needed = std::max(needed, taken > freed ? taken - freed : 0);
    if (!question.keeps_old) freed += freed_here;
    freed_here = 0;
  };
  std::optional<WindowMeter> window(question.windows);
  TRY(for_each_action(actions, [&](const Action& action, std::uint64_t) {
    if (!question.atomic && window->is_full()) {
      end_window();
      window.emplace(question.windows);
    }
    window->add(action);
    taken += check.taken_by(action);
    freed_here += check.freed_by(action);
  }));
  end_window();
  return std::optional(space_guard(needed, facts->free_bytes));
}

Status check_space(const ApplyRequest& request) {
  const Keeping keeping = keeping_of(request);
  TRY(check_backup_space(request, keeping));
  const bool keeps_old = keeping.is_wanted && !keeping.copied;
  const SpaceQuestion question = question_of(request, keeps_old);
  if (fits_in_any_case(question, request.plan.actions)) return success();
  const auto guard = TRY(ask_space(question, request.plan.actions));
  if (!guard || !guard->refused) return success();
  return refused_error("apply", explain(*guard)).at(request.replica.path);
}

bool fits_beside_the_old(const ApplyRequest& request, const std::vector<Slot>& window) {
  const auto facts = request.fs.facts(request.replica.fd.get());
  if (!facts) return false;
  const SpaceQuestion question = question_of(request, false);
  if (shares_content(question, *facts)) return true;
  SpaceCheck check(question, TakenOver(), facts->block);
  std::uint64_t taken = kSpare;
  for (const Slot& slot : window) taken += check.taken_by(slot.action);
  return taken <= facts->free_bytes;
}

}  // namespace foldersync
