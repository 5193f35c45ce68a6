#include "cli/history/attempt_record.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/history/pair_status.h"
#include "cli/history/status_text.h"

namespace foldersync {
namespace {

Attempt begun(const std::string& id, std::int64_t seconds) {
  return {id, "run", "", "/s", "/r", {seconds, 0}, std::nullopt};
}

Attempt ended(const std::string& id, std::int64_t seconds, ExitCode code) {
  Attempt attempt = begun(id, seconds);
  attempt.end = {{seconds + 1, 0}, 1, {.exit_code = code}};
  return attempt;
}

std::vector<KnownPair> read(const std::vector<HistoryLine>& lines, bool has_loop = false) {
  return pairs_in({{"name", lines, has_loop}});
}

TEST(AttemptRecord, ALineIsReadAsItWasWritten) {
  Attempt attempt = ended("1", 1000, ExitCode::kPartial);
  attempt.source = "/s\xff\n\"";
  attempt.job = "photos";
  attempt.interval = 60;
  attempt.end->outcome.done.create = 3;
  attempt.end->outcome.outcomes[static_cast<std::size_t>(Outcome::kError)] = 2;
  attempt.end->outcome.error = "open 'x'";
  attempt.end->next = NextStart{{1060, 5}, 3};
  attempt.standing = {4, FileTime{900, 0}, FileTime{800, 0}};
  const auto read = attempt_in(line_of(attempt));
  ASSERT_TRUE(read && read->end && read->end->next);
  EXPECT_EQ(line_of(*read), line_of(attempt));
  EXPECT_EQ(read->source, attempt.source);
  EXPECT_EQ(read->standing, attempt.standing);
  EXPECT_EQ(read->end->outcome.done.create, 3U);
}

TEST(AttemptRecord, WhatIsNoLineIsPassedOver) {
  for (const std::string line :
       {"", "x", "{}", "[]", R"({"id":"1"})", R"({"id":"1","started":"x"})"})
    EXPECT_FALSE(attempt_in(line)) << line;
}

TEST(AttemptRecord, FailuresInARowAreCountedUpToASuccess) {
  Standing standing = after({}, ended("1", 10, ExitCode::kFailed));
  standing = after(standing, begun("2", 20));
  EXPECT_EQ(standing, (Standing{2, FileTime{10, 0}, std::nullopt}));
  standing = after(standing, ended("3", 30, ExitCode::kDone));
  EXPECT_EQ(standing, (Standing{0, std::nullopt, FileTime{31, 0}}));
}

TEST(AttemptRecord, TheStandingIsCarriedOnFromTheLastLines) {
  Attempt failed = ended("1", 10, ExitCode::kFailed);
  failed.standing = {7, FileTime{1, 0}, std::nullopt};
  Attempt other = ended("2", 20, ExitCode::kDone);
  other.replica = "/other";
  const Attempt now = begun("4", 40);
  EXPECT_EQ(standing_before(now, {line_of(failed), line_of(other)}), failed.standing);
  Attempt killed = begun("3", 30);
  killed.standing = failed.standing;
  EXPECT_EQ(standing_before(now, {line_of(failed), line_of(killed)}).failures, 8U);
  // The line with which it began itself is no earlier attempt.
  EXPECT_EQ(standing_before(killed, {line_of(failed), line_of(killed)}).failures, 7U);
}

TEST(AttemptRecord, WhatHasNoEndRunsOrWasKilled) {
  const auto running = read({{line_of(begun("1", 10)), true}});
  const auto killed = read({{line_of(begun("1", 10)), false}});
  EXPECT_TRUE(status_of(running.at(0), {20, 0}, {}).is_well());
  EXPECT_TRUE(status_of(killed.at(0), {20, 0}, {}).has_failed);
}

TEST(AttemptRecord, OneThatOthersOvertookComesLast) {
  const auto pairs = read({{line_of(begun("1", 10))},
                           {line_of(ended("2", 11, ExitCode::kLocked))},
                           {line_of(ended("1", 10, ExitCode::kDone))}});
  ASSERT_EQ(pairs.at(0).attempts.size(), 2U);
  EXPECT_EQ(pairs[0].last().id, "1");
  EXPECT_TRUE(status_of(pairs[0], {20, 0}, {}).is_well());
}

TEST(AttemptRecord, ALoopIsOverdueAMinuteAfterItsTimeUnlessItWasToldToStop) {
  Attempt attempt = ended("1", 0, ExitCode::kDone);
  attempt.interval = 100;
  attempt.end->next = NextStart{{100, 0}, 5};
  const std::vector<HistoryLine> lines{{line_of(attempt)}};
  EXPECT_FALSE(status_of(read(lines, true).at(0), {165, 0}, {}).is_overdue);
  EXPECT_TRUE(status_of(read(lines, true).at(0), {166, 0}, {}).is_overdue);
  EXPECT_TRUE(status_of(read(lines, false).at(0), {166, 0}, {}).is_overdue);
  auto stopped = lines;
  stopped.push_back({loop_end_line("/s", "/r", {2, 0})});
  EXPECT_TRUE(status_of(read(stopped).at(0), {1000, 0}, {}).is_well());
  auto running = lines;
  running.push_back({line_of(begun("2", 100)), true});
  EXPECT_TRUE(status_of(read(running, true).at(0), {1000, 0}, {}).is_well());
}

TEST(AttemptRecord, ASuccessMayBeTooLongAgo) {
  const auto pairs = read({{line_of(ended("1", 0, ExitCode::kFailed))}});
  EXPECT_TRUE(status_of(pairs.at(0), {2, 0}, 1e6).is_too_old);
  Attempt good = ended("1", 0, ExitCode::kDone);
  good.standing = after({}, good);
  const auto other = read({{line_of(good)}});
  EXPECT_FALSE(status_of(other.at(0), {11, 0}, 10.0).is_too_old);
  EXPECT_TRUE(status_of(other.at(0), {12, 0}, 10.0).is_too_old);
}

TEST(StatusText, DurationsAreThoseOfPeople) {
  EXPECT_EQ(human_duration(0), "0 s");
  EXPECT_EQ(human_duration(1.25), "1.2 s");
  EXPECT_EQ(human_duration(60), "1 min");
  EXPECT_EQ(human_duration(3599), "59 min 59 s");
  EXPECT_EQ(human_duration(3600 * 26), "26 h");
  EXPECT_EQ(human_duration(86400 * 3 + 3600), "3 days 1 h");
}

}  // namespace
}  // namespace foldersync
