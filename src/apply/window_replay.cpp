#include "apply/window_replay.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include "apply/purge.h"
#include "apply/remove_tree.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

constexpr std::uint32_t kOwnerAll = 0700;

bool is_missing(const Error& error) { return error.error_number == ENOENT; }

bool is_in_place(const Action& action) { return action.op == Op::kMetadata; }

CursorRules rules_of(const ReplayContext& context, const WindowRecord& record) {
  CursorRules rules;
  if (!record.plan.options.cross_mounts) rules.only_mount = context.replica.status.mount;
  return rules;
}

// The number of the action that an object in a staging subfolder belongs to; 0 where it has none.
std::uint64_t number_of(std::string_view name) {
  std::uint64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

}  // namespace

WindowReplay::WindowReplay(const ReplayContext& context, StagingArea& area,
                           const WindowRecord& record)
    : fs_(context.fs),
      area_(area),
      record_(record),
      access_(context.fs, context.replica.fd.get(), rules_of(context, record),
              descriptors_per_cursor(1)),
      metadata_(context, record, access_, result_),
      publisher_(context.fs, context.observer),
      moves_(context.fs, access_, publisher_, result_) {
  const auto& actions = record.plan.actions;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (record.actions[i].is_due && actions[i].op == Op::kDelete) deletions_.push_back(i);
  }
  std::sort(deletions_.begin(), deletions_.end(),
            [&](std::size_t a, std::size_t b) { return actions[a].path < actions[b].path; });
}

// Gives every action that is due to `act`, in the order of execution or backwards.
template <class Do>
void WindowReplay::each(bool backwards, Do act) {
  const std::size_t count = record_.actions.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = backwards ? count - 1 - i : i;
    const Action& action = record_.plan.actions[index];
    if (!record_.actions[index].is_due) continue;
    if (Status done = act(action, index); !done) {
      result_.errors.push_back(std::move(done).error().at(action.path.bytes()));
    }
  }
}

Result<int> WindowReplay::folder(const std::string& name) {
  auto known = folders_.find(name);
  if (known == folders_.end()) {
    auto opened = TRY(fs_.open_directory(area_.fd(), name.c_str()));
    known = folders_.emplace(name, std::move(opened)).first;
  }
  return known->second.get();
}

Result<Place> WindowReplay::target(const RelPath& path) {
  const auto parent = TRY(access_.parent(path));
  return Place{parent, std::string(path.name())};
}

Result<std::optional<FileStatus>> WindowReplay::at(const Place& place) {
  const auto found = fs_.status_at(place.directory, place.name.c_str());
  if (found) return std::optional<FileStatus>(*found);
  if (is_missing(found.error())) return std::optional<FileStatus>();
  return found.error();
}

Status WindowReplay::locate(Step& step, std::size_t index) {
  const auto directory = folder(step.record.folder);
  if (!directory) return directory.error();
  step.staged.directory = *directory;
  step.staged.name = record_.name_of(index);
  if (step.record.made) step.staged.made = *step.record.made;
  TRY(settle_old_name(step));
  auto there = at(step.staged);
  if (!there) return there.error();
  step.there = *there;
  return success();
}

// Without an exchange of names the old object waits under a name of its own: brings that to an end.
Status WindowReplay::settle_old_name(Step& step) {
  if (!step.record.old || step.action.op == Op::kDelete) return success();
  const Place old{step.staged.directory, step.staged.name + ".old"};
  const auto waiting = TRY(at(old));
  if (!waiting) return success();
  const auto staged = at(step.staged);
  if (!staged) return staged.error();
  if (!*staged) {
    return fs_.rename(old.directory, old.name.c_str(), step.staged.directory,
                      step.staged.name.c_str(), RenameMode::kNoReplace);
  }
  const auto place = TRY(target(step.action.path));
  const auto there = TRY(at(place));
  // It has its own name too, or others have taken that.
  if (there && same_object(*there, *waiting)) {
    return fs_.remove_file(old.directory, old.name.c_str());
  }
  if (there) return put_aside(old);
  return fs_.rename(old.directory, old.name.c_str(), place.directory, place.name.c_str(),
                    RenameMode::kNoReplace);
}

