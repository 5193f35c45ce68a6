#include "cli/planning/last_run_check.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "cli/kept/kept_state.h"
#include "unit/cli/pair_of_folders.h"

namespace foldersync {
namespace {

class LastRunCheckTest : public PairOfFolders {
 protected:
  LastRunCheckTest() {
    write_file(scratch_ / "source/sub/file", "content");
    state_.open();
  }

  void remember_applied(std::uint64_t entries) {
    PlanHeader plan;
    plan.created = {1'700'000'000, 0};
    plan.summary.unchanged = entries;
    LastRunCheck(state_, options_, stop_).remember_applied(roots(), plan);
  }
  LastRun known() {
    const Roots pair = roots();
    auto recalled = recall(*state_.memory(), {pair.source.path, pair.replica_path, std::nullopt});
    return recalled && *recalled ? (*recalled)->run : LastRun{};
  }

  KeptState state_{fs_, scratch_ / "state"};
  PlanningOptions options_;
  std::atomic<bool> stop_{false};
};

// A source that could not be looked through would count as one without files.
TEST_F(LastRunCheckTest, ToldToStopWhileItLooksForAFileItKeepsWhatIsKnown) {
  remember_applied(2);
  ASSERT_EQ(known().files, 2U);
  stop_ = true;
  remember_applied(3);
  EXPECT_EQ(known().files, 2U);
  EXPECT_EQ(known().entries, 2U);
}

}  // namespace
}  // namespace foldersync
