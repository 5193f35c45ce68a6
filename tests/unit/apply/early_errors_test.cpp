// Errors before a run has begun to work in its staging folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "apply/engine.h"
#include "scan/local_tree.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"
#include "support/kept_keys.h"
#include "support/planning.h"
#include "unit/apply/warnings.h"

namespace foldersync {
namespace {

using ::testing::IsEmpty;

class EarlyErrors : public testing::Test {
 protected:
  EarlyErrors() {
    planning_.policy =
        ::geteuid() == 0 ? test::root_policy() : test::user_policy(::geteuid(), ::getegid());
    plant({{"source", directory()}, {"source/f", file("x")}, {"replica", directory()}},
          scratch_.path());
  }

  [[nodiscard]] std::uint32_t mode() const {
    struct stat status {};
    ::stat((scratch_ / "replica").c_str(), &status);
    return status.st_mode & 07777U;
  }

  // With one of the staging folder's own folders that can't be made. `opened`: the root had the
  // mode `closed` before it was opened up for the plan.
  void apply(const std::string& failing, bool opened, std::uint32_t closed) {
    FaultyFileSystem fs;
    const Plan plan = test::plan_folders(fs, scratch_ / "source", scratch_ / "replica", planning_);
    const auto in_store = stored(plan);
    const auto source = open_root(fs, scratch_ / "source", "source");
    auto replica = open_root(fs, scratch_ / "replica", "replica");
    ASSERT_TRUE(in_store.ok() && source.ok() && replica.ok());
    if (opened) {
      auto again = fs.open_directory(replica->fd.get(), ".");
      replica->status.mode = closed;
      replica->opened_up = std::make_shared<OpenedRoot>(fs, std::move(*again), replica->status);
    }
    fs.intercept([this, failing](const CallInfo& info) {
      if (info.call != Call::kMakeDirectory) return 0;
      // The kernel would not refuse the superuser.
      if (info.name == ".sync-txn" && (mode() & 0200U) == 0) return EACCES;
      return info.name == failing ? ENOSPC : 0;
    });
    const LocalTree of_source = tree_without(*source, *replica);
    const Filter none;
    const auto applied = apply_plan({.fs = fs,
                                     .source = *source,
                                     .source_tree = of_source,
                                     .replica = *replica,
                                     .plan = *in_store,
                                     .policy = planning_.policy,
                                     .filter = none,
                                     .observer = observer_,
                                     .keys = test::kept_keys()});
    EXPECT_FALSE(applied.ok()) << failing;
  }

  ScratchFolder scratch_;
  test::Planning planning_;
  test::Warnings observer_;
};

TEST_F(EarlyErrors, LeaveNoStagingFolderAndTheRootClosed) {
  for (const bool opened : {false, true}) {
    for (const std::string failing : {"0", "moved", "conflict", "partial"}) {
      ASSERT_EQ(::chmod((scratch_ / "replica").c_str(), opened ? 0755 : 0555), 0);
      apply(failing, opened, 0055);
      EXPECT_EQ(mode(), opened ? 0055U : 0555U) << failing;
      ASSERT_EQ(::chmod((scratch_ / "replica").c_str(), 0755), 0);
      EXPECT_EQ(read_tree(scratch_ / "replica").size(), 1U) << failing;
    }
  }
  EXPECT_THAT(observer_.sentences, IsEmpty());
}

}  // namespace
}  // namespace foldersync
