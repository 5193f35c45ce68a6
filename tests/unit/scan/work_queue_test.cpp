#include "scan/work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(WorkQueue, AWorkerTakesTheFirstOfItsNewestItemsNext) {
  WorkQueue<int> queue(1);
  std::vector<int> items{1, 2};
  queue.add(0, items);
  EXPECT_THAT(items, IsEmpty());
  std::vector<int> order;
  while (auto item = queue.take(0)) {
    order.push_back(*item);
    std::vector<int> found;
    if (*item == 1) found = {11, 12};
    queue.add(0, found);
    queue.finished();
  }
  EXPECT_THAT(order, ElementsAre(1, 11, 12, 2));
}

TEST(WorkQueue, AnIdleWorkerTakesTheOldestItemOfAnother) {
  WorkQueue<int> queue(2);
  std::vector<int> items{1, 2, 3};
  queue.add(0, items);
  EXPECT_EQ(queue.take(1), 3);
  EXPECT_EQ(queue.take(0), 1);
}

TEST(WorkQueue, ThatIsFinishedGivesNothing) {
  WorkQueue<int> queue(2);
  std::vector<int> items{1};
  queue.add(0, items);
  ASSERT_EQ(queue.take(0), 1);
  queue.finished();
  EXPECT_EQ(queue.take(0), std::nullopt);
  EXPECT_EQ(queue.take(1), std::nullopt);
}

TEST(WorkQueue, ThatIsStoppedGivesNothingThoughItemsAreLeft) {
  WorkQueue<int> queue(1);
  std::vector<int> items{1, 2};
  queue.add(0, items);
  queue.stop();
  EXPECT_EQ(queue.take(0), std::nullopt);
}

TEST(WorkQueue, StoppingWakesWorkersThatWait) {
  WorkQueue<int> queue(2);
  std::vector<int> items{1};
  queue.add(0, items);
  ASSERT_EQ(queue.take(0), 1);  // and never finished: the other has to wait
  std::thread waiting([&] { EXPECT_EQ(queue.take(1), std::nullopt); });
  queue.stop();
  waiting.join();
}

TEST(WorkQueue, WorkersBeyondTheActiveOnesGetNothingAndWhatTheyHoldIsForTheOthers) {
  WorkQueue<int> queue(2, 1);
  std::vector<int> items{1, 2};
  queue.add(1, items);
  EXPECT_EQ(queue.try_take(1), std::nullopt);
  EXPECT_EQ(queue.take(0), 2);
  queue.set_active(2);
  EXPECT_EQ(queue.take(1), 1);
}

TEST(WorkQueue, AWorkerThatBecomesActiveIsWokenAndOneThatIsNoLongerEndsWithTheWork) {
  WorkQueue<int> queue(2, 1);
  std::vector<int> items{1, 2};
  queue.add(0, items);
  std::latch taken(1);
  std::thread other([&] {
    EXPECT_EQ(queue.take(1), 2);
    taken.count_down();
    queue.set_active(1);
    queue.finished();
    EXPECT_EQ(queue.take(1), std::nullopt);
  });
  EXPECT_EQ(queue.take(0), 1);
  queue.set_active(2);
  taken.wait();
  queue.finished();
  EXPECT_EQ(queue.take(0), std::nullopt);
  other.join();
}

TEST(WorkQueue, StoppingWakesWorkersThatAreNotActive) {
  WorkQueue<int> queue(2, 1);
  std::vector<int> items{1};
  queue.add(0, items);
  std::thread waiting([&] { EXPECT_EQ(queue.take(1), std::nullopt); });
  queue.stop();
  waiting.join();
}

// A tree of items that every thread helps to find: each once, and all threads end.
TEST(WorkQueue, ManyThreadsTakeEachItemOnceAndAllEnd) {
  constexpr int kLeaves = 1 << 12;
  for (const std::size_t threads : {1U, 2U, 8U}) {
    WorkQueue<int> queue(threads);
    std::vector<std::atomic<int>> taken(2 * kLeaves);
    std::vector<int> first{1};
    queue.add(0, first);
    const auto work = [&](std::size_t worker) {
      std::vector<int> found;
      while (const auto item = queue.take(worker)) {
        ++taken[static_cast<std::size_t>(*item)];
        if (*item < kLeaves) found = {2 * *item, 2 * *item + 1};
        queue.add(worker, found);
        queue.finished();
      }
    };
    std::vector<std::thread> others;
    for (std::size_t worker = 1; worker < threads; ++worker) others.emplace_back(work, worker);
    work(0);
    for (std::thread& other : others) other.join();
    for (std::size_t item = 1; item < taken.size(); ++item) ASSERT_EQ(taken[item], 1) << item;
  }
}

TEST(WorkQueue, HoldsItemsThatCanOnlyBeMoved) {
  WorkQueue<std::unique_ptr<int>> queue(1);
  std::vector<std::unique_ptr<int>> items;
  items.push_back(std::make_unique<int>(7));
  queue.add(0, items);
  const auto item = queue.take(0);
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(**item, 7);
}

}  // namespace
}  // namespace foldersync
