#include "cli/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "support/disk_tree.h"

namespace foldersync {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

TEST(Describe, AnErrorHasOperationPathDetailAndReason) {
  EXPECT_EQ(describe(Error{ErrorCode::kSystem, "open", "private/key", EACCES, ""}),
            "open 'private/key': Permission denied (EACCES)");
  EXPECT_EQ(describe(Error{ErrorCode::kRefused, "open", "a", ENOENT, "the source does not exist"}),
            "open 'a': the source does not exist: No such file or directory (ENOENT)");
  EXPECT_EQ(describe(Error{ErrorCode::kChanged, "read", "", 0, "it changed"}), "read: it changed");
}

TEST(Describe, HostileNamesAreEscapedWhereverTheyStand) {
  const std::string hostile = "a\n2026 INFO forged\033[31m\xFF\x9B\xE2\x80\xAE";
  const std::string line =
      describe(Error{ErrorCode::kSystem, "open", hostile, EIO, "'" + hostile + "' is odd"});
  for (const char byte : line) {
    EXPECT_TRUE(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F) << line;
  }
  EXPECT_THAT(line, Not(HasSubstr("\xE2\x80\xAE")));
  EXPECT_THAT(line, HasSubstr("a\\x0a2026"));
}

TEST(Describe, AProblemNamesItsTree) {
  EXPECT_EQ(describe(Problem{Side::kSource, RelPath("a/b"), EACCES, "open"}),
            "open 'a/b' in the source: Permission denied (EACCES)");
  EXPECT_THAT(describe(Problem{Side::kReplica, RelPath(), EIO, "getdents"}),
              HasSubstr("'.' in the replica"));
  EXPECT_THAT(describe(Problem{Side::kReplica, RelPath("m"), EXDEV, "enter mount"}),
              HasSubstr("--cross-mounts"));
  EXPECT_THAT(describe(Problem{Side::kSource, RelPath("a\nb"), EIO, "open"}), Not(HasSubstr("\n")));
}

TEST(PlanId, IsAVersionSevenUuidInTheOrderOfTime) {
  const std::string first = make_plan_id({1'700'000'000, 123'000'000});
  EXPECT_EQ(first.size(), 36U);
  EXPECT_THAT(first, MatchesRegex("[0-9a-f-]+"));
  EXPECT_EQ(first.substr(0, 13), "018bcfe5-687b");
  EXPECT_EQ(first[14], '7');
  EXPECT_THAT(std::string("89ab"), HasSubstr(first.substr(19, 1)));
  EXPECT_LT(first, make_plan_id({1'700'000'000, 124'000'000}));
  EXPECT_NE(first, make_plan_id({1'700'000'000, 123'000'000}));
}

TEST(AbsoluteName, IsMadeWithoutLookingAtTheFileSystem) {
  EXPECT_EQ(absolute_name("/a/b"), "/a/b");
  const std::string here = std::filesystem::current_path().native();
  EXPECT_EQ(absolute_name("no/such/thing"), here + "/no/such/thing");
}

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    plant({{".", directory()},
           {"source", directory()},
           {"source/sub", directory()},
           {"replica", directory()},
           {"into-replica", symlink("replica")}},
          scratch_.path());
    Settings settings;
    settings.state_folder = scratch_ / "state";
    session_ = std::move(Session::start(settings).value());
  }

  Roots roots() { return session_->open_roots(scratch_ / "source", scratch_ / "replica").value(); }

  std::vector<std::string> left_out(const Roots& roots) {
    const std::atomic<bool> stop{false};
    return session_->make_plan(roots, stop, true)->plan.options.left_out;
  }

  ScratchFolder scratch_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionTest, RulesThatCannotBeCompiledAreWrongUsage) {
  Settings settings;
  settings.plan.rules = {std::string("a\0b", 3)};
  const auto started = Session::start(settings);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ErrorCode::kUsage);
}

TEST_F(SessionTest, OwnFilesInTheReplicaAreRefusedByAnyName) {
  const Roots pair = roots();
  for (const std::string name : {"replica/log.txt", "into-replica/log.txt", "replica/new/log.txt",
                                 "source/../replica/log.txt"}) {
    const Status placed = session_->place_own_files(pair, {scratch_ / name});
    ASSERT_FALSE(placed.ok()) << name;
    EXPECT_EQ(placed.error().code, ErrorCode::kRefused) << name;
  }
}

TEST_F(SessionTest, OwnFilesInTheSourceAreLeftOutOfThePlans) {
  const Roots pair = roots();
  ASSERT_TRUE(session_
                  ->place_own_files(pair, {scratch_ / "source/sub/log.txt", scratch_ / "elsewhere",
                                           scratch_ / "source/state", ""})
                  .ok());
  EXPECT_THAT(left_out(pair), testing::ElementsAre("state", "sub/log.txt"));
}

TEST_F(SessionTest, AStateThatCannotBeUsedIsAWarningAndNoObstacle) {
  write_file(scratch_ / "state", "no folder");
  session_->open_state();
  EXPECT_THAT(session_->take_warnings(),
              testing::ElementsAre(HasSubstr("a disk that is not mounted may go unnoticed")));
  EXPECT_TRUE(session_->compare_with_last_run(roots()).ok());
  const std::atomic<bool> stop{false};
  EXPECT_TRUE(session_->make_plan(roots(), stop, true).ok());
}

TEST_F(SessionTest, AMemoryThatIsGoneIsToldAndBegunAnewByTheNextCycle) {
  session_->open_state();
  std::filesystem::remove(scratch_ / "state/memory.db");
  session_->remember_run(roots(), {}, 1);
  session_->save_state(*roots().replica, {});
  EXPECT_THAT(session_->take_warnings(), testing::ElementsAre(HasSubstr("is not remembered")));
  session_->open_state();
  session_->remember_run(roots(), {}, 1);
  session_->save_state(*roots().replica, {});
  EXPECT_THAT(session_->take_warnings(), testing::IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "state/memory.db"));
}

TEST_F(SessionTest, EachPlanHasAnIdOfItsOwn) {
  const Roots pair = roots();
  const std::atomic<bool> stop{false};
  std::set<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.insert(session_->make_plan(pair, stop, true)->plan.plan_id);
  EXPECT_EQ(ids.size(), 3U);
}

}  // namespace
}  // namespace foldersync
