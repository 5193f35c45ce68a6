// Directories of the replica that the caller owns but may not enter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "apply/look/look.h"
#include "scan/local_tree.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using testing::IsEmpty;

class ClosedDirectories : public testing::Test {
 protected:
  ClosedDirectories() {
    plant({{".", directory()},
           {"source", directory()},
           {"replica", directory()},
           {"replica/closed", directory()},
           {"replica/closed/inner", directory()},
           {"replica/closed/inner/f", file("x")}},
          scratch_.path());
    source_ = *open_root(fs_, scratch_ / "source", "source");
    replica_ = *open_root(fs_, scratch_ / "replica", "replica");
    source_tree_.emplace(tree_without(source_, replica_));
    context_.emplace(LookContext{.source = *source_tree_,
                                 .source_root = other_root(replica_, source_),
                                 .replica = replica_,
                                 .options = options_,
                                 .policy = policy_,
                                 .filter = filter_});
    // The kernel would not refuse the superuser.
    fs_.intercept([this](const CallInfo& info) {
      if (info.call != Call::kOpenDirectory) return 0;
      for (const std::string path : {"closed", "closed/inner"}) {
        if (path.ends_with(info.name) && (mode_of(path) & 0500U) != 0500U) return EACCES;
      }
      return 0;
    });
  }
  ~ClosedDirectories() override {
    for (const char* path : {"closed", "closed/inner"}) close(path, 0755);
  }

  [[nodiscard]] std::string in_replica(const std::string& path) const {
    return scratch_ / ("replica/" + path);
  }
  [[nodiscard]] std::uint32_t mode_of(const std::string& path) const {
    struct stat status {};
    ::lstat(in_replica(path).c_str(), &status);
    return status.st_mode & 07777U;
  }
  void close(const std::string& path, mode_t mode) const {
    ::chmod(in_replica(path).c_str(), mode);
  }
  Looker looker(bool may_open_up) { return {*context_, 8, may_open_up}; }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  Root source_;
  Root replica_;
  PlanOptions options_;
  Policy policy_;
  Filter filter_;
  std::optional<LocalTree> source_tree_;
  std::optional<LookContext> context_;
};

TEST_F(ClosedDirectories, AreOpenedUpAndListedWithTheModeTheyHad) {
  close("closed/inner", 0001);
  close("closed", 0050);
  Looker eyes = looker(true);
  const auto found = eyes.replica_status(RelPath("closed/inner/f"));
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->has_value());
  EXPECT_EQ(mode_of("closed"), 0750U);
  EXPECT_EQ(mode_of("closed/inner"), 0701U);
  ASSERT_EQ(eyes.replica().opened_up().size(), 2U);
  EXPECT_EQ(eyes.replica().opened_up().at(RelPath("closed")).mode, 0050U);
  EXPECT_EQ(eyes.replica().opened_up().at(RelPath("closed/inner")).mode, 0001U);
}

TEST_F(ClosedDirectories, StayClosedToOneThatMayNotOpenThemUp) {
  close("closed", 0);
  Looker eyes = looker(false);
  const auto found = eyes.replica_status(RelPath("closed/inner"));
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().error_number, EACCES);
  EXPECT_EQ(found.error().path, "closed");
  EXPECT_EQ(mode_of("closed"), 0U);
}

TEST_F(ClosedDirectories, OfOthersStayClosed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root makes a directory of another user";
  close("closed", 0);
  ASSERT_EQ(::chown(in_replica("closed").c_str(), 12, 12), 0);
  Looker eyes = looker(true);
  EXPECT_EQ(eyes.replica_status(RelPath("closed/inner")).error().error_number, EACCES);
  EXPECT_EQ(mode_of("closed"), 0U);
  EXPECT_THAT(eyes.replica().opened_up(), IsEmpty());
}

TEST_F(ClosedDirectories, ThatOpeningUpDoesNotHelpAreAnErrorAndNoEndlessLoop) {
  close("closed", 0);
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kOpenDirectory && info.name == "closed" ? EACCES : 0;
  });
  Looker eyes = looker(true);
  EXPECT_EQ(eyes.replica_status(RelPath("closed/inner")).error().error_number, EACCES);
}

TEST_F(ClosedDirectories, ThatCannotBeOpenedUpAreAnError) {
  close("closed", 0);
  fs_.intercept(fail_all(Call::kSetMode, EPERM));
  Looker eyes = looker(true);
  EXPECT_EQ(eyes.replica_status(RelPath("closed/inner")).error().error_number, EACCES);
  EXPECT_THAT(eyes.replica().opened_up(), IsEmpty());
}

TEST_F(ClosedDirectories, OpeningUpGivesAnOpenDirectoryItsBitsOnceAndOnlyWhereItLacksSome) {
  close("closed", 0555);
  Looker eyes = looker(true);
  const auto directory = eyes.replica_directory(RelPath("closed"));
  ASSERT_TRUE(directory.ok());
  EXPECT_TRUE(eyes.replica().open_up(*directory, RelPath("closed")));
  EXPECT_EQ(mode_of("closed"), 0755U);
  EXPECT_FALSE(eyes.replica().open_up(*directory, RelPath("closed")));
  ASSERT_EQ(eyes.replica().opened_up().size(), 1U);
  EXPECT_EQ(eyes.replica().opened_up().at(RelPath("closed")).mode, 0555U);
}

TEST_F(ClosedDirectories, AnotherOneInTheirPlaceDoesNotGetTheModeBack) {
  close("closed", 0500);
  Looker eyes = looker(true);
  const auto directory = eyes.replica_directory(RelPath("closed"));
  ASSERT_TRUE(directory.ok() && eyes.replica().open_up(*directory, RelPath("closed")));
  const AllOpenedUp seen = std::exchange(eyes.replica().opened_up(), {});
  AllOpenedUp another = seen;
  --another.at(RelPath("closed")).seen.incarnation;
  EXPECT_TRUE(eyes.replica().close_again(another).empty());
  EXPECT_EQ(mode_of("closed"), 0700U);
  EXPECT_TRUE(eyes.replica().close_again(seen).empty());
  EXPECT_EQ(mode_of("closed"), 0500U);
}

TEST_F(ClosedDirectories, OfTheSourceAreNeverOpenedUp) {
  plant({{"source/closed", directory()}}, scratch_.path());
  ASSERT_EQ(::chmod((scratch_ / "source/closed").c_str(), 0), 0);
  close("closed", 0);
  Looker eyes = looker(true);
  EXPECT_EQ(eyes.source_status(RelPath("closed/f")).error().error_number, EACCES);
  struct stat status {};
  ASSERT_EQ(::lstat((scratch_ / "source/closed").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0U);
}

}  // namespace
}  // namespace foldersync
