#include "fault/mirror.h"

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <span>

#include "apply/backup/backup.h"
#include "apply/recovery/leftovers.h"
#include "apply/recovery/lock.h"
#include "apply/recovery/recover.h"
#include "format/errno_name.h"
#include "format/json.h"
#include "planner/planner.h"
#include "scan/local_tree.h"
#include "scan/roots.h"
#include "support/kept_keys.h"

namespace foldersync {

void ReportRecorder::report(const ActionReport& report) {
  if (on_report_) on_report_(report);
  ++times_[report.seq];
  said_.push_back({report.action->path.shown(), report.action->op, report.outcome, report.error,
                   report.drifts, report.grown, report.vanished});
}

bool MirrorRun::is_success() const {
  if (error || conflicts || !plan || !plan->complete()) return false;
  for (const Said& one : said) {
    const bool is_well = one.outcome == Outcome::kOk || one.outcome == Outcome::kAlready;
    if (!is_well && !one.vanished) return false;
  }
  return true;
}

bool MirrorRun::has_reported_each_action_once() const {
  if (!plan) return said.empty();
  if (times.size() != plan->actions.size()) return false;
  for (const auto& [seq, count] : times) {
    if (count != 1) return false;
  }
  return true;
}

Said MirrorRun::of(const std::string& path) const {
  for (const Said& one : said) {
    if (one.path == path) return one;
  }
  ADD_FAILURE() << "nothing was said of " << path << troubles();
  return {};
}

std::string MirrorRun::troubles() const {
  std::string text;
  const auto add = [&](const Error& wrong) {
    text += std::string(wrong.operation) + " '" + wrong.path + "' " + wrong.detail + " " +
            errno_name(wrong.error_number);
  };
  if (error) add(*error);
  for (const Said& one : said) {
    if (one.outcome == Outcome::kOk || one.outcome == Outcome::kAlready) continue;
    text += std::string("\n  ") + to_string(one.outcome) + " " + to_string(one.op) + " " +
            one.path + ": ";
    if (one.error) add(*one.error);
    for (const Drift& drift : one.drifts) {
      text += std::string(to_string(drift.side)) + " " + drift.difference.field + " expected " +
              drift.difference.expected + " found " + drift.difference.found + "; ";
    }
  }
  for (const std::string& sentence : warnings) text += "\n  warning: " + sentence;
  if (plan) {
    for (const Problem& problem : plan->problems) {
      text += std::string("\n  problem: ") + to_string(problem.side) + " " + problem.path.shown() +
              " " + problem.doing + " " + errno_name(problem.error_number);
    }
  }
  return text;
}

Policy policy_of_this_process() {
  return {::geteuid() == 0, true, ::geteuid(), ::getegid(), false, {}};
}

namespace {

Policy policy_for(const MirrorOptions& options) {
  Policy policy = policy_of_this_process();
  policy.limits = options.limits;
  return policy;
}

// Applies the plan of `run`.
void apply(FileSystem& fs, const Roots& roots, const MirrorOptions& options, MirrorRun& run) {
  if (options.before_apply) options.before_apply();
  ReportRecorder recorder;
  recorder.on_report_ = options.on_report;
  const Filter filter;
  const auto plan = stored(*run.plan);
  if (!plan) return void(run.error = plan.error());
  const LocalTree source = tree_without(roots.source, *roots.replica);
  ApplyRequest apply{.fs = fs,
                     .source = roots.source,
                     .source_tree = source,
                     .replica = *roots.replica,
                     .plan = *plan,
                     .policy = policy_for(options),
                     .filter = filter,
                     .observer = recorder,
                     .keys = test::kept_keys()};
  apply.threads = options.threads;
  apply.follow_source = options.follow_source;
  apply.dry_run = options.dry_run;
  apply.atomic = options.atomic;
  apply.durable = options.durable;
  apply.windows = options.windows;
  apply.stop = options.stop;
  if (options.backup_folder) {
    apply.backup = BackupOrder{*options.backup_folder,
                               "01935000-0000-7000-8000-000000000001",
                               {},
                               "0",
                               options.backup_identity};
  }
  apply.earlier_backup = options.earlier_backup;
  const auto applied = apply_plan(apply);
  if (!applied) run.error = applied.error();
  if (applied) run.backup = applied->backup;
  if (applied) run.times_moved = applied->times_moved;
  if (applied) run.conflicts = run.conflicts || applied->staging_left;
  run.times = std::move(recorder.times_);
  run.said = std::move(recorder.said_);
  run.warnings = std::move(recorder.warnings_);
}

}  // namespace

MirrorRun mirror(FileSystem& fs, const std::string& source, const std::string& replica,
                 const MirrorOptions& options) {
  MirrorRun run;
  auto roots = open_roots(fs, {source, replica, {"/"}});
  if (!roots) return run.error = roots.error(), run;
  if (!options.dry_run) {
    if (!roots->replica) {
      if (Status made = create_replica(fs, *roots, {roots->source.status}); !made)
        return run.error = made.error(), run;
    }
    if (const auto locked = lock_replica(fs, *roots->replica, {}); !locked) {
      return run.error = locked.error(), run;
    }
    ReportRecorder warnings;
    const auto recovered = recover({fs, *roots->replica, policy_for(options), warnings,
                                    test::kept_keys(), Recovery::kFinish, false, true});
    if (!recovered) return run.error = recovered.error(), run;
    run.conflicts = recovered->conflicts;
    // What was removed may have changed the folder itself.
    const auto now = fs.status(roots->replica->fd.get());
    if (!now) return run.error = now.error(), run;
    roots->replica->status = *now;
  }
  const Filter filter;
  const LocalTree source_tree = tree_of(roots->source);
  std::optional<LocalTree> replica_tree;
  if (roots->replica) replica_tree.emplace(tree_of(*roots->replica));
  PlanRequest request{.trees = {.roots = *roots,
                                .source = source_tree,
                                .replica = replica_tree ? &*replica_tree : nullptr,
                                .options = options.plan,
                                .policy = policy_for(options),
                                .filter = filter,
                                .threads = options.threads}};
  request.trees.options.owners = request.trees.policy.owners();
  auto planned = make_plan(request);
  if (planned && !planned->leftovers.empty() && !options.dry_run) {
    const std::atomic<bool> never{false};
    const auto cleared = clear_leftovers(*roots->replica, test::kept_keys(), planned->leftovers,
                                         options.stop != nullptr ? *options.stop : never);
    if (!cleared) return run.error = cleared.error(), run;
    if (cleared->cleared) planned = make_plan(request);
  }
  if (!planned) return run.error = planned.error(), run;
  auto plan = in_memory(planned->plan);
  if (!plan) return run.error = plan.error(), run;
  run.plan = std::move(*plan);
  run.plan->tool_version = "0";
  run.plan->plan_id = "01935000-0000-7000-8000-000000000000";
  apply(fs, *roots, options, run);
  return run;
}

MirrorRun apply_given(FileSystem& fs, Plan plan, const std::string& source,
                      const std::string& replica, const MirrorOptions& options) {
  MirrorRun run;
  const auto roots = open_roots(fs, {source, replica, {}});
  if (!roots) return run.error = roots.error(), run;
  run.plan = std::move(plan);
  MirrorOptions reviewed = options;
  reviewed.follow_source = false;
  apply(fs, *roots, reviewed, run);
  return run;
}

MirrorRun take_back(FileSystem& fs, const std::string& folder, const std::string& replica,
                    const MirrorOptions& options) {
  MirrorRun run;
  auto roots = open_roots(fs, {folder + "/" + kBackupTree, replica, {}});
  if (!roots) return run.error = roots.error(), run;
  std::ifstream document(folder + "/" + kUndoFile, std::ios::binary);
  auto undo = read_small_plan([&](std::span<char> buffer) -> Result<std::size_t> {
    document.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    return static_cast<std::size_t>(document.gcount());
  });
  if (!undo) return run.error = undo.error(), run;
  run.plan = std::move(*undo);
  MirrorOptions reviewed = options;
  reviewed.follow_source = false;
  apply(fs, *roots, reviewed, run);
  return run;
}

MirrorTest::MirrorTest()
    : outside_before_{{".", directory()}, {"secret", file("secret of others")}} {
  plant(outside_before_, outside_);
}

MirrorTest::~MirrorTest() {
  EXPECT_EQ(tree_differences(outside_before_, read_tree(outside_)), std::vector<std::string>())
      << "something outside of both folders was touched";
}

void MirrorTest::expect_exact_copy() const {
  EXPECT_EQ(tree_differences(read_tree(source_), read_tree(replica_)), std::vector<std::string>());
}

void MirrorTest::expect_converges(const MirrorOptions& options) {
  const MirrorRun second = run(options);
  EXPECT_TRUE(second.is_success()) << second.troubles();
  expect_exact_copy();
  const MirrorRun third = run(options);
  EXPECT_TRUE(third.is_success()) << third.troubles();
  ASSERT_TRUE(third.plan);
  EXPECT_EQ(third.said.size(), 0U) << third.said.front().path;
}

}  // namespace foldersync
