#include "apply/recovery/window_replay.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include "apply/stage/barrier.h"
#include "apply/stage/remove_tree.h"
#include "apply/steps/purge.h"
#include "core/heeding_sort.h"
#include "core/text.h"
#include "format/errno_name.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

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

// Whether trying again is of no use before somebody gives the rights that it needs.
bool is_never_given(const Error& error) { return is_denial(error) || is_one_of(error, {EROFS}); }

}  // namespace

WindowReplay::WindowReplay(const ReplayContext& context, StagingArea& area,
                           const WindowRecord& record)
    : fs_(context.fs),
      area_(area),
      record_(record),
      access_(context.fs, context.replica.fd.get(), rules_of(context, record),
              descriptors_per_cursor(1)),
      publisher_(context.fs, context.observer),
      conflicts_(context.fs, area),
      site_{.fs = context.fs,
            .replica = access_,
            .publisher = publisher_,
            .conflicts = conflicts_,
            .policy = context.policy,
            .book = context.book,
            .own_folder = -1,
            .made_anew = &made_anew_,
            .wind_up = &context.wind_up},
      notes_(context.replica.notes.get()),
      observer_(context.observer),
      wind_up_(context.wind_up) {
  if (notes_ != nullptr) noted_ = notes_->known();
  access_.note_in(context.replica.notes.get());
}

// What the steps have to know of the others of the window.
Status WindowReplay::learn() {
  if (deletions_) return success();
  for (const Action& action : record_.plan.actions) {
    if (moves_entry(action)) moves_.push_back(&action);
  }
  for (const std::size_t i : due([](const Action&) { return true; })) {
    TRY(wind_up_.heed("recover"));
    const Action& action = record_.plan.actions[i];
    const auto& made = record_.actions[i].made;
    if (!made) continue;
    if (adds_name(action)) ++names_added_[object_of(*made)];
    if (made->is_directory()) brought_.emplace(action.path, *made);
  }
  auto deletions = TRY(Deletions::of(record_, wind_up_));
  deletions_ = std::move(deletions);
  site_.deletions = &*deletions_;
  return success();
}

ReplayResult WindowReplay::result() const {
  ReplayResult result = result_;
  result.conflicts = conflicts_.any();
  return result;
}

// Also what the killed run had done of it.
Status WindowReplay::sync() {
  Touched touched;
  for (const std::size_t i : due([](const Action&) { return true; })) {
    TRY(wind_up_.heed("sync"));
    const Action& action = record_.plan.actions[i];
    const Facts& entry = *subject(action);
    const bool is_in_place = sets_metadata(action);
    if (!action.path.is_root()) touched.directories.insert(action.path.parent());
    if (moves_entry(action)) touched.directories.insert(action.other->parent());
    if (is_in_place && entry.type == FileType::kDirectory) {
      touched.directories.insert(action.path);
    } else if (is_in_place && entry.type == FileType::kFile) {
      touched.files.push_back(action.path);
    } else if (is_in_place) {
      touched.others = true;
    }
  }
  SyncContext syncing{fs_, record_.durable, record_.plan.options.cross_mounts, observer_};
  syncing.wind_up = &wind_up_;
  return Barrier(syncing).touched_alone(area_.fd(), touched, access_);
}

// The places in the record, in its order, of the actions that are due and that `which` takes.
template <class Which>
std::vector<std::size_t> WindowReplay::due(Which which) const {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < record_.actions.size(); ++i) {
    if (record_.actions[i].is_due && which(record_.plan.actions[i])) places.push_back(i);
  }
  return places;
}

Result<int> WindowReplay::folder(const std::string& name) {
  auto known = folders_.find(name);
  if (known == folders_.end()) {
    auto opened = TRY(fs_.open_directory(area_.fd(), name.c_str()));
    known = folders_.emplace(name, std::move(opened)).first;
  }
  return known->second.get();
}

// As the committer made it from the action's slot.
Result<Step> WindowReplay::step_at(std::size_t index) {
  const Action& action = record_.plan.actions[index];
  const ActionRecord& record = record_.actions[index];
  Step step{.action = action, .made = record.made, .old = record.old};
  if (record.new_xattrs) step.new_xattrs = &*record.new_xattrs;
  if (record.old_xattrs) step.old_xattrs = &*record.old_xattrs;
  if (record.old) {
    const auto added = names_added_.find(object_of(*record.old));
    if (added != names_added_.end()) step.names_added = added->second;
  } else if (is_finish(action)) {
    const auto brought = brought_.find(action.path);
    if (brought != brought_.end()) step.made = brought->second;
  }
  if (keeps_object(action)) return step;
  step.staged.directory = TRY(folder(record.folder));
  step.staged.name = record_.name_of(index);
  if (record.made) step.staged.made = *record.made;
  return step;
}

