#include "planner/planner.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "fs/stop.h"
#include "plan/arrange.h"
#include "plan/guard.h"
#include "plan/order.h"
#include "planner/move_finder.h"
#include "planner/pair_planner.h"
#include "scan/walker.h"

namespace foldersync {
namespace {

// What one of `threads` threads may hold in memory.
Spooling share_of(Spooling whole, std::size_t threads) {
  whole.memory_bytes /= threads;
  whole.run_actions = std::max<std::size_t>(whole.run_actions / threads, 1);
  return whole;
}

class Workers final : public PairVisitor {
 public:
  Workers(const PlanningContext& context, const Spooling& whole, const WalkOptions& walk) {
    const std::size_t most = widest(walk);
    planners_.reserve(most);
    // Those that may never come to work do not make the runs of the others shorter.
    for (std::size_t i = 0; i < most; ++i) {
      planners_.emplace_back(context, share_of(whole, i < walk.threads ? walk.threads : most));
    }
  }

  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children) override {
    return planners_[pair.worker].visit(pair, children);
  }

  // The actions of all; once, before gathered().
  Result<std::vector<ActionRuns>> take_runs() {
    std::vector<ActionRuns> all;
    for (PairPlanner& planner : planners_) {
      auto runs = TRY(planner.take_runs());
      all.push_back(std::move(runs));
    }
    return all;
  }

  // All findings in one, but for the actions; once.
  Findings gathered() {
    Findings all = std::move(planners_.front().findings());
    for (std::size_t i = 1; i < planners_.size(); ++i) append(all, planners_[i].findings());
    return all;
  }

