#include "state/last_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/text.h"
#include "unit/state/state_fixture.h"

namespace foldersync {
namespace {

using ::testing::HasSubstr;

FolderMemory folder(std::vector<std::string> file_systems, const char* inode = "2",
                    bool has_entries = true) {
  return {std::move(file_systems), inode, has_entries};
}

LastRun full_run() {
  LastRun run;
  run.source_path = "/a";
  run.replica_path = "/b";
  run.source = folder({"uuid:1", "dev:8:1"});
  run.replica = folder({"uuid:2", "fsid:2", "dev:8:2"}, "3");
  run.mounts = {{"a\nb", "third"}, {"c", ""}};
  run.entries = 1'234'567;
  run.files = 1'000;
  run.never_read = {"x", "y\nz"};
  run.unread = {"w"};
  return run;
}

Pair at(const char* path, std::optional<FolderMemory> replica = std::nullopt) {
  return {"/a", path, std::move(replica)};
}

class LastRunTest : public StateTest {
 protected:
  std::unique_ptr<Memory> memory_ = Memory::open(path("")).memory;
  const std::string key_ = "replica " + to_base64("/b");
};

TEST_F(LastRunTest, IsRecalledAsItWasRemembered) {
  remember(*memory_, full_run());
  EXPECT_EQ((*recall(*memory_, at("/b")))->run, full_run());
  EXPECT_EQ((*recall(*memory_, at("/b")))->is_this_replica, false);
  EXPECT_FALSE(recall(*memory_, at("/c"))->has_value());
  LastRun bare;
  bare.replica_path = "/b";
  remember(*memory_, bare);
  EXPECT_EQ((*recall(*memory_, at("/b")))->run, bare);
}

TEST_F(LastRunTest, IsFoundByAnyNameOfTheReplicaWhereverItIs) {
  remember(*memory_, full_run());
  for (const FolderMemory& same :
       {folder({"uuid:2", "dev:9:9"}, "3"), folder({"fsid:2", "dev:9:9"}, "3"),
        folder({"dev:8:2"}, "3", false)}) {
    const auto found = *recall(*memory_, at("/elsewhere", same));
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->is_this_replica);
    EXPECT_EQ(found->run, full_run());
  }
}

TEST_F(LastRunTest, IsFoundByThePathOfAFolderThatMayBeAnotherOne) {
  remember(*memory_, full_run());
  for (const FolderMemory& other :
       {folder({"uuid:9", "dev:8:2"}, "3"), folder({"uuid:2", "dev:8:2"}, "4")}) {
    EXPECT_FALSE((*recall(*memory_, at("/b", other)))->is_this_replica);
    EXPECT_FALSE(recall(*memory_, at("/elsewhere", other))->has_value());
  }
}

TEST_F(LastRunTest, OfAnEarlierVersionIsKnownToo) {
  const std::string old_key = "last-run " + to_base64("/a") + " " + to_base64("/b");
  std::string text;
  for (const char* field :
       {"2", "uuid:1:2", "uuid:1", "full", "fsid:2:3", "fsid:2", "full", "12", "m", "third"}) {
    text += to_base64(field) + "\n";
  }
  memory_->set_fact(old_key, text);
  const auto found = *recall(*memory_, at("/b", folder({"uuid:2", "fsid:2", "dev:8:2"}, "3")));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->is_this_replica);
  EXPECT_EQ(found->run.entries, 12U);
  EXPECT_EQ(found->run.files, 12U);
  EXPECT_EQ(found->run.mounts, (std::vector<KnownMount>{{"m", "third"}}));
  EXPECT_EQ(found->run.never_read, std::nullopt);
}

