#include "format/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "plan/facts.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

std::string digest_of(const Plan& plan) {
  PlanDigest digest;
  std::uint64_t seq = 0;
  for (const Action& action : plan.actions) digest.add(action, ++seq);
  return to_string(digest.finish(plan));
}

// The changes of one field each that a plan can suffer.
const std::vector<std::function<void(Plan&)>> kHeaderChanges{
    [](Plan& plan) { plan.tool_version += "1"; },
    [](Plan& plan) { plan.plan_id.back() = '0'; },
    [](Plan& plan) { ++plan.created.seconds; },
    [](Plan& plan) { ++plan.created.nanoseconds; },
    [](Plan& plan) { plan.source.path += "1"; },
    [](Plan& plan) { plan.source.identity += "1"; },
    [](Plan& plan) { plan.replica.path += "1"; },
    [](Plan& plan) { plan.replica.identity += "1"; },
    [](Plan& plan) { std::swap(plan.source, plan.replica); },
    [](Plan& plan) { plan.options.checksum = true; },
    [](Plan& plan) { plan.options.pin = true; },
    [](Plan& plan) { plan.options.xattrs = true; },
    [](Plan& plan) { plan.options.remove_extra = false; },
    [](Plan& plan) { plan.options.delete_excluded = true; },
    [](Plan& plan) { plan.options.one_file_system = true; },
    [](Plan& plan) { plan.options.cross_mounts = true; },
    [](Plan& plan) { plan.options.owners = true; },
    [](Plan& plan) { plan.options.rules.pop_back(); },
    [](Plan& plan) {
      plan.options.rules = {"*.", "ocaf\xe9/"};
    },
    [](Plan& plan) { plan.options.left_out = {"a"}; },
    [](Plan& plan) { std::swap(plan.options.left_out, plan.options.rules); },
    [](Plan& plan) { plan.options.max_delete.reset(); },
    [](Plan& plan) { plan.options.max_delete->is_percent = false; },
    [](Plan& plan) {
      plan.options.max_update = Limit{50, true};
    },
    [](Plan& plan) { std::swap(plan.options.max_delete, plan.options.max_update); },
    [](Plan& plan) { plan.options.require = {"a"}; },
    [](Plan& plan) { plan.options.replica_limits.times.granularity = 2; },
    [](Plan& plan) { plan.options.replica_limits.times.two_seconds = true; },
    [](Plan& plan) { plan.options.replica_limits.times.earliest.emplace(); },
    [](Plan& plan) { plan.options.replica_limits.times.latest.emplace(); },
    [](Plan& plan) { plan.options.replica_limits.holds_owners = false; },
    [](Plan& plan) { plan.options.replica_limits.holds_modes = false; },
    [](Plan& plan) { plan.options.replica_limits.holds_xattrs = false; },
    [](Plan& plan) { plan.options.replica_limits.refuses_times = true; },
    [](Plan& plan) { plan.options.replica_limits.refuses_symlinks = true; },
    [](Plan& plan) { plan.options.replica_limits.refuses_nodes = true; },
    [](Plan& plan) { plan.options.replica_limits.refuses_groups = true; },
    [](Plan& plan) { plan.options.replica_limits.refuses_link_times = true; },
    [](Plan& plan) { plan.options.replica_limits.refuses_link_owners = true; },
    [](Plan& plan) {
      plan.options.replica_limits.refused_uids = {1, 2};
    },
    [](Plan& plan) {
      plan.options.replica_limits.refused_gids = {1, 2};
    },
    [](Plan& plan) { plan.options.replica_limits.refused_gids = {12}; },
    [](Plan& plan) { plan.options.replica_limits.most_names = 2; },
    [](Plan& plan) { ++plan.summary.create; },
    [](Plan& plan) { ++plan.summary.update; },
    [](Plan& plan) { ++plan.summary.replace; },
    [](Plan& plan) { ++plan.summary.move; },
    [](Plan& plan) { ++plan.summary.link; },
    [](Plan& plan) { ++plan.summary.remove; },
    [](Plan& plan) { ++plan.summary.metadata; },
    [](Plan& plan) { ++plan.summary.finish; },
    [](Plan& plan) { ++plan.summary.bytes_to_write; },
    [](Plan& plan) { ++plan.summary.bytes_to_delete; },
    [](Plan& plan) { ++plan.summary.unchanged; },
    [](Plan& plan) { ++plan.summary.problems; },
    [](Plan& plan) { plan.guards.clear(); },
    [](Plan& plan) { plan.guards[0].rule += "1"; },
    [](Plan& plan) { plan.guards[0].limit += "1"; },
    [](Plan& plan) { ++plan.guards[0].count; },
    [](Plan& plan) { ++plan.guards[0].of; },
    [](Plan& plan) { plan.guards[0].refused = true; },
    [](Plan& plan) { plan.problems.clear(); },
    [](Plan& plan) { plan.problems[0].path = RelPath("a"); },
    [](Plan& plan) { plan.problems[0].side = Side::kReplica; },
    [](Plan& plan) { plan.problems[0].error_number = EIO; },
    [](Plan& plan) { plan.problems[0].doing = "read"; },
    [](Plan& plan) { plan.skipped.clear(); },
    [](Plan& plan) { plan.skipped[0].path = RelPath("a"); },
    [](Plan& plan) { plan.skipped[0].reason = "device"; },
};