 private:
  template <class T>
  static void move_to(std::vector<T>& all, std::vector<T>& part) {
    all.insert(all.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
  }

  static void append(Findings& all, Findings& part) {
    move_to(all.replaced, part.replaced);
    move_to(all.doubtful, part.doubtful);
    move_to(all.linked, part.linked);
    move_to(all.problems, part.problems);
    move_to(all.skipped, part.skipped);
    move_to(all.kept, part.kept);
    move_to(all.source_mounts, part.source_mounts);
    move_to(all.unread_directories, part.unread_directories);
    move_to(all.unread_files, part.unread_files);
    move_to(all.leftovers, part.leftovers);
    all.hides = all.hides || part.hides;
    note_first(all.unheld_xattrs, part.unheld_xattrs);
    note_first(all.untold_target, part.untold_target);
    all.asked_for_whole_seconds |= part.asked_for_whole_seconds;
    move_to(all.decayed, part.decayed);
    move_to(all.accepted, part.accepted);
    move_to(all.held, part.held);
    move_to(all.sound_again, part.sound_again);
    all.unchanged += part.unchanged;
    all.replica_entries += part.replica_entries;
    all.source_entries += part.source_entries;
    all.source_directories += part.source_directories;
  }

  std::vector<PairPlanner> planners_;
};

// The root itself, where there is no replica yet.
void add_root_creation(const PlanRequest& request, std::vector<Action>& actions) {
  const FileStatus source = as_wanted(request.roots.source.status, nullptr, request.policy);
  const bool has_time = !request.policy.fields.omit_dir_times;
  const Facts made = wanted_facts(source, {}, nullptr, request.policy);
  Facts finished = made;
  want_time(finished, source, request.policy);
  const Reason reason = has_time ? Reason::kMtime : Reason::kChildren;
  actions.push_back(action_of(Op::kCreate, {}, {Reason::kMissing}, {}, made));
  actions.push_back(finish_of({}, {reason}, made, std::move(finished)));
}

// The staging folder comes and goes in the root, so the root's time has to be put right whenever
// anything is done. Requires: there is a replica.
Action root_finish(const PlanRequest& request) {
  const FileStatus& replica = request.roots.replica->status;
  const FileStatus source = as_wanted(request.roots.source.status, &replica, request.policy);
  Facts after = wanted_facts(source, {}, &replica, request.policy);
  want_time(after, source, request.policy);
  return finish_of({}, {Reason::kChildren}, found_facts(replica, {}, request.policy),
                   std::move(after));
}

void sort_problems(PlanHeader& plan) {
  std::sort(plan.problems.begin(), plan.problems.end(), [](const Problem& a, const Problem& b) {
    if (a.path != b.path) return a.path < b.path;
    return a.side < b.side;
  });
  std::sort(plan.skipped.begin(), plan.skipped.end(),
            [](const Skipped& a, const Skipped& b) { return a.path < b.path; });
}

// What may not be moved.
std::vector<RelPath> immovable(const Findings& findings) {
  std::vector<RelPath> paths;
  for (const LinkedEntry& entry : findings.linked) paths.push_back(entry.path);
  for (const Problem& problem : findings.problems) paths.push_back(problem.path);
  for (const Skipped& skipped : findings.skipped) paths.push_back(skipped.path);
  return paths;
}

// Takes out of the plan what may be all that is left of what can't be read.
Status hold_back(const PlanRequest& request, const Spooling& spooling, Findings& findings,
                 Arranged& arranged) {
  if (request.options.delete_anyway || !request.roots.replica) return success();
  const bool all = holds_all(request.unread_before, findings.unread_directories);
  if (!all && findings.unread_files.empty()) return success();
  const auto held =
      TRY(find_held(arranged, all, findings.unread_files, request.policy.limits.times));
  if (held.empty()) return success();
  auto rest = TRY(without(arranged, held, spooling));
  rest.unchanged += arranged.unchanged;
  rest.blocked.insert(rest.blocked.end(), arranged.blocked.begin(), arranged.blocked.end());
  for (const RelPath& path : held) findings.skipped.push_back({path, std::string(kHeld)});
  arranged = std::move(rest);
  return success();
}

// What one name of a file has shown is true of all: none of them is carried over.
void hold_other_names(Findings& findings) {
  std::vector<ObjectId>& decayed = findings.decayed;
  if (decayed.empty()) return;
  std::sort(decayed.begin(), decayed.end());
  std::erase_if(findings.linked, [&](const LinkedEntry& entry) {
    if (!entry.source || !std::binary_search(decayed.begin(), decayed.end(), *entry.source)) {
      return false;
    }
    findings.add_problem(Side::kSource, entry.path, system_error(kDecayProblem, EBADMSG));
    return true;
  });
}

Result<StoredPlan> assemble(const PlanRequest& request, const PlanningContext& context,
                            const Spooling& spooling, std::vector<ActionRuns> runs,
                            Findings findings) {
  hold_other_names(findings);
  std::vector<RelPath> blocked = immovable(findings);
  auto links =
      TRY(group_links(std::move(findings.linked), request.policy.limits.most_names, spooling.heed));
  Unarranged found;
  found.runs = std::move(runs);
  found.more = std::move(links.actions);
  found.kept = std::move(findings.kept);
  found.replaced = std::move(findings.replaced);
  found.doubtful = std::move(findings.doubtful);
  if (request.roots.replica) {
    if (!request.policy.fields.omit_dir_times) found.root_finish = root_finish(request);
  } else {
    add_root_creation(request, found.more);
  }
  auto arranged = TRY(arrange(std::move(found), spooling));
  // Files that are the same have the same time.
  if (request.roots.replica && request.policy.gives_time(FileType::kFile)) {
    TRY(find_moves({context, request.source, *request.replica, std::move(blocked), request.opened,
                    request.threads, request.stop, spooling},
                   arranged));
  }
  TRY(hold_back(request, spooling, findings, arranged));

  StoredPlan plan;
  plan.source.path = request.roots.source.path;
  plan.source.identity = request.roots.source.identity;
  plan.replica.path = request.roots.replica_path;
  if (request.roots.replica) plan.replica.identity = request.roots.replica->identity;
  plan.options = request.options;
  plan.problems = std::move(findings.problems);
  plan.skipped = std::move(findings.skipped);
  for (const RelPath& path : arranged.blocked) {
    plan.problems.push_back({Side::kReplica, path, ENOTEMPTY, "replace"});
  }
  sort_problems(plan);
  plan.actions = std::move(arranged.actions);
  plan.summary = arranged.summary;
  plan.summary.unchanged = findings.unchanged + links.unchanged + arranged.unchanged;
  plan.summary.problems = plan.problems.size();
  plan.guards = counting_guards(request.options, arranged.counts, findings.replica_entries);
  for (const std::string& name : request.options.require) {
    const bool exists = has_entry(request.source, RelPath(name));
    plan.guards.push_back(require_guard(name, exists));
  }
  return plan;
}

Policy policy_that_reads(Policy policy) {
  policy.checksum = true;
  return policy;
}

Result<Planned> look_and_plan(const PlanRequest& request) {
  const Roots& roots = request.roots;
  const Remembered remembered =
      request.options.reads_all() ? Remembered::kIsReadAgain : Remembered::kIsBelieved;
  PlanningContext context{
      .options = request.options,
      .policy = request.policy,
      .reading_policy = policy_that_reads(request.policy),
      .filter = request.filter,
      .source_root = roots.source.status,
      .replica_root = {},
      .source_hashes = cached_tree(request.source_cache, roots.source, remembered),
      .replica_hashes = {},
      .names_equal_content = request.names_equal_content,
      .stop = request.stop,
      .compares_capabilities = request.compares_capabilities,
      .doubts = request.doubts};
  if (request.policy.limits != FileSystemLimits{}) {
    context.unlimited = request.policy;
    context.unlimited->limits = {};
  }
  PairToVisit root{{}, roots.source.status, std::nullopt, {}};
  if (roots.replica) {
    context.replica_root = roots.replica->status;
    context.is_one_system = is_one_system(roots.source, *roots.replica);
    root.replica = roots.replica->status;
    root.replica_range = link_range_in(*root.replica);
    context.replica_hashes = cached_tree(request.replica_cache, *roots.replica, remembered);
  }
  Spooling spooling = request.spooling;
  spooling.heed = [stop = request.stop] { return heed(stop, "arrange"); };
  const WalkOptions walk{request.threads, request.stop, request.most_threads};
  Workers workers(context, spooling, walk);
  TRY(walk_pairs({&request.source, request.replica, std::move(root)}, walk, workers));
  auto runs = TRY(workers.take_runs());
  Findings findings = workers.gathered();
  Planned planned;
  planned.leftovers = std::move(findings.leftovers);
  planned.hides = findings.hides;
  planned.unheld_xattrs = std::move(findings.unheld_xattrs);
  planned.untold_target = std::move(findings.untold_target);
  planned.source_mounts = std::move(findings.source_mounts);
  planned.asked_for_whole_seconds = findings.asked_for_whole_seconds;
  planned.accepted = std::move(findings.accepted);
  planned.held = std::move(findings.held);
  planned.sound_again = std::move(findings.sound_again);
  planned.source_entries = findings.source_entries;
  planned.source_files = findings.source_entries - findings.source_directories;
  planned.replica_entries = findings.replica_entries;
  for (const RelPath& path : findings.unread_directories) planned.unread.push_back(path.bytes());
  std::sort(planned.unread.begin(), planned.unread.end());
  std::sort(
      planned.source_mounts.begin(), planned.source_mounts.end(),
      [](const KnownMount& a, const KnownMount& b) { return compare_paths(a.path, b.path) < 0; });
  auto plan = assemble(request, context, spooling, std::move(runs), std::move(findings));
  if (!plan) return std::move(plan).error();
  planned.plan = std::move(*plan);
  return planned;
}

}  // namespace

Result<Planned> make_plan(const PlanRequest& request) {
  auto planned = look_and_plan(request);
  if (request.opened == nullptr) return planned;
  const auto left_open = request.opened->close_all();
  if (!planned || left_open.empty()) return planned;
  for (const Error& error : left_open) {
    planned->plan.problems.push_back(
        {Side::kReplica, RelPath::from_bytes(error.path), error.error_number, "close again"});
  }
  sort_problems(planned->plan);
  planned->plan.summary.problems = planned->plan.problems.size();
  return planned;
}

}  // namespace foldersync
