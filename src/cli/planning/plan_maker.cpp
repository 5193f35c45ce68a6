#include "cli/planning/plan_maker.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <thread>

#include "apply/stage/space.h"
#include "cli/console/console.h"
#include "cli/walls/rights.h"
#include "core/text.h"
#include "filter/rule_advice.h"
#include "fs/clock.h"
#include "fs/named_path.h"
#include "fs/stop.h"
#include "plan/guard.h"
#include "plan/room.h"
#include "scan/local_tree.h"
#include "scan/opened_for_plan.h"

namespace foldersync {
namespace {

// Threads that nobody asked for. So many read a tree that is not in memory, too.
constexpr std::size_t kMostUnasked = 16;

std::vector<std::uint32_t> own_groups() {
  constexpr gid_t kUnmapped = 65534;
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(0, count)));
  if (!maps_all_groups()) std::erase(groups, kUnmapped);
  groups.push_back(::getegid());
  std::sort(groups.begin(), groups.end());
  return groups;
}

// A list that was cut off must not take most of the replica with it.
constexpr Limit kMostGoneByAList{.amount = 50, .is_percent = true};

}  // namespace

ThreadCounts thread_counts(const CommonOptions& options) {
  if (options.threads != 0) return {.usual = options.threads, .most = options.threads};
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  return {.usual = std::min(processors, kMostUnasked), .most = kMostUnasked};
}

ThreadCounts thread_counts(ThreadCounts counts, const Root& source, const Root* replica) {
  const bool is_far = source.sharing == Sharing::kShared ||
                      (replica != nullptr && replica->sharing == Sharing::kShared);
  if (is_far) counts.usual = counts.most;
  return counts;
}

std::string part_of(const PlanOptions& options) {
  std::string part = std::to_string(options.min_age) + " " + std::to_string(options.max_size) +
                     (options.one_file_system ? " one" : " all");
  for (const std::string& rule : options.rules) part += "\n" + rule;
  // What is listed may be another selection each time: it is held against the last one.
  if (options.listed > 0) part += "\nlisted";
  if (options.exclude_caches) part += "\ncaches";
  for (const std::string& name : options.exclude_if_present) part += "\nbeside/" + name;
  for (const std::string& name : options.filter_file) part += "\nrules in/" + name;
  return part;
}

Policy policy_for(const FileSystemLimits& limits) {
  return {.as_root = may_give_owners(),
          .uid = ::geteuid(),
          .gid = ::getegid(),
          .limits = limits,
          .groups = own_groups(),
          .may_make_devices = may_make_devices()};
}

Policy policy_for(const FileSystemLimits& limits, const PlanOptions& options, std::uint32_t umask) {
  Policy policy = policy_for(limits);
  policy.checksum = options.checksum;
  policy.no_setid = options.no_setid;
  policy.fields = options.fields;
  policy.umask = umask;
  return policy;
}

NewReplica new_replica(const Root& source, const PlanOptions& options, std::uint32_t umask) {
  const Policy policy = policy_for(FileSystemLimits{}, options, umask);
  return {as_wanted(source.status, nullptr, policy), options.fields.no_perms};
}

Result<PlanMaker> PlanMaker::make(FileSystem& fs, KeptState& state, const PlanningOptions& planning,
                                  ThreadCounts threads) {
  PlanMaker maker(fs, state, planning, threads);
  maker.filter_ = TRY(Filter::of(planning.plan, {}, planning.filter));
  return maker;
}

Policy PlanMaker::policy_here(const Roots& roots) const {
  return policy_for(roots.replica ? state_.known_limits(*roots.replica) : FileSystemLimits{},
                    options_.plan, options_.umask);
}

