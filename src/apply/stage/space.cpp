#include "apply/stage/space.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "apply/stage/schedule.h"
#include "core/text.h"
#include "fs/directory_cursor.h"
#include "fs/named_path.h"
#include "fs/stop.h"
#include "plan/guard.h"
#include "plan/room.h"

namespace foldersync {
namespace {

constexpr const char* kAsking = "count free space";
// Above this the source is asked how much of a file is holes.
constexpr std::uint64_t kLarge = std::uint64_t{64} << 20U;
// For names, records, and what others write meanwhile.
constexpr std::uint64_t kSpare = std::uint64_t{64} << 20U;
constexpr std::uint64_t kSpareInodes = 1000;
// What windows need for themselves: folders, and of each action a line in the record.
constexpr std::uint64_t kOwnBytes = std::uint64_t{128} << 10U;
constexpr std::uint64_t kOwnBytesEach = 1024;
constexpr std::uint64_t kOwnInodes = 24;
// The smaller windows that are tried where the usual ones don't fit: what one displaced is free for
// the next. The last ones have one file, or a directory that a file gives way to.
struct SmallerWindow {
  std::uint64_t bytes;
  std::size_t actions;
};
constexpr SmallerWindow kSmallerWindows[] = {
    {std::uint64_t{64} << 20U, 10'000}, {std::uint64_t{4} << 20U, 1000}, {1, 100}, {1, 1}};

// Whether copies take no room: they share what they hold with the source.
bool shares_content(const SpaceQuestion& question, const FileSystemFacts& facts) {
  return facts.clones && is_one_system(*question.source.fs, question.fs) &&
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
          .windows = windows_of(request),
          .stop = request.stop};
}

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

Result<TakenOver> taken_over_in(const SpaceQuestion& question, const ActionStore& actions) {
  TakenOver taken;
  TRY(for_each_action(actions, [&](const Action& action, std::uint64_t) {
    taken.add(action);
    return heed(question.stop, kAsking);
  }));
  return taken;
}

// What is taken of a file system, or freed.
struct Amount {
  std::uint64_t bytes = 0;
  std::uint64_t inodes = 0;

  void add(const Amount& other) {
    bytes += other.bytes;
    inodes += other.inodes;
  }
  // At least what `taken` is above `freed`.
  void raise(const Amount& taken, const Amount& freed) {
    bytes = std::max(bytes, taken.bytes - std::min(taken.bytes, freed.bytes));
    inodes = std::max(inodes, taken.inodes - std::min(taken.inodes, freed.inodes));
  }
};

// What goes from the replica, and what that frees.
class Freed {
 public:
  Freed(FileSystem& fs, int root, const FileSystemFacts& facts)
      : fs_(fs),
        cursor_(fs, root, {}, descriptors_per_cursor(1)),
        hides_blocks_(!facts.has_sync_all) {
    const auto status = fs.status(root);
    if (status) mount_ = status->mount;
  }

  // Requires: it is asked once for each action.
  Amount by(const Action& action) {
    const auto parent = cursor_.enter(action.path.parent_bytes());
    if (!parent) return {};
    const auto found = fs_.status_at(*parent, std::string(action.path.name()).c_str());
    if (!found || found->mount != mount_) return {};
    if (found->is_directory()) return {0, 1};
    const bool has_others = found->links > 1 && ++gone_[object_of(*found)] < found->links;
    if (has_others) return {};
    // Some file systems of FUSE don't count blocks.
    const bool has_blocks = found->blocks > 0 || !hides_blocks_ || !found->is_file();
    return {has_blocks ? found->blocks * kBlockUnit : found->size, 1};
  }

 private:
  FileSystem& fs_;
  DirectoryCursor cursor_;
  bool hides_blocks_;
  std::uint64_t mount_ = 0;
  // Of files with several names: how many are gone.
  std::map<ObjectId, std::uint64_t> gone_;
};

// Whether it fits only because of what goes meanwhile.
bool is_tight(const SpaceQuestion& question) {
  return question.windows.clears_apart || question.windows.bytes < WindowLimits().bytes;
}

class SpaceCheck {
 public:
  // Where it matters, the replica is asked what is freed; else it is what the actions say.
  SpaceCheck(const SpaceQuestion& question, TakenOver taken_over, const FileSystemFacts& facts)
      : source_(question.source_tree.reader(descriptors_per_cursor(1))),
        taken_over_(std::move(taken_over)),
        keeps_old_(question.keeps_old),
        shares_(shares_content(question, facts)),
        block_(std::max<std::uint64_t>(facts.block, 1)) {
    if (is_tight(question)) freed_.emplace(question.fs, question.replica, facts);
  }

  // What the action takes on the replica's file system, as long as nothing is removed.
  Amount taken_by(const Action& action) {
    // Kept beside the replica, what lives on there under another path is a copy.
    const bool is_kept = keeps_old_ && taken_over_.has(action);
    const bool is_made = is_staged(action) && !adds_name(action) && !takes_file_over(action);
    return {written_by(action) + (is_kept ? rounded(action.before->size.value_or(0)) : 0),
            is_made || is_kept ? 1U : 0U};
  }

  // What is free once the action's window is done.
  Amount freed_by(const Action& action) {
    if (keeps_object(action) || !action.before || taken_over_.has(action)) return {};
    if (freed_) return freed_->by(action);
    const bool is_file = action.before->type == FileType::kFile;
    if (action.before->links) return {};
    return {is_file ? rounded(action.before->size.value_or(0)) : 0, 1};
  }

 private:
  std::uint64_t written_by(const Action& action) {
    if (shares_ || !is_staged(action) || action.after->type != FileType::kFile) return 0;
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
  bool shares_;
  std::uint64_t block_;
  std::optional<Freed> freed_;
};

// Where room is made, it is made for that as well.
Amount own_of(const SpaceQuestion& question, const ActionStore& actions) {
  const auto most = std::min<std::uint64_t>(actions.size(), question.windows.actions);
  return {kOwnBytes + most * kOwnBytesEach, kOwnInodes};
}

// What must be free at the start.
Result<Amount> needed_for(const SpaceQuestion& question, const ActionStore& actions,
                          const FileSystemFacts& facts) {
  auto taken_over = TRY(taken_over_in(question, actions));
  SpaceCheck check(question, std::move(taken_over), facts);
  Amount needed;
  Amount taken;  // by this window and those before it
  Amount freed;  // by those before it
  Amount freed_here;
  const auto end_window = [&] {
    needed.raise(taken, freed);
    if (!question.keeps_old) freed.add(freed_here);
    freed_here = {};
  };
  const Schedule schedule = TRY(Schedule::of(actions));
  ScheduleReader reader(actions, schedule, schedule.start());
  const bool frees_first = question.windows.clears_apart && reader.is_clearing();
  if (is_tight(question) && !frees_first) taken.add(own_of(question, actions));
  std::optional<WindowMeter> window(question.windows);
  while (!reader.at_end()) {
    TRY(heed(question.stop, kAsking));
    const bool was_clearing = reader.is_clearing();
    const auto action = TRY(reader.next());
    window->add(*action);
    taken.add(check.taken_by(*action));
    freed_here.add(check.freed_by(*action));
    const bool has_cleared = frees_first && was_clearing && !reader.is_clearing();
    if (question.atomic || (!window->is_full() && !has_cleared)) continue;
    end_window();
    if (has_cleared) taken.add(own_of(question, actions));
    window.emplace(question.windows);
  }
  end_window();
  return needed;
}

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
    const bool goes = !keeps_object(action) && action.before;
    if (goes) needed += action.before->size.value_or(0);
    return heed(request.stop, kAsking);
  }));
  if (needed <= keeping.free) return success();
  return refused_error("back up",
                       "not enough space: " + human_bytes(needed) + " are to be kept there, and " +
                           human_bytes(keeping.free) +
                           " are free; make room, or try all the same with --no-space-check")
      .at(request.backup->folder);
}

