// The copy of a large file that was killed, and the run after that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "apply/recovery/recover.h"
#include "fault/mirror.h"
#include "fs/boot.h"
#include "support/faulty_file_system.h"
#include "support/kept_keys.h"

namespace foldersync {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;
constexpr std::uint64_t kAllCalls = 5;  // of 16 MiB each

class PartialCopy : public MirrorTest {
 protected:
  PartialCopy() {
    plant_source({{"small", file("small")}});
    write_file(in_source("big"), content_of('b'));
    options_.durable = false;
  }

  static std::string content_of(std::size_t first) {
    std::string content(80 * kMiB, 'x');
    for (std::size_t i = 0; i < content.size(); i += kMiB) {
      content[i] = static_cast<char>(first % 64 + i / kMiB);
    }
    return content;
  }

  // As after a kill: from the fourth call on that copies, nothing works any more.
  void kill_in_the_middle() {
    FaultyFileSystem fs;
    bool dead = false;
    fs.intercept([&](const CallInfo& call) {
      dead = dead || (call.call == Call::kCopyRange && call.number_of_kind == 4);
      return dead ? EIO : 0;
    });
    EXPECT_FALSE(run(fs, options_).is_success());
    ASSERT_TRUE(read_tree(replica_).contains(partial_note())) << "no copy was kept";
  }

  static std::string partial_note() { return ".sync-txn/partial/1.of"; }

  // How many calls it takes the next run to copy what is missing.
  std::uint64_t copies_of_the_next_run() {
    FaultyFileSystem fs;
    const MirrorRun next = run(fs, options_);
    EXPECT_TRUE(next.is_success()) << next.troubles();
    expect_exact_copy();
    return fs.calls(Call::kCopyRange);
  }

  MirrorOptions options_;
};

TEST_F(PartialCopy, IsGoneOnWithWhereItStopped) {
  kill_in_the_middle();
  EXPECT_EQ(copies_of_the_next_run(), kAllCalls - 3);
}

TEST_F(PartialCopy, IsGoneOnWithByARunThatMakesAnotherPlan) {
  kill_in_the_middle();
  write_file(in_source("a"), "comes first now");
  EXPECT_EQ(copies_of_the_next_run(), kAllCalls - 3);
}

TEST_F(PartialCopy, IsGoneOnWithAfterASecondKillThatCameBeforeIt) {
  kill_in_the_middle();
  FaultyFileSystem fs;
  bool dead = false;
  fs.intercept([&](const CallInfo& call) {
    dead = dead || (call.call == Call::kOpenDirectory && call.names("partial"));
    return dead ? EIO : 0;
  });
  EXPECT_FALSE(run(fs, options_).is_success());
  EXPECT_EQ(copies_of_the_next_run(), kAllCalls - 3);
}

TEST_F(PartialCopy, StartsAnewWhereTheSourceHasChanged) {
  kill_in_the_middle();
  write_file(in_source("big"), content_of('c'));
  EXPECT_EQ(copies_of_the_next_run(), kAllCalls);
}

TEST_F(PartialCopy, StartsAnewWhereOnlyTheChangeTimeTellsIt) {
  const FileTime stamp{1'600'000'000, 0};
  set_mtime(in_source("big"), stamp);
  kill_in_the_middle();
  write_file(in_source("big"), content_of('c'));
  set_mtime(in_source("big"), stamp);
  EXPECT_EQ(copies_of_the_next_run(), kAllCalls);
}

TEST_F(PartialCopy, StartsAnewAfterTheSystemWasStartedAnew) {
  kill_in_the_middle();
  const std::string note = join(replica_, partial_note());
  std::string text = bytes_of(note);
  text.replace(text.find(boot_id()), boot_id().size(), "00000000-0000-4000-8000-000000000000");
  write_file(note, text);
  EXPECT_EQ(copies_of_the_next_run(), kAllCalls);
}

TEST_F(PartialCopy, StartsAnewWhereTheNoteWasNotWrittenWithTheKey) {
  kill_in_the_middle();
  const std::string note = join(replica_, partial_note());
  std::string text = bytes_of(note);
  constexpr std::size_t kCode = 64;  // before the end of the line
  text.replace(text.size() - kCode - 1, kCode, std::string(kCode, '0'));
  write_file(note, text);
  EXPECT_EQ(copies_of_the_next_run(), kAllCalls);
}

TEST_F(PartialCopy, IsRemovedByARunThatHasNoUseForIt) {
  kill_in_the_middle();
  remove_tree(source_);
  plant_source({{"other", file("other")}});
  EXPECT_EQ(copies_of_the_next_run(), 0U);
}

TEST_F(PartialCopy, IsRemovedByARunThatHasNothingToDo) {
  kill_in_the_middle();
  const Tree replica = read_tree(replica_);
  Tree visible;
  for (const auto& [path, entry] : replica) {
    if (!path.starts_with(std::string(kStagingName))) visible[path] = entry;
  }
  remove_tree(source_);
  plant_source(visible);
  EXPECT_EQ(copies_of_the_next_run(), 0U);
}

TEST_F(PartialCopy, IsRemovedByARecoveryThatNoRunFollows) {
  kill_in_the_middle();
  FileSystem& fs = posix_file_system();
  const auto roots = open_roots(fs, {source_, replica_, {"/"}});
  ASSERT_TRUE(roots.ok() && roots->replica);
  ReportRecorder recorder;
  const Policy policy = policy_of_this_process();
  ASSERT_TRUE(
      recover({fs, *roots->replica, policy, recorder, test::kept_keys(), Recovery::kFinish, false})
          .ok());
  EXPECT_FALSE(read_tree(replica_).contains(std::string(kStagingName)));
}

}  // namespace
}  // namespace foldersync