Result<Verified> PlanMaker::verify(const Roots& roots, const std::vector<std::string>& left_out,
                                   const Reading& reading, const std::atomic<bool>& stop) {
  filter_.set_time(wall_clock_now());
  const LocalTree source = tree_of(roots.source);
  std::optional<LocalTree> replica;
  if (roots.replica) replica.emplace(tree_of(*roots.replica));
  VerifyRequest request{.trees = {.roots = roots,
                                  .source = source,
                                  .replica = replica ? &*replica : nullptr,
                                  .options = options_.plan,
                                  .policy = policy_here(roots),
                                  .filter = filter_,
                                  .source_cache = state_.cache(),
                                  .replica_cache = state_.cache(),
                                  // One goes on without a gap, and leaves the machine to others.
                                  .threads = reading.stretch.is_bounded() ? 1 : threads_.usual,
                                  .stop = &stop},
                        .stretch = reading.stretch,
                        .pace = reading.pace,
                        .read = reading.counts};
  request.trees.options.left_out = left_out;
  return foldersync::verify(request);
}

// Null where there are none.
const Doubts* PlanMaker::doubts_about(const Root& source) {
  doubts_.accepted = options_.accept_changed;
  doubts_.held.clear();
  if (state_.memory() != nullptr) {
    const auto held = held_files(*state_.memory(), source.identity);
    if (!held) state_.warn_once(unknown_memory(describe(held.error())));
    for (const HeldFile& file : held ? *held : std::vector<HeldFile>()) {
      doubts_.held[{file.stamp.size, file.stamp.mtime}].push_back(file);
    }
  }
  return doubts_.is_empty() ? nullptr : &doubts_;
}

// A rule that can't match is most often a mistake, and what it was to leave out is mirrored.
void PlanMaker::advise_on_rules(const std::string& source) {
  for (const RuleAdvice& advice : advice_on(options_.plan.rules, source)) {
    const std::string& rule = options_.plan.rules[advice.index];
    state_.warn_once("rule '" + escaped(rule) + "' (" +
                     escaped(options_.filter.rules[advice.index]) + ") " + advice.text);
  }
}

Result<Planned> PlanMaker::plan(const Roots& roots, const std::vector<std::string>& left_out,
                                EqualContent equal, const std::atomic<bool>& stop,
                                const UnreadBefore& unread_before) {
  stop_ = &stop;
  advise_on_rules(roots.source.path);
  const FileTime now = wall_clock_now();
  filter_.set_time(now);
  Policy policy = policy_here(roots);
  policy.last_look = unread_before.last_look;
  policy.source_is_local = roots.source.sharing != Sharing::kShared;
  const LocalTree source = tree_of(roots.source);
  std::optional<OpenedForPlan> opened;
  std::optional<LocalTree> replica;
  if (roots.replica) {
    opened.emplace(*roots.replica);
    replica.emplace(tree_of(*roots.replica, &*opened));
  }
  const ThreadCounts threads =
      thread_counts(threads_, roots.source, roots.replica ? &*roots.replica : nullptr);
  PlanRequest request{.trees = {.roots = roots,
                                .source = source,
                                .replica = replica ? &*replica : nullptr,
                                .options = options_.plan,
                                .policy = policy,
                                .filter = filter_,
                                .source_cache = state_.cache(),
                                .replica_cache = state_.cache(),
                                .threads = threads.usual,
                                .stop = &stop,
                                .counts = counts_},
                      .opened = opened ? &*opened : nullptr,
                      .unread_before = unread_before,
                      .spooling = state_.spooling(),
                      .most_threads = threads.most,
                      .names_equal_content = equal == EqualContent::kNamed,
                      .doubts = doubts_about(roots.source)};
  request.compares_capabilities = policy.as_root && roots.replica && state_.memory() != nullptr &&
                                  !are_capabilities_known(*state_.memory(), roots.replica->identity,
                                                          part_of(request.trees.options));
  const MirroredFields& fields = options_.plan.fields;
  request.trees.options.owners = policy.owners() && !(fields.no_owner && fields.no_group);
  request.trees.options.left_out = left_out;
  request.trees.options.replica_limits = policy.limits;
  if (options_.plan.listed > 0 && options_.plan.delete_excluded && !options_.plan.max_delete) {
    request.trees.options.max_delete = kMostGoneByAList;
  }
  auto planned = make_plan(request);
  const bool has_trouble = !planned || !planned->plan.problems.empty();
  if (has_trouble && !(!planned && planned.error().code == ErrorCode::kStopped)) {
    TRY(still_there(roots.source, roots.replica ? &*roots.replica : nullptr));
  }
  if (!planned) return planned;
  planned->plan.tool_version = FOLDERSYNC_VERSION;
  planned->plan.created = now;
  planned->plan.plan_id = make_plan_id(now);
  return planned;
}