bool fits(const Amount& needed, const FileSystemFacts& facts) {
  return needed.bytes <= facts.free_bytes && needed.inodes <= facts.free_inodes;
}

// Windows, and what must be free at the start where these are used.
struct Fit {
  WindowLimits windows;
  Amount needed;
};

// The largest windows in which it fits; where there are none, the usual ones.
Result<Fit> fit_of(SpaceQuestion question, const ActionStore& actions,
                   const FileSystemFacts& facts) {
  const Fit usual{question.windows, TRY(needed_for(question, actions, facts))};
  if (fits(usual.needed, facts) || question.atomic || question.keeps_old) return usual;
  for (const SmallerWindow& smaller : kSmallerWindows) {
    question.windows.bytes = std::min(usual.windows.bytes, smaller.bytes);
    question.windows.actions = std::min(usual.windows.actions, smaller.actions);
    const Amount needed = TRY(needed_for(question, actions, facts));
    if (fits(needed, facts)) return Fit{question.windows, needed};
  }
  return usual;
}

// Whether there is room for all that is written and for `own` besides, whatever is removed
// meanwhile and whatever has holes: then the actions need not be read for that.
bool fits_in_any_case(const SpaceQuestion& question, const ActionStore& actions,
                      const Amount& own = {}) {
  if (question.keeps_old) return false;
  const auto facts = question.fs.facts(question.replica);
  if (!facts || facts->free_bytes < own.bytes || facts->free_inodes < own.inodes) return false;
  if (actions.bytes_to_write() > facts->free_bytes - own.bytes) return false;
  if (actions.size() > facts->free_inodes - own.inodes) return false;
  const std::uint64_t left = facts->free_bytes - own.bytes - actions.bytes_to_write();
  return left / std::max<std::uint64_t>(facts->block, 1) >= actions.size();
}

}  // namespace

