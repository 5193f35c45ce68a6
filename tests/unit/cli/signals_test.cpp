#include "cli/process/signals.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>

namespace foldersync {
namespace {

// Whether a wait ends before its time is over. Nothing but a wake can do that, however slow all is.
bool is_woken(const Signals& signals) {
  constexpr double kSeconds = 0.05;
  const std::atomic<bool> ended{false};
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(signals.wait_for_wish(ended, kSeconds));
  return std::chrono::steady_clock::now() - begin < std::chrono::duration<double>(kSeconds);
}

TEST(Signals, WhoWaitsLaterIsNotWokenByWhatWasForAnother) {
  const Signals signals(HangUp::kStops);
  signals.wake();
  signals.wake();
  signals.forget_wakes();
  EXPECT_FALSE(is_woken(signals));
}

TEST(Signals, AQuestionThatNobodyHasAnsweredStillWakes) {
  const Signals signals(HangUp::kStops);
  ASSERT_EQ(0, ::raise(SIGUSR1));
  signals.forget_wakes();
  // Until then it may be over: that it is told matters, not when.
  const std::atomic<bool> ended{false};
  EXPECT_TRUE(signals.wait_for_wish(ended, std::nullopt));
  EXPECT_TRUE(signals.take_progress_wish());
}

}  // namespace
}  // namespace foldersync