Spooling PlanMaker::spooling() const {
  Spooling spooling = state_.spooling();
  spooling.heed = [stop = stop_] { return heed(stop, "plan"); };
  return spooling;
}

Status PlanMaker::make_room(const Roots& roots, StoredPlan& plan, const Applied& applied) const {
  const bool is_shown =
      applied.lacks_room && !applied.atomic && options_.delete_first == When::kAuto;
  const bool is_asked = options_.delete_first == When::kAlways || is_shown;
  const bool may_be = options_.delete_first == When::kAuto && options_.check_space && !is_shown;
  if (is_asked) {
    RoomFirst room = TRY(delete_first(plan.actions, plan.options.replica_limits.times, spooling()));
    plan.actions = std::move(room.actions);
    plan.options.delete_first = true;
  }
  if (!may_be || !roots.replica || plan.summary.remove == 0) return success();
  const bool keeps_old =
      !applied.backup_folder.empty() && keeps_beside(fs_, applied.backup_folder, *roots.replica);
  const LocalTree source = tree_of(roots.source);
  auto room = TRY(find_room({.fs = *roots.replica->fs,
                             .source = roots.source,
                             .source_tree = source,
                             .replica = roots.replica->fd.get(),
                             .replica_file_system = roots.replica->file_system,
                             .atomic = applied.atomic,
                             .keeps_old = keeps_old,
                             .times = plan.options.replica_limits.times,
                             .stop = stop_},
                            plan.actions, spooling()));
  if (!room) return success();
  plan.actions = std::move(room->actions);
  plan.options.delete_first = true;
  plan.guards.push_back(room->guard);
  return success();
}

Status PlanMaker::add_space_guard(const Roots& roots, StoredPlan& plan) const {
  if (!options_.check_space) return success();
  // A replica that is to be made will lie where its parent does.
  const std::string above = roots.replica ? roots.replica_path : folder_above(roots);
  const auto folder = open_named_folder(fs_, above);
  if (!folder) return success();
  const auto file_system = fs_.file_system_id(folder->get());
  const LocalTree source = tree_of(roots.source);
  WindowLimits windows;
  windows.clears_apart = plan.options.delete_first;
  const auto guard = TRY(ask_space({.fs = fs_,
                                    .source = roots.source,
                                    .source_tree = source,
                                    .replica = folder->get(),
                                    .replica_file_system = file_system ? *file_system : "",
                                    .windows = windows,
                                    .stop = stop_},
                                   plan.actions));
  if (!guard) return success();
  const auto before = std::find_if(plan.guards.begin(), plan.guards.end(), makes_room);
  plan.guards.insert(before, *guard);
  return success();
}

Status check_required(const Root& source, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const Guard guard = require_guard(name, has_entry(tree_of(source), RelPath(name)));
    if (guard.refused) return refused_error("compare", explain(guard)).at(source.path);
  }
  return success();
}

std::string make_plan_id(FileTime now) {
  std::array<unsigned char, 16> id{};
  if (::getrandom(id.data(), id.size(), 0) < 0) id.fill(static_cast<unsigned char>(::getpid()));
  const auto milliseconds =
      static_cast<std::uint64_t>(now.seconds) * 1000 + now.nanoseconds / 1'000'000;
  for (std::size_t i = 0; i < 6; ++i) {
    id[i] = static_cast<unsigned char>(milliseconds >> (8 * (5 - i)));
  }
  id[6] = static_cast<unsigned char>((id[6] & 0x0FU) | 0x70U);
  id[8] = static_cast<unsigned char>((id[8] & 0x3FU) | 0x80U);
  std::string text = to_hex(id);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace foldersync
