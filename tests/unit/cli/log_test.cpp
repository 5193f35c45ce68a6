#include "cli/console/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "support/disk_tree.h"

namespace foldersync {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::MatchesRegex;

class LogTest : public testing::Test {
 protected:
  std::unique_ptr<Log> open(Verbosity verbosity = Verbosity::kNormal, bool colour = false) {
    auto log = Log::open({file_, verbosity, colour});
    EXPECT_TRUE(log.ok());
    return log.ok() ? std::move(*log) : nullptr;
  }

  // What `write` puts on standard output and standard error.
  template <class Write>
  std::pair<std::string, std::string> console(Write write, Verbosity verbosity,
                                              bool colour = false) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    {
      const auto log = open(verbosity, colour);
      write(*log);
    }
    std::string out = testing::internal::GetCapturedStdout();
    return {std::move(out), testing::internal::GetCapturedStderr()};
  }

  static void write_all_kinds(Log& log) {
    log.info("informed");
    log.warn("warned");
    log.error("failed");
    log.detail("detailed");
  }

  [[nodiscard]] std::string logged() const { return bytes_of(file_); }

  ScratchFolder scratch_;
  std::string file_ = scratch_ / "log.txt";
};

TEST_F(LogTest, ALineHasATimeInUtcALevelAndItsText) {
  console([](Log& log) { log.info("create docs/new/a.txt 1.2 KiB"); }, Verbosity::kQuiet);
  EXPECT_THAT(logged(),
              MatchesRegex("[0-9]+-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
                           "\\.[0-9][0-9][0-9]Z INFO create docs/new/a\\.txt 1\\.2 KiB\n"));
}

TEST_F(LogTest, TheFileGetsEverythingWhateverTheConsoleShows) {
  for (const Verbosity verbosity : {Verbosity::kQuiet, Verbosity::kNormal, Verbosity::kVerbose}) {
    ::unlink(file_.c_str());
    console(write_all_kinds, verbosity, true);
    EXPECT_THAT(logged(),
                ContainsRegex("INFO informed\n.*WARN warned\n.*ERROR failed\n.*INFO detailed\n"));
    EXPECT_EQ(logged().find('\033'), std::string::npos);
  }
}

TEST_F(LogTest, TheConsoleShowsByVerbosityAndTroublesOnStandardError) {
  const auto quiet = console(write_all_kinds, Verbosity::kQuiet);
  EXPECT_EQ(quiet.first, "");
  EXPECT_THAT(quiet.second, HasSubstr("WARN warned\n"));
  EXPECT_THAT(quiet.second, HasSubstr("ERROR failed\n"));
  const auto normal = console(write_all_kinds, Verbosity::kNormal);
  EXPECT_THAT(normal.first, HasSubstr("INFO informed\n"));
  EXPECT_THAT(normal.first, testing::Not(HasSubstr("detailed")));
  const auto verbose = console(write_all_kinds, Verbosity::kVerbose);
  EXPECT_THAT(verbose.first, HasSubstr("INFO detailed\n"));
}

TEST_F(LogTest, ColoursAreOnlyWhereTheyAreWanted) {
  EXPECT_THAT(console(write_all_kinds, Verbosity::kNormal, true).second, HasSubstr("\033[31m"));
  EXPECT_THAT(console(write_all_kinds, Verbosity::kNormal, false).second,
              testing::Not(HasSubstr("\033")));
}

TEST_F(LogTest, WhatLooksLikeAFormatIsText) {
  console([](Log& log) { log.info("create {} %s %v {0} %"); }, Verbosity::kQuiet);
  EXPECT_THAT(logged(), HasSubstr("INFO create {} %s %v {0} %\n"));
}

TEST_F(LogTest, ANewFileIsTheCallersAloneAndAnOldOneIsAppendedTo) {
  const mode_t before = ::umask(0);
  console([](Log& log) { log.info("first"); }, Verbosity::kQuiet);
  ::umask(before);
  EXPECT_EQ(read_tree(scratch_.path()).at("log.txt").mode, 0600U);
  console([](Log& log) { log.info("second"); }, Verbosity::kQuiet);
  EXPECT_THAT(logged(), ContainsRegex("first\n.*second\n"));
}

