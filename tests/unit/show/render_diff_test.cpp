#include "show/render_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "plan/order.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

using testing::HasSubstr;

struct Compared {
  PlanDifference found;
  std::string text;  // without the two title lines
};

Compared compared(const Plan& before, const Plan& after) {
  Compared result;
  const ActionStream old_actions = stream_of(before.actions);
  const ActionStream new_actions = stream_of(after.actions);
  const auto found = render_diff({before, old_actions, "old"}, {after, new_actions, "new"},
                                 Colour::kOff, [&](std::string_view piece) {
                                   result.text += piece;
                                   return success();
                                 });
  EXPECT_TRUE(found);
  if (found) result.found = *found;
  for (int line = 0; line < 2; ++line) result.text.erase(0, result.text.find('\n') + 1);
  return result;
}

TEST(Diff, APlanIsEqualToItselfWhateverItsIdAndTime) {
  for (unsigned seed = 0; seed < 5; ++seed) {
    const Plan plan = test::PlanMaker(seed).make(50);
    Plan other = plan;
    other.plan_id.back() = '0';
    other.created.seconds += 1;
    other.tool_version = "2.0.0";
    other.summary.unchanged += 1;
    const Compared result = compared(plan, other);
    EXPECT_FALSE(result.found.any());
    EXPECT_EQ(result.found.equal, plan.actions.size());
    EXPECT_EQ(result.text.find("No differences: "), 0U) << result.text;
  }
}

TEST(Diff, TellsInWhatEachFieldOfTheHeaderDiffers) {
  const std::vector<std::pair<std::function<void(Plan&)>, std::string>> changes{
      {[](Plan& plan) { plan.kind = PlanKind::kUndo; }, "- kind mirror\n+ kind undo\n"},
      {[](Plan& plan) { plan.source.path = "/x"; }, "- source /data/src\n+ source /x\n"},
      {[](Plan& plan) { plan.replica.identity = "i"; },
       "- replica identity \n+ replica identity i\n"},
      {[](Plan& plan) { plan.options.checksum = true; }, "+ --checksum\n"},
      {[](Plan& plan) { plan.options.pin = true; }, "+ --pin\n"},
      {[](Plan& plan) { plan.options.xattrs = true; }, "+ --xattrs\n"},
      {[](Plan& plan) { plan.options.remove_extra = false; }, "+ --no-delete\n"},
      {[](Plan& plan) { plan.options.delete_excluded = true; }, "+ --delete-excluded\n"},
      {[](Plan& plan) { plan.options.one_file_system = true; }, "+ --one-file-system\n"},
      {[](Plan& plan) { plan.options.cross_mounts = true; }, "+ --cross-mounts\n"},
      {[](Plan& plan) { plan.options.owners = true; }, "+ owners mirrored\n"},
      {[](Plan& plan) { plan.options.rules.emplace_back("\x1b"); }, "+ rule '\\x1b'\n"},
      {[](Plan& plan) { std::swap(plan.options.rules[0], plan.options.rules[1]); },
       "! another order: --max-delete 50% ...\n"},
      {[](Plan& plan) { plan.options.left_out = {"log"}; }, "+ left out 'log'\n"},
      {[](Plan& plan) { plan.options.max_delete.reset(); }, "- --max-delete 50%\n"},
      {[](Plan& plan) { plan.options.max_update = Limit{}; }, "+ --max-update 0\n"},
      {[](Plan& plan) { plan.options.require = {"x"}; }, "+ --require 'x'\n"},
      {[](Plan& plan) { plan.options.replica_limits.times.granularity = 1000; },
       "+ times of the replica in steps of 1,000 ns\n"},
      {[](Plan& plan) { plan.options.replica_limits.times.two_seconds = true; },
       "+ times of the replica in even seconds\n"},
      {[](Plan& plan) { plan.options.replica_limits.times.earliest = FileTime{}; },
       "+ no times before 1970-01-01T00:00:00.000000000Z\n"},
      {[](Plan& plan) { plan.options.replica_limits.times.latest = FileTime{}; },
       "+ no times after 1970-01-01T00:00:00.000000000Z\n"},
      {[](Plan& plan) { plan.options.replica_limits.holds_owners = false; },
       "+ the replica holds no owners\n"},
      {[](Plan& plan) { plan.options.replica_limits.holds_modes = false; },
       "+ the replica holds no modes\n"},
      {[](Plan& plan) { plan.options.replica_limits.holds_xattrs = false; },
       "+ the replica holds no extended attributes\n"},
      {[](Plan& plan) { plan.options.replica_limits.refuses_times = true; },
       "+ the replica takes no times\n"},
      {[](Plan& plan) { plan.options.replica_limits.refuses_groups = true; },
       "+ the replica takes no groups of the caller's\n"},
      {[](Plan& plan) { plan.options.replica_limits.refuses_link_times = true; },
       "+ the replica takes no times of symlinks\n"},
      {[](Plan& plan) { plan.options.replica_limits.refuses_link_owners = true; },
       "+ the replica takes no owners of symlinks\n"},
      {[](Plan& plan) {
         plan.options.replica_limits.refused_uids = {5, 1000};
       },
       "+ the replica does not take the owners 5, 1000\n"},
      {[](Plan& plan) { plan.options.replica_limits.refused_gids = {6}; },
       "+ the replica does not take the groups 6\n"},
      {[](Plan& plan) { plan.options.replica_limits.most_names = 65000; },
       "+ the replica takes 65,000 names of one file at most\n"},
      {[](Plan& plan) { plan.guards[0].refused = true; },
       "- guard max-delete: 1 of 40,215, limit 50%: ok\n"
       "+ guard max-delete: 1 of 40,215, limit 50%: refused\n"},
      {[](Plan& plan) { plan.problems.clear(); },
       "- problem in the source: private/key: open: EACCES\n"},
      {[](Plan& plan) { plan.skipped.clear(); }, "- skipped lost+found (file-system-own)\n"},
  };
  const Plan plan = test::small_plan();
  for (const auto& [change, expected] : changes) {
    Plan other = plan;
    change(other);
    const Compared result = compared(plan, other);
    EXPECT_TRUE(result.found.header && result.found.any()) << expected;
    EXPECT_EQ(result.text.substr(0, result.text.rfind("0 only in the old")), expected);
  }
}

