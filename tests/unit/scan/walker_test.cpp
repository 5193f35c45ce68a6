#include "scan/walker.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/path.h"
#include "scan/local_tree.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

// What was seen of one pair.
struct Visit {
  std::vector<std::string> source;
  std::vector<std::string> replica;
  int source_error = 0;
  int replica_error = 0;
};

// Visits every directory that either side has.
class Everything final : public PairVisitor {
 public:
  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children) override {
    const std::lock_guard lock(mutex_);
    const std::string path(pair.path);
    EXPECT_TRUE(visits_.emplace(path, Visit{}).second) << path << " is visited twice";
    if (!path.empty()) {
      const std::size_t slash = path.rfind('/');
      EXPECT_TRUE(visits_.contains(slash == std::string::npos ? "" : path.substr(0, slash)))
          << path;
    }
    EXPECT_LT(pair.worker, threads_);
    Visit& visit = visits_[path];
    std::map<std::string, PairToVisit> found;
    note(pair.source, visit.source, visit.source_error, path, found, &PairToVisit::source);
    note(pair.replica, visit.replica, visit.replica_error, path, found, &PairToVisit::replica);
    for (auto& [name, child] : found) children.push_back(std::move(child));
    if (visits_.size() == fail_after_) return Error{ErrorCode::kRefused, "visit", path, 0, ""};
    if (visits_.size() == stop_after_) stop_ = true;
    return success();
  }

  std::map<std::string, Visit> visits_;
  std::size_t threads_ = 1;
  std::size_t fail_after_ = 0;
  std::size_t stop_after_ = 0;
  std::atomic<bool> stop_{false};

 private:
  static void note(const VisitedDirectory& side, std::vector<std::string>& names, int& error,
                   const std::string& path, std::map<std::string, PairToVisit>& found,
                   std::optional<FileStatus> PairToVisit::*which) {
    if (side.error != nullptr) error = side.error->error_number;
    EntryReader entries = side.entries();
    while (const ListedEntry* const entry = entries.next()) {
      names.emplace_back(entry->name);
      if (!entry->status.is_directory()) continue;
      PairToVisit& child = found[std::string(entry->name)];
      child.path = path.empty() ? std::string(entry->name) : path + "/" + std::string(entry->name);
      child.*which = entry->status;
    }
  }

  std::mutex mutex_;
};

class WalkPairs : public testing::Test {
 protected:
  void plant_both(const Tree& source, const Tree& replica) {
    plant(source, scratch_ / "source");
    plant(replica, scratch_ / "replica");
  }

  Status walk(Everything& visitor, std::size_t threads = 1) {
    return walk(visitor, {threads, &visitor.stop_}, visitor);
  }