WindowLimits windows_of(const ApplyRequest& request) {
  WindowLimits windows = request.windows;
  windows.clears_apart = request.plan.options.delete_first && !request.atomic;
  return windows;
}

Result<std::optional<Guard>> ask_space(const SpaceQuestion& question, const ActionStore& actions) {
  const auto facts = question.fs.facts(question.replica);
  if (!facts || shares_content(question, *facts)) return std::optional<Guard>();
  const Fit fit = TRY(fit_of(question, actions, *facts));
  return std::optional(space_guard(fit.needed.bytes, facts->free_bytes));
}

Result<std::optional<MadeRoom>> find_room(const SpaceQuestion& question, const ActionStore& actions,
                                          const Spooling& spooling) {
  using Nothing = std::optional<MadeRoom>;
  const Amount own = own_of(question, actions);
  const bool frees_nothing = question.keeps_old || question.atomic;
  if (frees_nothing || fits_in_any_case(question, actions, own)) return Nothing();
  const auto facts = question.fs.facts(question.replica);
  if (!facts) return Nothing();
  Fit last = TRY(fit_of(question, actions, *facts));
  last.needed.add(own);
  if (fits(last.needed, *facts)) return Nothing();
  RoomFirst room = TRY(delete_first(actions, question.times, spooling));
  SpaceQuestion again = question;
  again.windows.clears_apart = true;
  const Fit first = TRY(fit_of(again, room.actions, *facts));
  if (!fits(first.needed, *facts)) return Nothing();
  const bool lacks_bytes = last.needed.bytes > facts->free_bytes;
  return std::optional(MadeRoom{
      std::move(room.actions),
      lacks_bytes ? delete_first_guard(RoomUnit::kBytes, last.needed.bytes, facts->free_bytes)
                  : delete_first_guard(RoomUnit::kInodes, last.needed.inodes, facts->free_inodes)});
}

bool keeps_beside(FileSystem& fs, const std::string& folder, const Root& replica) {
  auto opened = open_named_folder(fs, folder);
  if (!opened) opened = open_named_folder(fs, folder_above(folder));
  const auto status = opened ? fs.status(opened->get()) : Result<FileStatus>(Error{});
  return !status || status->device == replica.status.device;
}

Result<WindowLimits> check_space(const ApplyRequest& request) {
  const Keeping keeping = keeping_of(request);
  TRY(check_backup_space(request, keeping));
  const bool keeps_old = keeping.is_wanted && !keeping.copied;
  const SpaceQuestion question = question_of(request, keeps_old);
  const ActionStore& actions = request.plan.actions;
  if (fits_in_any_case(question, actions)) return question.windows;
  const auto facts = request.fs.facts(request.replica.fd.get());
  if (!facts || shares_content(question, *facts)) return question.windows;
  const Fit fit = TRY(fit_of(question, actions, *facts));
  const Guard guard = space_guard(fit.needed.bytes, facts->free_bytes);
  if (!guard.refused) return fit.windows;
  return refused_error("apply", explain(guard)).at(request.replica.path);
}

bool fits_beside_the_old(const ApplyRequest& request, const std::vector<Slot>& window) {
  const auto facts = request.fs.facts(request.replica.fd.get());
  if (!facts) return false;
  const SpaceQuestion question = question_of(request, false);
  if (shares_content(question, *facts)) return true;
  SpaceCheck check(question, TakenOver(), *facts);
  Amount taken{kSpare, kSpareInodes};
  for (const Slot& slot : window) taken.add(check.taken_by(slot.action));
  return taken.bytes <= facts->free_bytes && taken.inodes <= facts->free_inodes;
}

}  // namespace foldersync
