// Plans of several windows: how they end, and what is staged while one becomes durable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "fault/mirror.h"
#include "plan/room.h"
#include "support/faulty_file_system.h"
#include "support/forwarding_file_system.h"

namespace foldersync {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Key;
using testing::Not;

using test::ForwardingFileSystem;

constexpr auto kForever = std::chrono::minutes(2);

// Holds back the first marker DONE until `name` is staged, and may fail it then.
class Overlap final : public ForwardingFileSystem {
 public:
  Overlap(FileSystem& inner, std::string name, int error_number = 0)
      : ForwardingFileSystem(inner), name_(std::move(name)), error_number_(error_number) {}

  Result<Fd> create_file(int directory, const char* name, std::uint32_t mode) override {
    auto made = ForwardingFileSystem::create_file(directory, name, mode);
    const std::lock_guard lock(mutex_);
    is_staged_ = is_staged_ || name == name_;
    changed_.notify_all();
    return made;
  }

  Status rename(int from, const char* old_name, int to, const char* new_name,
                RenameMode mode) override {
    if (std::string(new_name) == "DONE" && !std::exchange(is_over_, true)) {
      std::unique_lock lock(mutex_);
      overlapped_ = changed_.wait_for(lock, kForever, [this] { return is_staged_; });
      if (error_number_ != 0) return system_error("rename", error_number_);
    }
    return ForwardingFileSystem::rename(from, old_name, to, new_name, mode);
  }

  [[nodiscard]] bool overlapped() const { return overlapped_; }

 private:
  std::string name_;
  int error_number_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_staged_ = false;
  bool is_over_ = false;
  bool overlapped_ = false;
};

// Counts who asks how much is free, to stage more, while the first window is not done.
class AskedForRoom final : public ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;

  Result<Fd> create_file(int directory, const char* name, std::uint32_t mode) override {
    if (std::string(name) == "COMMIT") is_open_ = !is_over_;
    return ForwardingFileSystem::create_file(directory, name, mode);
  }
  Status rename(int from, const char* old_name, int to, const char* new_name,
                RenameMode mode) override {
    if (std::string(new_name) == "DONE") {
      is_over_ = true;
      is_open_ = false;
    }
    return ForwardingFileSystem::rename(from, old_name, to, new_name, mode);
  }
  Result<FileSystemFacts> facts(int fd) override {
    asked_ += is_open_ ? 1 : 0;
    return ForwardingFileSystem::facts(fd);
  }

  std::atomic<bool> is_open_ = false;
  std::atomic<bool> is_over_ = false;
  std::atomic<int> asked_ = 0;
};

class WindowsOfAPlan : public MirrorTest {
 protected:
  WindowsOfAPlan() {
    plant_source({{"a", file("new a")},
                  {"b", file("new b")},
                  {"c", file("c")},
                  {"d", file("d")},
                  {"e", file("e")}});
    plant_replica({{"a", file("the old a")}, {"b", file("the old b")}});
    options_.windows.actions = 2;
    options_.durable = false;
  }

  // How many windows a run has.
  std::uint64_t windows() {
    FaultyFileSystem fs;
    std::uint64_t count = 0;
    fs.intercept([&](const CallInfo& call) {
      count += call.call == Call::kRename && call.new_name == "DONE" ? 1U : 0U;
      return 0;
    });
    EXPECT_TRUE(run(fs, options_).is_success());
    return count;
  }

  MirrorOptions options_;
};

std::atomic<int>& ticks() {
  static std::atomic<int> count{0};
  return count;
}

TEST_F(WindowsOfAPlan, AreBoundedByActions) { EXPECT_EQ(windows(), 3U); }

TEST_F(WindowsOfAPlan, EndWhenTheirTimeIsUp) {
  Tree many;
  for (int i = 0; i < 200; ++i) many["many/" + std::to_string(i)] = file("x");
  many["many"] = directory();
  remove_tree(source_);
  plant_source(many);
  options_.windows.actions = 50'000;
  EXPECT_EQ(windows(), 1U);
  remove_tree(replica_);
  // A second goes by with each look at the clock: two units of work a window, each an eighth of
  // what is left.
  options_.windows.clock = [] { return static_cast<double>(++ticks()); };
  options_.windows.stage_seconds = 1.5;
  EXPECT_GT(windows(), 3U);
  expect_exact_copy();
}

TEST_F(WindowsOfAPlan, DoNotEndEarlyWhereItIsAllOrNothing) {
  options_.windows.stage_seconds = 0;
  options_.atomic = true;
  EXPECT_EQ(windows(), 1U);
}

TEST_F(WindowsOfAPlan, AreStagedWhileTheOneBeforeBecomesDurable) {
  options_.threads = 2;
  FileSystem& real = posix_file_system();
  Overlap fs(real, "4");
  const MirrorRun made = run(fs, options_);
  EXPECT_TRUE(made.is_success()) << made.troubles();
  EXPECT_TRUE(fs.overlapped());
  for (std::size_t i = 1; i < made.said.size(); ++i) {
    EXPECT_LT(made.said[i - 1].path, made.said[i].path) << "not in the order of the plan";
    if (i == 4) break;  // the root comes last
  }
  expect_exact_copy();
}