void WindowReplay::replay(std::size_t index, const StepKind& kind, Way way) {
  auto step = step_at(index);
  const auto came = !step                  ? Result<Published>(step.error())
                    : way == Way::kForward ? kind.again(site_, *step)
                                           : kind.back(site_, *step);
  Status done = step ? count_outcome(*step, came) : Status(step.error());
  const Action& action = record_.plan.actions[index];
  if (done && way == Way::kForward && is_finish(action) && *came == Published::kDone) {
    is_finished(action);
  }
  if (done) return;
  const bool is_metadata = &kind == &kMetadataStep || &kind == &kFinishStep;
  const bool is_old = way == Way::kBack && is_metadata;
  const RelPath& path = is_old ? old_path(action) : action.path;
  const bool may_lack = is_metadata && (is_old || is_finish(action) || !record_.atomic);
  if (may_lack && is_never_given(done.error())) return tell_lack(path, done.error());
  result_.errors.push_back(std::move(done).error().at(path.bytes()));
}

// All else goes on: a time, say, that belongs to another user by now would stop every later run.
void WindowReplay::tell_lack(const RelPath& path, const Error& error) {
  ++result_.lacking;
  observer_.warn("recovery: not all of the metadata of '" + escaped(path.shown()) +
                 "' could be set (" + error.operation + ": " + errno_name(error.error_number) +
                 "); the next plan finds it");
}

Status WindowReplay::count_outcome(const Step& step, const Result<Published>& done) {
  const Published published = TRY(done);
  if (published == Published::kOvertaken || published == Published::kStranded) ++result_.overtaken;
  if (published == Published::kUnproven) {
    ++result_.unproven;
    observer_.warn("recovery: the metadata of '" + escaped(step.action.path.shown()) +
                   "' is left as it is: nothing proves that it is what the killed run saw there, "
                   "or it may be changed only where it is written anew; the next run does it");
  }
  if (published == Published::kStranded) TRY(conflicts_.keep(step.staged));
  return success();
}

// What the places name, each by `kind`, or by that of its own op where that is null.
Status WindowReplay::replay_all(const std::vector<std::size_t>& places, const StepKind* kind,
                                Way way) {
  for (const std::size_t i : places) {
    if (wind_up_.is_over()) break;
    replay(i, kind != nullptr ? *kind : kind_of(record_.plan.actions[i]), way);
  }
  // What the last step had no time for is not done either, whatever it has answered.
  Status heeded = wind_up_.heed("recover");
  // What the killed run opened up stays in the record.
  if (!heeded) close(std::exchange(access_.opened_up(), {}));
  return heeded;
}

Status WindowReplay::forward() {
  TRY(learn());
  const auto is_rename = [](const Action& action) {
    return !sets_metadata(action) && !action.path.is_root();
  };
  TRY(replay_all(due(is_rename), nullptr, Way::kForward));
  for (const bool finish : {false, true}) {
    const auto is_next = [&](const Action& action) {
      return changes_in_place(action) && is_finish(action) == finish && !action.path.is_root();
    };
    TRY(replay_all(due(is_next), &kMetadataStep, Way::kForward));
  }
  close_below_root();
  return success();
}

void WindowReplay::finish_root() {
  const auto is_last = [](const Action& action) {
    return is_finish(action) && action.path.is_root();
  };
  for (const std::size_t i : due(is_last)) replay(i, kFinishStep, Way::kForward);
}

Status WindowReplay::backward() {
  TRY(learn());
  auto renames =
      due([](const Action& action) { return !sets_metadata(action) && !action.path.is_root(); });
  std::reverse(renames.begin(), renames.end());
  TRY(replay_all(renames, nullptr, Way::kBack));
  // What changed in place, and directories that a rename needed to be writable.
  auto given = due([](const Action&) { return true; });
  std::erase_if(given, [&](std::size_t i) {
    const auto& old = record_.actions[i].old;
    return !old || (!changes_in_place(record_.plan.actions[i]) && !old->is_directory());
  });
  // The deepest first, so that the way to the others stays open.
  const auto is_deeper = [&](std::size_t a, std::size_t b) {
    return old_path(record_.plan.actions[b]) < old_path(record_.plan.actions[a]);
  };
  TRY(sort_heeding(given, is_deeper, [this] { return wind_up_.heed("recover"); }));
  TRY(replay_all(given, &kMetadataStep, Way::kBack));
  close_below_root();
  return success();
}