TEST_F(LogTest, ALineThatAKilledRunTorePutsNoOtherOutOfLine) {
  write_file(file_, "2026-11-22T18:40:00.123Z INFO crea");
  console([](Log& log) { log.info("next"); }, Verbosity::kQuiet);
  EXPECT_THAT(logged(), ContainsRegex("INFO crea\n[0-9-]+T.*next\n"));
}

TEST_F(LogTest, WhatMustBeALogIsNotAppendedToWhereItIsNone) {
  const LogSettings own{file_, Verbosity::kQuiet, false, true};
  for (const std::string theirs :
       {"precious", "\n", "2026-11-22T18:40:00.123Z", "2026-11-22T18:40:00.123Z mine\n",
        "2026-11-22 18:40:00.123Z INFO it\n", "x2026-11-22T18:40:00.123Z INFO it\n"}) {
    write_file(file_, theirs);
    const auto log = Log::open(own);
    ASSERT_FALSE(log.ok()) << theirs;
    EXPECT_EQ(log.error().code, ErrorCode::kRefused);
    EXPECT_EQ(logged(), theirs);
  }
  for (const std::string ours :
       {"", "2026-11-22T18:40:00.123Z INFO it\n", "2026-11-22T18:40:00.123Z WARN torn",
        "2026-11-22T18:40:00.123Z ERROR it\n",
        R"({"time":"2026-11-22T18:40:00.123Z","level":"info","message":"it"})"}) {
    write_file(file_, ours);
    EXPECT_TRUE(Log::open(own).ok()) << ours;
  }
}

TEST_F(LogTest, WhatTakesThePlaceOfALogIsNotAppendedToWhereItIsNone) {
  auto log = Log::open({file_, Verbosity::kQuiet, false, true});
  ASSERT_TRUE(log.ok());
  (*log)->info("ours");
  (*log)->flush();
  EXPECT_TRUE((*log)->reopen().ok()) << "what it wrote itself is a log";
  std::filesystem::remove(file_);
  write_file(file_, "precious");
  EXPECT_FALSE((*log)->reopen_if_moved().ok());
  log->reset();
  EXPECT_EQ(logged(), "precious");
}

TEST_F(LogTest, OnlyARegularFileIsALogAndNothingIsWaitedFor) {
  plant({{"dir", directory()}, {"link", symlink("target")}, {"pipe", fifo()}}, scratch_.path());
  for (const char* name : {"dir", "link", "pipe", "missing/log.txt"}) {
    const auto log = Log::open({scratch_ / name, Verbosity::kQuiet, false});
    ASSERT_FALSE(log.ok()) << name;
    EXPECT_EQ(log.error().code, ErrorCode::kRefused) << name;
    EXPECT_EQ(log.error().path, scratch_ / name);
  }
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "target"));
}

TEST_F(LogTest, ProgramsGetAnObjectALine) {
  {
    const auto log =
        Log::open({.file = file_, .verbosity = Verbosity::kQuiet, .form = LogForm::kJson});
    ASSERT_TRUE(log.ok());
    (*log)->info(R"(a "b" c)");
    (*log)->write(Level::kWarning, "gone", R"("path":"d")");
    (*log)->detail("more");
  }
  const std::string time = R"(\{"time":"20[0-9-]*T[0-9:]*\.[0-9][0-9][0-9]Z",)";
  EXPECT_THAT(logged(), MatchesRegex(time + R"("level":"info","message":"a \\"b\\" c"\})" + "\n" +
                                     time + R"("level":"warning","message":"gone","path":"d"\})" +
                                     "\n" + time + R"("level":"info","message":"more"\})" + "\n"));
}

