#include "scan/on_threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace foldersync {
namespace {

TEST(OnThreads, CallsOnceForEachNumberAndTheFirstOnTheCallersThread) {
  std::array<int, 5> calls{};
  std::array<std::thread::id, 5> threads;
  on_threads(4, [&](std::size_t thread) {
    ++calls.at(thread);
    threads.at(thread) = std::this_thread::get_id();
  });
  EXPECT_THAT(calls, testing::ElementsAre(1, 1, 1, 1, 0));
  EXPECT_EQ(threads[0], std::this_thread::get_id());
  EXPECT_NE(threads[1], std::this_thread::get_id());
}

TEST(OnThreads, CallsAtLeastOnce) {
  int calls = 0;
  on_threads(0, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace foldersync