TEST_F(WindowsOfAPlan, AreNotStagedBeforeThatWhichMakesRoomIsGone) {
  plant_replica({{"old", file("old")}, {"older", file("older")}});
  options_.threads = 2;
  MirrorOptions dry = options_;
  dry.dry_run = true;
  Plan plan = run(dry).plan.value();
  const auto room = delete_first(stored(plan)->actions, {}, {});
  plan.actions = {};
  plan.options.delete_first = true;
  ASSERT_TRUE(for_each_action(
      room->actions, [&](const Action& action, std::uint64_t) { plan.actions.push_back(action); }));
  FileSystem& real = posix_file_system();
  AskedForRoom fs(real);
  const MirrorRun made = apply_given(fs, plan, source_, replica_, options_);
  EXPECT_TRUE(made.is_success()) << made.troubles();
  EXPECT_TRUE(fs.is_over_);
  EXPECT_EQ(fs.asked_, 0);
  expect_exact_copy();
}

TEST_F(WindowsOfAPlan, ThatWereStagedTooEarlyAreThrownAwayWhenTheOneBeforeFails) {
  options_.threads = 2;
  FileSystem& real = posix_file_system();
  Overlap fs(real, "4", EIO);
  const MirrorRun broken = run(fs, options_);
  EXPECT_TRUE(broken.error);
  EXPECT_TRUE(broken.has_reported_each_action_once());
  EXPECT_EQ(broken.of("a").outcome, Outcome::kError);
  EXPECT_EQ(broken.of("d").outcome, Outcome::kSkipped);
  const Tree left = read_tree(replica_);
  EXPECT_THAT(left, Contains(Key(std::string(".sync-txn/COMMIT"))));
  for (const char* name : {".sync-txn/0/3", ".sync-txn/0/4", ".sync-txn/1/3", ".sync-txn/1/4"}) {
    EXPECT_THAT(left, Not(Contains(Key(std::string(name)))));
  }
  expect_converges(options_);
}

TEST_F(WindowsOfAPlan, ThatWereStagedTooEarlyAreNoWorkOfOthers) {
  options_.threads = 2;
  FaultyFileSystem faulty;
  // Killed when the first window is about to be done: what is staged of the second stays.
  Overlap killed(faulty, "4", EIO);
  std::atomic<bool> dead{false};
  faulty.intercept([&](const CallInfo& call) {
    if (call.call == Call::kRemoveFile && call.name == "4") dead = true;
    return dead ? EIO : 0;
  });
  EXPECT_TRUE(run(killed, options_).error);
  const Tree left = read_tree(replica_);
  ASSERT_TRUE(left.contains(".sync-txn/0/4") || left.contains(".sync-txn/1/4"));
  // And the old content of one file can't be looked at.
  FaultyFileSystem fs;
  fs.intercept([](const CallInfo& call) {
    return call.call == Call::kStatusAt && call.name == "2" ? EIO : 0;
  });
  const MirrorRun second = run(fs, options_);
  EXPECT_TRUE(second.conflicts);
  std::vector<std::string> kept;
  for (const auto& [path, entry] : read_tree(replica_)) {
    if (path.starts_with(".sync-txn/conflict/") && entry.content != "")
      kept.push_back(entry.content);
  }
  EXPECT_THAT(kept, Contains("the old b"));
  EXPECT_THAT(kept, Not(Contains("c")));
  EXPECT_THAT(kept, Not(Contains("d")));
}

// The same of a directory that was staged with what it holds.
TEST_F(WindowsOfAPlan, DirectoriesThatWereStagedTooEarlyAreNoWorkOfOthers) {
  remove_tree(source_);
  plant_source(
      {{"a", file("new a")}, {"b", file("new b")}, {"c", directory()}, {"c/d", file("d")}});
  options_.threads = 2;
  FaultyFileSystem faulty;
  Overlap killed(faulty, "d", EIO);
  std::atomic<bool> dead{false};
  faulty.intercept([&](const CallInfo& call) {
    if (call.call == Call::kRemoveFile && call.name == "d") dead = true;
    return dead ? EIO : 0;
  });
  EXPECT_TRUE(run(killed, options_).error);
  const Tree left = read_tree(replica_);
  ASSERT_TRUE(left.contains(".sync-txn/0/1/d") || left.contains(".sync-txn/1/1/d"));
  // And the old content of one file can't be looked at.
  FaultyFileSystem fs;
  fs.intercept([](const CallInfo& call) {
    return call.call == Call::kStatusAt && call.name == "3" ? EIO : 0;
  });
  EXPECT_TRUE(run(fs, options_).conflicts);
  std::vector<std::string> kept;
  for (const auto& [path, entry] : read_tree(replica_)) {
    if (path.starts_with(".sync-txn/conflict/")) kept.push_back(entry.content);
  }
  EXPECT_THAT(kept, Contains("the old b"));
  EXPECT_THAT(kept, Not(Contains("d")));
}

}  // namespace
}  // namespace foldersync