Status WindowReplay::put_aside(const Place& foreign) {
  const auto conflicts = area_.conflict_folder();
  if (!conflicts) return conflicts.error();
  TRY(keep_as_conflict(fs_, foreign.directory, foreign.name, conflicts->get()));
  result_.conflicts = true;
  return success();
}

Status WindowReplay::note(Step& step, const Result<Published>& published) {
  if (!published) return published.error();
  if (*published == Published::kStranded) {
    ++result_.overtaken;
    return put_aside(step.staged);
  }
  if (*published == Published::kForeign) ++result_.overtaken;
  return success();
}

// Renames what is staged to where it belongs.
Status WindowReplay::publish(Step& step) {
  const auto place = TRY(target(step.action.path));
  auto published = access_.with_write_access(place.directory, step.action.path.parent(), [&] {
    return step.record.old ? publisher_.replace(step.staged, place, *step.record.old)
                           : publisher_.create(step.staged, place);
  });
  return note(step, published);
}

Status WindowReplay::forward_staged(Step& step) {
  if (!step.there) return success();  // it has its name
  if (step.record.made && same_object(*step.there, *step.record.made)) return publish(step);
  if (step.record.old && is_still(*step.there, *step.record.old)) return success();
  return give_back(step);
}

// What lies in the staging folder was somebody else's when it was displaced: it goes back, and what
// took its place comes out again.
Status WindowReplay::give_back(Step& step) {
  ++result_.overtaken;
  const auto place = target(step.action.path);
  // The directory around it has gone as well.
  if (!place && is_absence(place.error())) return put_aside(step.staged);
  if (!place) return place.error();
  const bool was_exchanged = step.action.op != Op::kDelete;
  const RenameMode mode = was_exchanged ? RenameMode::kExchange : RenameMode::kNoReplace;
  const Status back = fs_.rename(step.staged.directory, step.staged.name.c_str(), place->directory,
                                 place->name.c_str(), mode);
  if (!back) return put_aside(step.staged);
  if (!was_exchanged) return success();
  const auto out = TRY(at(step.staged));
  const bool is_ours = out && step.record.made && same_object(*out, *step.record.made);
  return is_ours || !out ? success() : put_aside(step.staged);
}

Status WindowReplay::forward_link(Step& step) {
  auto leader = TRY(access_.status(*step.action.other));
  if (!leader || !step.record.made || !same_object(*leader, *step.record.made)) {
    ++result_.overtaken;
    return success();
  }
  auto now = TRY(access_.status(step.action.path));
  if (now && same_object(*now, *leader)) return success();
  if (step.there && !same_object(*step.there, *leader)) {
    if (step.record.old && is_still(*step.there, *step.record.old)) return success();
    return give_back(step);
  }
  if (!step.there) {
    const auto from = TRY(target(*step.action.other));
    TRY(fs_.make_link(from.directory, from.name.c_str(), step.staged.directory,
                      step.staged.name.c_str()));
  }
  step.staged.made = *leader;
  return publish(step);
}

Status WindowReplay::forward_delete(Step& step) {
  if (step.there) {
    if (!is_still(*step.there, *step.record.old)) return give_back(step);
    if (!step.there->is_directory()) return success();
    const auto is_own = TRY(tree_of(step).holds_nothing_else());
    return is_own ? success() : give_back(step);
  }
  const auto now = TRY(access_.status(step.action.path));
  if (!now) return success();
  const auto place = TRY(target(step.action.path));
  auto published = access_.with_write_access(place.directory, step.action.path.parent(), [&] {
    return publisher_.take_away(place, step.staged, *step.record.old);
  });
  return note(step, published);
}

Status WindowReplay::forward_rename(Step& step) {
  if (step.action.op == Op::kDelete) return forward_delete(step);
  if (step.action.op == Op::kLink) return forward_link(step);
  return forward_staged(step);
}