TEST_F(LastRunTest, IsAnErrorWhereItCannotBeRead) {
  remember(*memory_, full_run());
  const std::string text = **memory_->fact(key_);
  const std::string entries = to_base64("1234567");
  for (const std::string& other : {to_base64("-1"), to_base64(""), to_base64("1x"),
                                   to_base64("99999999999999999999"), std::string("?")}) {
    std::string damaged = text;
    damaged.replace(text.find(entries), entries.size(), other);
    memory_->set_fact(key_, damaged);
    EXPECT_FALSE(recall(*memory_, at("/b")).ok()) << other;
  }
  memory_->set_fact(key_, to_base64("1") + text.substr(text.find('\n')));
  EXPECT_FALSE(recall(*memory_, at("/b")).ok()) << "another version";
}

TEST_F(LastRunTest, OfTheVersionsWithoutATimeOrAFractionOfItIsRead) {
  LastRun run = full_run();
  run.last_look = FileTime{1'700'000'000, 123'456'789};
  remember(*memory_, run);
  EXPECT_EQ(recall(*memory_, at("/b"))->value().run, run);
  std::string text = **memory_->fact(key_);
  const std::string fraction = to_base64("123456789") + "\n";
  text.erase(text.find(fraction), fraction.size());
  memory_->set_fact(key_, to_base64("4") + text.substr(text.find('\n')));
  run.last_look->nanoseconds = 0;
  EXPECT_EQ(recall(*memory_, at("/b"))->value().run, run);
  const std::string time = to_base64("1700000000") + "\n";
  text.erase(text.find(time), time.size());
  memory_->set_fact(key_, to_base64("3") + text.substr(text.find('\n')));
  run.last_look.reset();
  EXPECT_EQ(recall(*memory_, at("/b"))->value().run, run);
}

TEST(SameFolder, IsToldByAnyNameThatNoOtherFileSystemHas) {
  const FolderMemory known = folder({"uuid:1", "fsid:1", "dev:8:1"});
  EXPECT_TRUE(are_same(known, folder({"uuid:1", "dev:9:9"})));
  EXPECT_TRUE(are_same(known, folder({"fsid:1", "dev:9:9"})));
  EXPECT_TRUE(are_same(known, folder({"dev:8:1"}))) << "there is nothing else to compare";
  EXPECT_FALSE(are_same(known, folder({"dev:9:9"})));
  EXPECT_FALSE(are_same(known, folder({"uuid:2", "dev:8:1"}))) << "the next disk";
  EXPECT_FALSE(are_same(known, folder({"uuid:1", "dev:8:1"}, "7")));
}

TEST(SameFolder, IsNotToldByTheUuidOfAFileSystemThatHasSubvolumes) {
  const FolderMemory known = folder({"fsid:1", "dev:0:40", "uuid:1"}, "256");
  EXPECT_TRUE(are_same(known, folder({"fsid:1", "dev:0:50", "uuid:1"}, "256")));
  EXPECT_FALSE(are_same(known, folder({"fsid:2", "dev:0:41", "uuid:1"}, "256")));
}

TEST(SameFolder, IsNotToldByAnIdThatOnlyRepeatsTheDeviceNumber) {
  const FolderMemory known = folder({"uuid:1", "dev:8:1", "fsid:0108"});
  EXPECT_FALSE(are_same(known, folder({"uuid:2", "dev:8:1", "fsid:0108"})));
}

TEST(Suspicion, OfAReplicaIsWhereItIsMissingOrEmptyOnAnotherDisk) {
  const LastRun last = full_run();
  EXPECT_EQ(suspicion_about_replica(last, folder({"uuid:2", "dev:7:7"}, "9", false)), "");
  EXPECT_EQ(suspicion_about_replica(last, folder({"uuid:9"}, "3", true)), "");
  for (const auto& now : {std::optional<FolderMemory>(),
                          std::optional<FolderMemory>(folder({"uuid:9", "dev:8:2"}, "3", false))}) {
    const std::string why = suspicion_about_replica(last, now);
    EXPECT_THAT(why, HasSubstr("1,234,567 entries"));
    EXPECT_THAT(why, HasSubstr("--new-replica"));
  }
}

}  // namespace
}  // namespace foldersync