// The update of docs/a.txt is action 2, the link 3, the move 4, the symlink 5, the device 6.
const std::vector<std::function<void(Plan&)>> kActionChanges{
    [](Plan& plan) { plan.actions.pop_back(); },
    [](Plan& plan) { std::swap(plan.actions[1], plan.actions[2]); },
    [](Plan& plan) { plan.actions[2].phase = Phase::kMkdir; },
    [](Plan& plan) { plan.actions[2].op = Op::kMetadata; },
    [](Plan& plan) { plan.actions[2].path = RelPath("docs/a.txu"); },
    [](Plan& plan) { plan.actions[2].reasons.add(Reason::kMode); },
    [](Plan& plan) { plan.actions[3].other = RelPath("docs/a"); },
    [](Plan& plan) { plan.actions[4].other = RelPath("docs/a"); },
    [](Plan& plan) { plan.actions[4].op = Op::kLink; },
    [](Plan& plan) { std::swap(plan.actions[2].before, plan.actions[2].after); },
    [](Plan& plan) { plan.actions[2].before.reset(); },
    [](Plan& plan) { plan.actions[2].after->type = FileType::kFifo; },
    [](Plan& plan) { ++*plan.actions[2].after->mode; },
    [](Plan& plan) { plan.actions[2].after->mode.reset(); },
    [](Plan& plan) { ++*plan.actions[2].after->size; },
    [](Plan& plan) { ++plan.actions[2].after->mtime->seconds; },
    [](Plan& plan) { ++plan.actions[2].after->mtime->nanoseconds; },
    [](Plan& plan) { ++*plan.actions[3].after->links; },
    [](Plan& plan) { ++plan.actions[4].after->md5->bytes[15]; },
    [](Plan& plan) { *plan.actions[5].before->target += "1"; },
    [](Plan& plan) { ++*plan.actions[6].after->device; },
    [](Plan& plan) { ++*plan.actions[6].after->uid; },
    [](Plan& plan) { ++*plan.actions[6].after->gid; },
};

TEST(PlanDigest, IsAnotherOneAfterEachChangeOfOneField) {
  std::set<std::string> digests{digest_of(test::small_plan())};
  for (const auto* changes : {&kHeaderChanges, &kActionChanges}) {
    for (std::size_t at = 0; at < changes->size(); ++at) {
      Plan plan = test::small_plan();
      changes->at(at)(plan);
      EXPECT_TRUE(digests.insert(digest_of(plan)).second)
          << (changes == &kHeaderChanges ? "header change " : "action change ") << at;
    }
  }
}

TEST(PlanDigest, IsTheSameForTheSamePlan) {
  const Plan plan = test::PlanMaker(4).make(2000);
  EXPECT_EQ(digest_of(plan), digest_of(plan));
}

TEST(DeviceText, IsMajorAndMinorInDecimal) {
  EXPECT_EQ(device_text(makedev(8, 1)), "8:1");
  EXPECT_EQ(device_text(makedev(0xFFFFFFFF, 0xFFFFFFFE)), "4294967295:4294967294");
}

}  // namespace
}  // namespace foldersync
