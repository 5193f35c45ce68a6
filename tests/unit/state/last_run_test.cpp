#include "state/last_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/text.h"
#include "unit/state/state_fixture.h"

namespace foldersync {
namespace {

using ::testing::HasSubstr;

LastRun full_run() {
  LastRun run;
  run.source = {"disk:2", "disk", true};
  run.replica = {"other:3", "other", true};
  run.mounts = {{"a\nb", "third"}, {"c", ""}};
  run.entries = 1'234'567;
  return run;
}

class LastRunTest : public StateTest {
 protected:
  std::unique_ptr<Memory> memory_ = Memory::open(path("")).memory;
};

TEST_F(LastRunTest, IsRecalledAsItWasRemembered) {
  remember(*memory_, "/a", "/b", full_run());
  EXPECT_EQ(*recall(*memory_, "/a", "/b"), full_run());
  EXPECT_EQ(*recall(*memory_, "/a", "/c"), std::nullopt);
  remember(*memory_, "/a", "/b", LastRun{});
  EXPECT_EQ(*recall(*memory_, "/a", "/b"), LastRun{});
}

TEST_F(LastRunTest, IsAnErrorWhereItCannotBeRead) {
  remember(*memory_, "/a", "/b", full_run());
  const std::string key = "last-run " + to_base64("/a") + " " + to_base64("/b");
  const std::string text = **memory_->fact(key);
  const std::string entries = to_base64("1234567");
  for (const std::string& other : {to_base64("-1"), to_base64(""), to_base64("1x"),
                                   to_base64("99999999999999999999"), std::string("?")}) {
    std::string damaged = text;
    damaged.replace(text.find(entries), entries.size(), other);
    memory_->set_fact(key, damaged);
    EXPECT_FALSE(recall(*memory_, "/a", "/b").ok()) << other;
  }
  memory_->set_fact(key, to_base64("1") + text.substr(text.find('\n')));
  EXPECT_FALSE(recall(*memory_, "/a", "/b").ok()) << "another version";
}

TEST(Suspicion, OfAnEmptySourceIsOnlyWhereItIsAnotherFolderAndHasItsFigures) {
  const LastRun last = full_run();
  EXPECT_EQ(suspicion_about_source(last, {"disk:2", "disk", false}), "");
  EXPECT_EQ(suspicion_about_source(last, {"new:2", "new", true}), "");
  const std::string why = suspicion_about_source(last, {"new:2", "new", false});
  EXPECT_THAT(why, HasSubstr("1,234,567 entries"));
  EXPECT_THAT(why, HasSubstr("--new-source"));
}

TEST(Suspicion, OfAReplicaIsWhereItIsMissingOrEmptyOnAnotherDisk) {
  const LastRun last = full_run();
  EXPECT_EQ(suspicion_about_replica(last, FolderMemory{"other:9", "other", false}), "");
  EXPECT_EQ(suspicion_about_replica(last, FolderMemory{"new:2", "new", true}), "");
  for (const auto& now :
       {std::optional<FolderMemory>(), std::optional<FolderMemory>({"new:2", "new", false})}) {
    const std::string why = suspicion_about_replica(last, now);
    EXPECT_THAT(why, HasSubstr("1,234,567 entries"));
    EXPECT_THAT(why, HasSubstr("--new-replica"));
  }
}

}  // namespace
}  // namespace foldersync
