#include "apply/held_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

namespace foldersync {
namespace {

using testing::ElementsAre;

// Keeps what it is told, as "OUTCOME BYTES", with a word for each thing more that is said.
class Ear final : public ApplyObserver {
 public:
  void report(const ActionReport& report) override {
    heard.push_back(std::string(to_string(report.outcome)) + " " + std::to_string(report.bytes) +
                    (report.grown ? " grown" : "") + (report.error ? " error" : "") +
                    (report.drifts.empty() ? "" : " drift"));
  }
  void warn(const std::string& sentence) override { ADD_FAILURE() << sentence; }

  std::vector<std::string> heard;
};

class HeldReportsTest : public testing::Test {
 protected:
  HeldReportsTest() {
    action_.path = RelPath("a");
    ActionReport report;
    report.action = &action_;
    report.bytes = 7;
    report.grown = true;
    held_.report(report);
    report.bytes = 0;
    report.grown = false;
    report.outcome = Outcome::kAlready;
    held_.report(report);
    report.outcome = Outcome::kSkipped;
    report.error = system_error("open", ENOENT);
    held_.report(report);
    report.outcome = Outcome::kError;
    held_.report(report);
    report.outcome = Outcome::kStale;
    report.error.reset();
    report.drifts.push_back({Side::kSource, {"size", "1", "2"}});
    held_.report(report);
  }

  Action action_;
  Ear ear_;
  HeldReports held_{ear_};
};

TEST_F(HeldReportsTest, AreHandedOnAsTheyCame) {
  held_.release();
  EXPECT_THAT(ear_.heard, ElementsAre("ok 7 grown", "already 0", "skipped 0 error", "error 0 error",
                                      "stale 0 drift"));
}

TEST_F(HeldReportsTest, WhatFailedHasWrittenNothingThatCounts) {
  held_.release_as_failed(system_error("fsync", EIO));
  EXPECT_THAT(ear_.heard, ElementsAre("error 0 error", "already 0", "skipped 0 error",
                                      "error 0 error", "stale 0 drift"));
}

TEST_F(HeldReportsTest, WhatIsRolledBackHasNothingElseToSay) {
  held_.release_as_rolled_back();
  EXPECT_THAT(ear_.heard, ElementsAre("rolled_back 0", "rolled_back 0", "rolled_back 0",
                                      "error 0 error", "stale 0 drift"));
}

TEST(HeldReports, OnceTheFileSystemHasGoneNothingFailsAnyMore) {
  Ear ear;
  HeldReports held(ear);
  int looks = 0;
  held.on_failure([&] {
    ++looks;
    return looks == 1 ? success() : Status(system_error("statx", ENOTCONN));
  });
  Action action;
  action.path = RelPath("a");
  ActionReport report;
  report.action = &action;
  report.outcome = Outcome::kError;
  for (const int number : {EACCES, EIO, ENOTCONN, EACCES}) {
    report.error = system_error("open", number);
    held.report(report);
  }
  held.release();
  EXPECT_THAT(ear.heard, ElementsAre("error 0 error", "error 0 error", "skipped 0", "skipped 0"));
  EXPECT_FALSE(held.still_there());
  EXPECT_EQ(looks, 2);
}

}  // namespace
}  // namespace foldersync
