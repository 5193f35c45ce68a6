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
    move_to(all.in_place, part.in_place);
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
void add_root_creation(const ComparedTrees& trees, std::vector<Action>& actions) {
  const FileStatus source = as_wanted(trees.roots.source.status, nullptr, trees.policy);
  const bool has_time = !trees.policy.fields.omit_dir_times;
  const Facts made = wanted_facts(source, {}, nullptr, trees.policy);
  Facts finished = made;
  want_time(finished, source, trees.policy);
  const Reason reason = has_time ? Reason::kMtime : Reason::kChildren;
  actions.push_back(action_of(Op::kCreate, {}, {Reason::kMissing}, {}, made));
  actions.push_back(finish_of({}, {reason}, made, std::move(finished)));
}

// The staging folder comes and goes in the root, so the root's time has to be put right whenever
// anything is done. Requires: there is a replica.
Action root_finish(const ComparedTrees& trees) {
  const FileStatus& replica = trees.roots.replica->status;
  const FileStatus source = as_wanted(trees.roots.source.status, &replica, trees.policy);
  Facts after = wanted_facts(source, {}, &replica, trees.policy);
  want_time(after, source, trees.policy);
  return finish_of({}, {Reason::kChildren}, found_facts(replica, {}, trees.policy),
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
  std::vector<RelPath> paths = findings.in_place;
  for (const LinkedEntry& entry : findings.linked) paths.push_back(entry.path);
  for (const Problem& problem : findings.problems) paths.push_back(problem.path);
  for (const Skipped& skipped : findings.skipped) paths.push_back(skipped.path);
  return paths;
}

// Takes out of the plan what may be all that is left of what can't be read.
Status hold_back(const PlanRequest& request, const Spooling& spooling, Findings& findings,
                 Arranged& arranged) {
  if (request.trees.options.delete_anyway || !request.trees.roots.replica) return success();
  const bool all = holds_all(request.unread_before, findings.unread_directories);
  if (!all && findings.unread_files.empty()) return success();
  const auto held =
      TRY(find_held(arranged, all, findings.unread_files, request.trees.policy.limits.times));
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
  const ComparedTrees& trees = request.trees;
  hold_other_names(findings);
  std::vector<RelPath> blocked = immovable(findings);
  auto links =
      TRY(group_links(std::move(findings.linked), trees.policy.limits.most_names, spooling.heed));
  Unarranged found;
  found.runs = std::move(runs);
  found.more = std::move(links.actions);
  found.kept = std::move(findings.kept);
  found.replaced = std::move(findings.replaced);
  found.doubtful = std::move(findings.doubtful);
  if (trees.roots.replica) {
    if (!trees.policy.fields.omit_dir_times) found.root_finish = root_finish(trees);
  } else {
    add_root_creation(trees, found.more);
  }
  auto arranged = TRY(arrange(std::move(found), spooling));
  // Files that are the same have the same time.
  if (trees.roots.replica && trees.policy.gives_time(FileType::kFile)) {
    TRY(find_moves({context, trees.source, *trees.replica, std::move(blocked), request.opened,
                    trees.threads, trees.stop, spooling},
                   arranged));
  }
  TRY(hold_back(request, spooling, findings, arranged));

  StoredPlan plan;
  plan.source.path = trees.roots.source.path;
  plan.source.identity = trees.roots.source.identity;
  plan.replica.path = trees.roots.replica_path;
  if (trees.roots.replica) plan.replica.identity = trees.roots.replica->identity;
  plan.options = trees.options;
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
  plan.guards = counting_guards(trees.options, arranged.counts, findings.replica_entries);
  for (const std::string& name : trees.options.require) {
    const bool exists = has_entry(trees.source, RelPath(name));
    plan.guards.push_back(require_guard(name, exists));
  }
  return plan;
}

Result<Planned> look_and_plan(const PlanRequest& request) {
  const ComparedTrees& trees = request.trees;
  PlanningContext context = context_of(
      trees, trees.options.reads_all() ? Remembered::kIsReadAgain : Remembered::kIsBelieved);
  context.names_equal_content = request.names_equal_content;
  context.compares_capabilities = request.compares_capabilities;
  context.reading_policy.checksum = true;
  context.doubts = request.doubts;
  if (trees.policy.limits != FileSystemLimits{}) {
    context.unlimited = trees.policy;
    context.unlimited->limits = {};
  }
  Spooling spooling = request.spooling;
  spooling.heed = [stop = trees.stop] { return heed(stop, "arrange"); };
  const WalkOptions walk{trees.threads, trees.stop, request.most_threads};
  Workers workers(context, spooling, walk);
  TRY(walk_pairs({&trees.source, trees.replica, pair_of(trees.roots)}, walk, workers));
  auto runs = TRY(workers.take_runs());
  Findings findings = workers.gathered();
  Planned planned;
  static_cast<Noticed&>(planned) = static_cast<Noticed&>(findings);
  planned.source_files = findings.source_entries - findings.source_directories;
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