void WindowReplay::forward() {
  each(false, [&](const Action& action, std::size_t index) -> Status {
    if (is_in_place(action) || action.path.is_root()) return success();
    if (action.op == Op::kMove) return moves_.forward(action, record_.actions[index]);
    Step step{action, record_.actions[index], {}, std::nullopt};
    TRY(locate(step, index));
    return forward_rename(step);
  });
  metadata_.forward();
}

// Takes the object away that this window gave a name which was free.
Status WindowReplay::take_back(Step& step, const FileStatus& ours) {
  const auto place = target(step.action.path);
  if (!place && is_absence(place.error())) return success();
  if (!place) return place.error();
  const auto now = TRY(at(*place));
  if (!now) return success();
  if (!same_object(*now, ours)) {
    ++result_.overtaken;
    return success();
  }
  TRY(access_.with_write_access(place->directory, step.action.path.parent(), [&] {
    return fs_.rename(place->directory, place->name.c_str(), step.staged.directory,
                      step.staged.name.c_str(), RenameMode::kNoReplace);
  }));
  return keep_if_foreign(step, step.staged, ours);
}

// What others have written into it since, or put into a directory, is theirs.
Status WindowReplay::keep_if_foreign(const Step& step, const Place& out, const FileStatus& ours) {
  // A link stands for an object that has other names, by which it may have been changed.
  if (step.action.op == Op::kLink) {
    const auto found = TRY(at(out));
    return !found || same_object(*found, ours) ? success() : put_aside(out);
  }
  const auto is_ours = TRY(publisher_.is_as_expected(out, ours));
  return is_ours ? success() : put_aside(out);
}

// Exchanges the old object back; what comes out is this window's own, or somebody else's.
Status WindowReplay::exchange_back(Step& step, const FileStatus& ours) {
  const auto place = TRY(target(step.action.path));
  Status renamed = access_.with_write_access(place.directory, step.action.path.parent(), [&] {
    return fs_.rename(step.staged.directory, step.staged.name.c_str(), place.directory,
                      place.name.c_str(), RenameMode::kExchange);
  });
  if (renamed) return keep_if_foreign(step, step.staged, ours);
  if (is_missing(renamed.error())) return bring_back(step);
  if (!lacks_rename_mode(renamed.error())) return renamed;
  // RACE: for a moment neither is there. CRASH: the same, until whoever comes next has recovered.
  const Place out{step.staged.directory, step.staged.name + ".new"};
  Status away = fs_.rename(place.directory, place.name.c_str(), out.directory, out.name.c_str(),
                           RenameMode::kReplace);
  if (away) away = keep_if_foreign(step, out, ours);
  if (!away && !is_missing(away.error())) return away;
  return bring_back(step);
}

// Gives the old object its name back, which is free.
Status WindowReplay::bring_back(Step& step) {
  const auto place = TRY(target(step.action.path));
  Status renamed = access_.with_write_access(place.directory, step.action.path.parent(), [&] {
    return fs_.rename(step.staged.directory, step.staged.name.c_str(), place.directory,
                      place.name.c_str(), RenameMode::kNoReplace);
  });
  if (renamed || renamed.error().error_number != EEXIST) return renamed;
  ++result_.overtaken;
  return put_aside(step.staged);
}

// An empty directory that was removed at once, where directories can't be renamed. One that never
// went is found.
Status WindowReplay::make_again(const RelPath& path) {
  const auto place = target(path);
  // The directory around it could not come back, and has it with it.
  if (!place && is_absence(place.error())) return success();
  if (!place) return place.error();
  Status made = fs_.make_directory(place->directory, place->name.c_str(), kOwnerAll);
  return made || made.error().error_number == EEXIST ? success() : made;
}

Status WindowReplay::backward_rename(Step& step) {
  const auto& old = step.record.old;
  if (step.action.op == Op::kDelete) {
    if (step.there) return bring_back(step);
    if (!old->is_directory()) return success();
    return make_again(step.action.path);
  }
  const auto& ours = step.record.made;
  if (!ours) return success();
  if (!step.there && !old) return take_back(step, *ours);
  if (!step.there) {
    if (Status taken = take_back(step, *ours); !taken || !old->is_directory()) return taken;
    return make_again(step.action.path);
  }
  if (same_object(*step.there, *ours)) return success();  // it never had its name
  return exchange_back(step, *ours);
}