TEST_F(LogTest, ALogOnStandardOutputIsAllOfItAndAllThereIs) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  {
    const auto log = Log::open({.file = {}, .verbosity = Verbosity::kQuiet, .is_console = true});
    write_all_kinds(**log);
  }
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              ContainsRegex("INFO informed\n.*WARN warned\n.*ERROR failed\n.*INFO detailed\n"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(LogTest, TheJournalGetsHowUrgentALineIsInPlaceOfTheTime) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  struct stat error {};
  ASSERT_EQ(::fstat(STDERR_FILENO, &error), 0);
  const std::string stream = std::to_string(error.st_dev) + ":" + std::to_string(error.st_ino);
  ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
  {
    const auto log = open(Verbosity::kNormal, true);
    write_all_kinds(*log);
  }
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "<4>WARN warned\n<3>ERROR failed\n");
  EXPECT_THAT(testing::internal::GetCapturedStdout(), MatchesRegex("20.*Z INFO informed\n"));
  EXPECT_THAT(logged(), ContainsRegex("Z WARN warned\n"));
}

class Filter final : public ProblemFilter {
 public:
  bool is_news(const std::string& key, const std::string&) override { return key == "new"; }
};

TEST_F(LogTest, AProblemThatIsNoNewsHasNoLine) {
  Filter filter;
  const auto said = console(
      [&](Log& log) {
        log.problem("old", "told", {});
        log.filter_problems(&filter);
        log.problem("old", "known", {});
        log.problem("new", "told too", {});
      },
      Verbosity::kQuiet);
  EXPECT_THAT(said.second, ContainsRegex("ERROR told\n.*ERROR told too\n"));
  EXPECT_THAT(said.second, testing::Not(HasSubstr("known")));
}

TEST_F(LogTest, WithoutAFileThereIsTheConsole) {
  file_.clear();
  EXPECT_THAT(console(write_all_kinds, Verbosity::kNormal).first, HasSubstr("informed"));
}

TEST_F(LogTest, AfterReopeningLinesGoToTheFileOfThatName) {
  console(
      [&](Log& log) {
        log.info("before");
        ASSERT_EQ(::rename(file_.c_str(), (scratch_ / "log.1").c_str()), 0);
        log.info("still the old one");
        ASSERT_TRUE(log.reopen().ok());
        log.info("after");
      },
      Verbosity::kQuiet);
  EXPECT_THAT(bytes_of(scratch_ / "log.1"), ContainsRegex("before\n.*still the old one\n"));
  EXPECT_THAT(logged(), HasSubstr("after"));
  EXPECT_THAT(logged(), testing::Not(HasSubstr("before")));
}

TEST_F(LogTest, AFileThatCannotBeReopenedKeepsTheOldOne) {
  console(
      [&](Log& log) {
        ASSERT_EQ(::rename(file_.c_str(), (scratch_ / "log.1").c_str()), 0);
        ASSERT_EQ(::mkdir(file_.c_str(), 0700), 0);
        EXPECT_FALSE(log.reopen().ok());
        log.info("not lost");
      },
      Verbosity::kQuiet);
  EXPECT_THAT(bytes_of(scratch_ / "log.1"), HasSubstr("not lost"));
}

TEST_F(LogTest, AFileThatIsMovedOrRemovedIsNoticed) {
  console(
      [&](Log& log) {
        EXPECT_FALSE(log.reopen_if_moved().value());
        log.info("before");
        log.flush();
        ASSERT_EQ(::unlink(file_.c_str()), 0);
        EXPECT_TRUE(log.reopen_if_moved().value());
        log.info("after");
      },
      Verbosity::kQuiet);
  EXPECT_THAT(logged(), HasSubstr("after"));
}

TEST_F(LogTest, FlushedLinesAreInTheFileAtOnce) {
  const auto log = open(Verbosity::kQuiet);
  log->info("a line");
  log->flush();
  EXPECT_THAT(logged(), HasSubstr("a line\n"));
}

TEST_F(LogTest, ManyLinesArriveInOrderAndComplete) {
  console(
      [](Log& log) {
        for (int i = 0; i < 5000; ++i) log.info("line " + std::to_string(i));
      },
      Verbosity::kQuiet);
  const std::string text = logged();
  std::size_t at = 0;
  for (int i = 0; i < 5000; ++i) {
    at = text.find("INFO line " + std::to_string(i) + "\n", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

}  // namespace
}  // namespace foldersync