  // `all`: what visits in the end.
  Status walk(Everything& all, const WalkOptions& options, PairVisitor& visitor) {
    const Fd source(::open((scratch_ / "source").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const Fd replica(::open((scratch_ / "replica").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto of_source = fs_.status(source.get());
    PairToVisit root{{}, *of_source, std::nullopt};
    if (const auto status = fs_.status(replica.get()); status) root.replica = *status;
    all.threads_ = widest(options);
    const LocalTree of_both[] = {{fs_, source.get()}, {fs_, replica.get()}};
    return walk_pairs({&of_both[0], &of_both[1], root}, options, visitor);
  }

  // A tree of `width` directories in each of `depth` levels.
  static void grow(Tree& tree, const std::string& path, int width, int depth) {
    for (int i = 0; i < width && depth > 0; ++i) {
      const std::string child = (path == "." ? "" : path + "/") + std::to_string(i);
      tree[child] = directory();
      grow(tree, child, width, depth - 1);
    }
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
};

TEST_F(WalkPairs, APairIsReadOnBothSidesAndWhatOneSideLacksIsAbsent) {
  plant_both(
      {{".", directory()}, {"both", directory()}, {"both/x", file("")}, {"left", directory()}},
      {{".", directory()}, {"both", directory()}, {"both/y", file("")}, {"right", directory()}});
  Everything all;
  ASSERT_TRUE(walk(all).ok());
  EXPECT_THAT(all.visits_[""].source, ElementsAre("both", "left"));
  EXPECT_THAT(all.visits_[""].replica, ElementsAre("both", "right"));
  EXPECT_THAT(all.visits_["both"].source, ElementsAre("x"));
  EXPECT_THAT(all.visits_["both"].replica, ElementsAre("y"));
  EXPECT_EQ(all.visits_.size(), 4U);
}

TEST_F(WalkPairs, AMissingReplicaIsAbsentEverywhere) {
  plant({{".", directory()}, {"a", directory()}, {"a/b", directory()}}, scratch_ / "source");
  Everything all;
  ASSERT_TRUE(walk(all).ok());
  EXPECT_EQ(all.visits_.size(), 3U);
  EXPECT_TRUE(all.visits_["a"].replica.empty());
}

TEST_F(WalkPairs, EveryPairIsVisitedOnceAndAfterItsParentOnAnyNumberOfThreads) {
  Tree source{{".", directory()}};
  Tree replica{{".", directory()}};
  grow(source, ".", 5, 4);
  grow(replica, ".", 4, 4);
  plant_both(source, replica);
  for (const std::size_t threads : {1U, 2U, 7U}) {
    Everything all;
    ASSERT_TRUE(walk(all, threads).ok());
    EXPECT_EQ(all.visits_.size(), source.size()) << threads;
  }
}

// Waits in its own way: says by a clock of its own that threads have waited, and holds the first
// one back until another is at work as well.
class Waiting final : public PairVisitor {
 public:
  explicit Waiting(Everything& all) : all_(all) {}

  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children) override {
    {
      std::unique_lock lock(mutex_);
      workers_.insert(pair.worker);
      met_.notify_all();
      if (waits_for_help_ && workers_.size() < 2 && clocks_ > 1) {
        met_.wait(lock, [&] { return workers_.size() > 1; });
      }
    }
    return all_.visit(pair, children);
  }

  // Each look a second later, without any work.
  ThreadTimes look() {
    const std::lock_guard lock(mutex_);
    const auto looks = static_cast<std::uint64_t>(++clocks_);
    return {static_cast<double>(looks), 0, looks, 0};
  }

  std::set<std::size_t> workers_;
  bool waits_for_help_ = false;

 private:
  Everything& all_;
  int clocks_ = 0;
  std::mutex mutex_;
  std::condition_variable met_;
};

TEST_F(WalkPairs, ThreadsThatWaitGetHelpUpToTheBound) {
  Tree source{{".", directory()}};
  grow(source, ".", 8, 3);
  plant_both(source, source);
  Everything all;
  Waiting visitor(all);
  visitor.waits_for_help_ = true;
  const WalkOptions options{1, nullptr, 3, [&] { return visitor.look(); }};
  ASSERT_TRUE(walk(all, options, visitor).ok());
  EXPECT_EQ(all.visits_.size(), source.size());
  EXPECT_THAT(visitor.workers_, testing::Contains(1U));
  EXPECT_LT(*visitor.workers_.rbegin(), 3U);
}

TEST_F(WalkPairs, ThreadsThatWaitGetNoHelpWhereTheyAreAllThatIsAllowed) {
  Tree source{{".", directory()}};
  grow(source, ".", 8, 3);
  plant_both(source, source);
  Everything all;
  Waiting visitor(all);
  const WalkOptions options{1, nullptr, 1, [&] { return visitor.look(); }};
  ASSERT_TRUE(walk(all, options, visitor).ok());
  EXPECT_THAT(visitor.workers_, ElementsAre(0U));
}

TEST_F(WalkPairs, ADirectoryThatCannotBeReadIsToldOfAndTheRestIsVisited) {
  plant_both(
      {{".", directory()}, {"bad", directory()}, {"good", directory()}, {"good/x", file("")}},
      {{".", directory()}});
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kOpenDirectory && info.name == "bad" ? EACCES : 0;
  });
  Everything all;
  ASSERT_TRUE(walk(all).ok());
  EXPECT_EQ(all.visits_["bad"].source_error, EACCES);
  EXPECT_EQ(all.visits_["bad"].replica_error, 0);
  EXPECT_THAT(all.visits_["good"].source, ElementsAre("x"));
}

TEST_F(WalkPairs, ALinkThatTookTheNameOfADirectoryIsNotFollowed) {
  plant_both(
      {{".", directory()}, {"d", directory()}, {"other", directory()}, {"other/secret", file("")}},
      {{".", directory()}});
  fs_.intercept(act_before(Call::kOpenDirectory, "d", [&] {
    ASSERT_EQ(::rmdir((scratch_ / "source/d").c_str()), 0);
    ASSERT_EQ(::symlink("other", (scratch_ / "source/d").c_str()), 0);
  }));
  Everything all;
  ASSERT_TRUE(walk(all).ok());
  EXPECT_NE(all.visits_["d"].source_error, 0);
  EXPECT_TRUE(all.visits_["d"].source.empty());
}

TEST_F(WalkPairs, AnErrorOfTheVisitorEndsTheWalkAndIsItsResult) {
  Tree source{{".", directory()}};
  grow(source, ".", 5, 3);
  plant_both(source, {{".", directory()}});
  for (const std::size_t threads : {1U, 4U}) {
    Everything all;
    all.fail_after_ = 10;
    const Status walked = walk(all, threads);
    ASSERT_FALSE(walked.ok());
    EXPECT_EQ(walked.error().code, ErrorCode::kRefused);
    // Others go on until the thread with the error has told them.
    if (threads == 1) {
      EXPECT_EQ(all.visits_.size(), 10U);
    }
  }
}

TEST_F(WalkPairs, ToldToStopTheWalkEndsAsStopped) {
  Tree source{{".", directory()}};
  grow(source, ".", 5, 3);
  plant_both(source, {{".", directory()}});
  for (const std::size_t threads : {1U, 4U}) {
    Everything all;
    all.stop_after_ = 10;
    const Status walked = walk(all, threads);
    ASSERT_FALSE(walked.ok());
    EXPECT_EQ(walked.error().code, ErrorCode::kStopped);
    EXPECT_LE(all.visits_.size(), 10 + threads);
  }
}

TEST_F(WalkPairs, ToldToStopWhileOneDirectoryIsReadItIsNotVisited) {
  Tree source{{".", directory()}};
  for (int i = 0; i < 3000; ++i) source["entry number " + std::to_string(i)] = file("");
  plant_both(source, {{".", directory()}});
  Everything all;
  fs_.intercept([&](const CallInfo& info) {
    if (info.call == Call::kList) all.stop_ = true;
    return 0;
  });
  const Status walked = walk(all, 1);
  ASSERT_FALSE(walked.ok());
  EXPECT_EQ(walked.error().code, ErrorCode::kStopped);
  EXPECT_TRUE(all.visits_.empty());
  EXPECT_EQ(fs_.calls(Call::kList), 2U) << "one of each side";
}

TEST_F(WalkPairs, LargeDirectoriesAreTheSameToSeveralThreads) {
  constexpr int kEnough = 14'000;  // both sides are read at once, and looked at ahead
  Tree source{{".", directory()}};
  for (int i = 0; i < kEnough; ++i) source[std::to_string(i)] = file("");
  Tree replica = source;
  replica.erase("7");
  source.erase("8");
  plant_both(source, replica);
  std::atomic<bool> others_look{false};
  fs_.intercept([&, own = std::this_thread::get_id()](const CallInfo& info) {
    if (info.call == Call::kStatusAt && std::this_thread::get_id() != own) others_look = true;
    return 0;
  });
  Everything one;
  ASSERT_TRUE(walk(one).ok());
  EXPECT_FALSE(others_look);
  Everything two;
  ASSERT_TRUE(walk(two, 2).ok());
  EXPECT_TRUE(others_look);
  EXPECT_EQ(one.visits_[""].source.size(), source.size() - 1);
  EXPECT_EQ(two.visits_[""].source, one.visits_[""].source);
  EXPECT_EQ(two.visits_[""].replica, one.visits_[""].replica);
}

TEST_F(WalkPairs, TheSameRootsCanBeWalkedAgain) {
  plant_both({{".", directory()}, {"x", file("")}}, {{".", directory()}, {"y", file("")}});
  const Fd source(::open((scratch_ / "source").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Fd replica(::open((scratch_ / "replica").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int round = 0; round < 2; ++round) {
    Everything all;
    PairToVisit root{{}, *fs_.status(source.get()), *fs_.status(replica.get())};
    const LocalTree of_both[] = {{fs_, source.get()}, {fs_, replica.get()}};
    ASSERT_TRUE(walk_pairs({&of_both[0], &of_both[1], root}, {}, all).ok());
    EXPECT_THAT(all.visits_[""].source, ElementsAre("x")) << "round " << round;
    EXPECT_THAT(all.visits_[""].replica, ElementsAre("y")) << "round " << round;
  }
}

}  // namespace
}  // namespace foldersync