void WindowReplay::backward() {
  each(true, [&](const Action& action, std::size_t index) -> Status {
    if (is_in_place(action) || action.path.is_root()) return success();
    if (action.op == Op::kMove) return moves_.backward(action, record_.actions[index]);
    Step step{action, record_.actions[index], {}, std::nullopt};
    TRY(locate(step, index));
    return backward_rename(step);
  });
  metadata_.backward();
}

// The directory with all that the window deletes in it.
DoomedTree WindowReplay::tree_of(const Step& step) {
  const RelPath& top = step.action.path;
  const auto path_of = [&](std::size_t index) -> const RelPath& {
    return record_.plan.actions[index].path;
  };
  auto next = std::lower_bound(
      deletions_.begin(), deletions_.end(), top,
      [&](std::size_t index, const RelPath& path) { return path_of(index) < path; });
  std::vector<DoomedEntry> entries;
  for (; next != deletions_.end() && path_of(*next).is_within(top); ++next) {
    entries.push_back(doomed_entry(top, path_of(*next), *record_.actions[*next].old));
  }
  std::reverse(entries.begin(), entries.end());
  return {fs_, step.staged, std::move(entries), 1};
}

Status WindowReplay::purge() {
  std::vector<Displaced> empty;
  std::vector<DoomedTree> trees;
  for (std::size_t i = 0; i < record_.actions.size(); ++i) {
    const ActionRecord& record = record_.actions[i];
    if (!record.is_due || !record.old || !record.old->is_directory()) continue;
    const auto directory = folder(record.folder);
    if (!directory && is_missing(directory.error())) continue;
    if (!directory) return directory.error();
    const Action& action = record_.plan.actions[i];
    const Step step{action, record, {{*directory, record_.name_of(i)}, {}, false}, std::nullopt};
    if (const auto there = at(step.staged); there && !*there) continue;
    if (action.op == Op::kDelete) {
      trees.push_back(tree_of(step));
    } else {
      empty.push_back({*directory, step.staged.name, true});
    }
  }
  const Purged purged = foldersync::purge({fs_, empty, trees, 1, WindowLimits{}});
  // Others have filled it since it was displaced; or this has tried it as well, and in `conflict`
  // nothing is lost.
  for (const auto* places : {&purged.filled, &purged.stuck}) {
    for (const Place& place : *places) {
      TRY(put_aside(place));
    }
  }
  return success();
}

void WindowReplay::drop_unrecorded_in(const std::string& folder_name,
                                      const std::set<std::uint64_t>& recorded) {
  const auto directory = folder(folder_name);
  Listing listing;
  if (!directory || !listing.read(fs_, *directory)) return;
  for (const ListedEntry& entry : listing.entries()) {
    const std::uint64_t number = number_of(entry.name);
    if (number == 0 || recorded.contains(number)) continue;
    // What can't be removed goes with the staging folder. All that a directory holds was staged in
    // it, for this window: nothing was displaced that the record does not name.
    const std::string name(entry.name);
    (void)(entry.status.is_directory() ? remove_tree(fs_, *directory, name)
                                       : fs_.remove_file(*directory, name.c_str()));
  }
}

void WindowReplay::drop_unrecorded() {
  std::set<std::uint64_t> recorded;
  for (const ActionRecord& action : record_.actions) recorded.insert(action.seq);
  Listing listing;
  if (const auto rewound = fs_.seek(area_.fd(), 0, Seek::kStart); !rewound) return;
  if (!listing.read(fs_, area_.fd())) return;
  for (const ListedEntry& entry : listing.entries()) {
    const bool is_of_a_thread =
        entry.name.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_of_a_thread && entry.status.is_directory()) {
      drop_unrecorded_in(std::string(entry.name), recorded);
    }
  }
}

}  // namespace foldersync