TEST(Diff, TellsInWhatEachFieldOfAnActionDiffers) {
  const std::vector<std::pair<std::function<void(Action&)>, std::string>> changes{
      {[](Action& action) { action.op = Op::kReplace; }, "op update -> replace"},
      {[](Action& action) { action.other = RelPath("\x7f"); }, "from or to none -> \\x7f"},
      {[](Action& action) { action.reasons.add(Reason::kMode); },
       "reason size, mtime -> size, mtime, mode"},
      {[](Action& action) { action.before.reset(); }, "before file -> none"},
      {[](Action& action) { action.after->type = FileType::kFifo; }, "after.type file -> fifo"},
      {[](Action& action) { action.after->size = 1; }, "after.size 1024 -> 1"},
      {[](Action& action) { action.before->mtime.reset(); },
       "before.mtime 2020-09-13T12:26:40.123456789Z -> none"},
      {[](Action& action) { action.after->mode = 07755; }, "after.mode 0644 -> 7755"},
      {[](Action& action) { action.after->uid = 1; }, "after.uid none -> 1"},
      {[](Action& action) { action.after->gid = 0; }, "after.gid none -> 0"},
      {[](Action& action) { action.after->target = "\xff"; }, "after.target none -> \\xff"},
      {[](Action& action) { action.after->device = 0; }, "after.device none -> 0:0"},
      {[](Action& action) { action.after->md5 = Md5{}; },
       "after.md5 none -> 00000000000000000000000000000000"},
      {[](Action& action) { action.after->links = 2; }, "after.links none -> 2"},
  };
  const Plan plan = test::small_plan();
  for (const auto& [change, expected] : changes) {
    Plan other = plan;
    change(other.actions[2]);
    const Compared result = compared(plan, other);
    EXPECT_EQ(result.found.changed, 1U) << expected;
    EXPECT_THAT(result.text, HasSubstr(": " + expected + "\n"));
    EXPECT_EQ(result.text.find("! "), 0U) << result.text;
  }
}

TEST(Diff, MergesBothInTheOrderOfPlans) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const Plan whole = test::PlanMaker(seed).make(60);
    Plan before = whole;
    Plan after = whole;
    std::erase_if(before.actions, [n = 0U](const Action&) mutable { return n++ % 3 == 0; });
    std::erase_if(after.actions, [n = 0U](const Action&) mutable { return n++ % 5 == 0; });
    std::string expected;
    PlanDifference counts;
    for (std::size_t at = 0; at < whole.actions.size(); ++at) {
      const std::string line = " " + action_line(whole.actions[at]) + "\n";
      if (at % 15 == 0) continue;
      if (at % 3 == 0) {
        expected += "+" + line;
        ++counts.only_new;
      } else if (at % 5 == 0) {
        expected += "-" + line;
        ++counts.only_old;
      } else {
        ++counts.equal;
      }
    }
    const Compared result = compared(before, after);
    EXPECT_EQ(result.text.find(expected), 0U) << seed;
    EXPECT_EQ(result.found.only_old, counts.only_old);
    EXPECT_EQ(result.found.only_new, counts.only_new);
    EXPECT_EQ(result.found.equal, counts.equal);
    EXPECT_EQ(result.found.changed, 0U);
  }
}

TEST(Diff, AnErrorOfEitherStreamIsHandedOn) {
  const Plan plan = test::small_plan();
  const ByteSink sink = [](std::string_view) { return success(); };
  const auto broken = [](unsigned after) -> ActionStream {
    return
        [after, actions = test::small_plan().actions, at = 0U]() mutable -> Result<const Action*> {
          if (at == after) return system_error("read", 5);
          return &actions[at++];
        };
  };
  for (unsigned after = 0; after < plan.actions.size(); ++after) {
    const ActionStream bad = broken(after);
    const ActionStream good = stream_of(plan.actions);
    EXPECT_FALSE(render_diff({plan, bad, "a"}, {plan, good, "b"}, Colour::kOff, sink));
    const ActionStream bad_too = broken(after);
    const ActionStream good_too = stream_of(plan.actions);
    EXPECT_FALSE(render_diff({plan, good_too, "a"}, {plan, bad_too, "b"}, Colour::kOff, sink));
  }
}

}  // namespace
}  // namespace foldersync