// It has its final mode, which may be the one that it was opened up to. CRASH: killed before it is
// forgotten, whoever comes next finds the window's record still, and goes on from it.
void WindowReplay::is_finished(const Action& finish) {
  if (!finish.after->mode) return;  // it has got none
  const RelPath& directory = finish.path;
  finished_.insert(directory);
  const bool was_opened = access_.opened_up().erase(directory) > 0;
  if (notes_ != nullptr && (was_opened || noted_.contains(directory))) notes_->forget(directory);
}

// The paths by which a directory may be found, whichever of the window's moves are done.
std::vector<RelPath> WindowReplay::paths_of(const RelPath& directory) const {
  std::vector<RelPath> paths{directory};
  for (const Action* const move : moves_) {
    if (!directory.is_within(*move->other)) continue;
    const std::string_view below =
        std::string_view(directory.bytes()).substr(move->other->bytes().size());
    paths.push_back(RelPath::from_bytes(move->path.bytes() + std::string(below)));
  }
  return paths;
}

AllOpenedUp WindowReplay::take_open() {
  // What the record says of one comes first: it knows the mode from before the window. A move may
  // have given it another path.
  AllOpenedUp all;
  for (const OpenedUpRecord& opened_up : record_.opened_up) {
    for (const RelPath& path : paths_of(opened_up.path)) {
      if (!finished_.contains(path))
        all.try_emplace(path, OpenedUp{opened_up.mode, opened_up.seen});
    }
  }
  all.merge(access_.opened_up());
  access_.opened_up().clear();
  return all;
}

// But for the root, out of which the staging folder has to go.
void WindowReplay::close_below_root() {
  AllOpenedUp all = take_open();
  auto root = all.extract(RelPath());
  close(std::move(all));
  if (!root.empty()) access_.opened_up().insert(std::move(root));
}

void WindowReplay::close_root() {
  AllOpenedUp all = take_open();
  AllOpenedUp root;
  root.insert(all.extract(RelPath()));
  close(std::move(root));
}

void WindowReplay::close(AllOpenedUp open) {
  for (const Error& error : access_.close_again(std::move(open))) observer_.warn(left_open(error));
}

Status WindowReplay::purge() {
  TRY(learn());
  std::vector<Discarded> empty;
  std::vector<DoomedTree> trees;
  for (const std::size_t i : due([](const Action&) { return true; })) {
    TRY(wind_up_.heed("remove"));
    const ActionRecord& record = record_.actions[i];
    if (!record.old || !record.old->is_directory()) continue;
    const auto directory = folder(record.folder);
    if (!directory && directory.error().error_number == ENOENT) continue;
    if (!directory) return directory.error();
    const Place place{*directory, record_.name_of(i)};
    const auto there = status_at(fs_, place);
    if (there && !*there) continue;
    const Action& action = record_.plan.actions[i];
    if (removes_entry(action)) {
      trees.push_back({fs_, place, deletions_->in(action.path), 1, &wind_up_});
    } else {
      empty.push_back({place, true});
    }
  }
  const Purged purged = foldersync::purge({fs_, empty, trees, 1, wind_up_});
  if (!purged.is_complete) return stopped_error("remove", "told to stop");
  // Others have filled it since it was displaced; or this has tried it as well, and in `conflict`
  // nothing is lost.
  for (const auto* places : {&purged.filled, &purged.stuck}) {
    for (const Place& place : *places) TRY(conflicts_.keep(place));
  }
  return success();
}

Status WindowReplay::drop_unrecorded_in(const std::string& folder_name,
                                        const std::set<std::uint64_t>& recorded) {
  const auto directory = folder(folder_name);
  Listing listing;
  if (!directory || !listing.read(fs_, *directory)) return success();
  for (const ListedEntry& entry : listing.entries()) {
    TRY(wind_up_.heed("remove"));
    const std::uint64_t number = number_of(entry.name);
    if (number == 0 || recorded.contains(number)) continue;
    // What can't be removed goes with the staging folder. All that a directory holds was staged in
    // it, for this window: nothing was displaced that the record does not name.
    const std::string name(entry.name);
    (void)(entry.status.is_directory() ? remove_tree(fs_, *directory, name, &wind_up_)
                                       : fs_.remove_file(*directory, name.c_str()));
  }
  return wind_up_.heed("remove");
}

Status WindowReplay::drop_unrecorded() {
  std::set<std::uint64_t> recorded;
  for (const ActionRecord& action : record_.actions) recorded.insert(action.seq);
  Listing listing;
  if (!listing.read_anew(fs_, area_.fd())) return success();
  for (const ListedEntry& entry : listing.entries()) {
    const bool is_of_a_thread =
        entry.name.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_of_a_thread && entry.status.is_directory()) {
      TRY(drop_unrecorded_in(std::string(entry.name), recorded));
    }
  }
  return success();
}

}  // namespace foldersync
