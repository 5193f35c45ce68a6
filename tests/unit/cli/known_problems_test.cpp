#include "cli/kept/known_problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/disk_tree.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Lines final : public Log {
 public:
  void write(Level, const std::string& line, const std::string&) override { lines.push_back(line); }
  void detail(const std::string&, const std::string&) override {}
  void expect(std::uint64_t) override {}
  void close(const Closing&) override {}
  void flush() override {}
  Status reopen() override { return success(); }
  Result<bool> reopen_if_moved() override { return false; }
  [[nodiscard]] std::string listing_command() const override { return {}; }
  [[nodiscard]] bool file_fails() const override { return false; }
  void know_file_fails(bool) override {}
  [[nodiscard]] ConsoleState console_state() const override { return ConsoleState::kWorks; }

  std::vector<std::string> lines;
};

class KnownProblemsTest : public testing::Test {
 protected:
  // What a cycle tells that has such problems.
  std::vector<std::string> cycle(const std::vector<std::string>& problems,
                                 bool was_all_tried = true) {
    Lines log;
    known_->begin(carried_);
    log.filter_problems(known_.get());
    for (const std::string& problem : problems) log.problem(problem, problem, {});
    known_->end(log, carried_, was_all_tried);
    return log.lines;
  }

  ScratchFolder scratch_;
  Carried carried_;
  std::unique_ptr<KnownProblems> known_ =
      KnownProblems::in({"", scratch_ / "missing", scratch_.path()});
};

TEST_F(KnownProblemsTest, WhatIsAsBeforeIsOneLine) {
  EXPECT_THAT(cycle({"a", "b", "c"}), ElementsAre("a", "b", "c"));
  for (int again = 0; again < 3; ++again) {
    EXPECT_THAT(cycle({"a", "b", "c"}),
                ElementsAre("3 problems as in the cycle before (first: a)"));
  }
  EXPECT_THAT(cycle({"b"}),
              ElementsAre("1 problem as in the cycle before: b", "no longer: a", "no longer: c"));
}

TEST_F(KnownProblemsTest, WhatIsNewIsTold) {
  cycle({"a"});
  EXPECT_THAT(cycle({"a", "b"}), ElementsAre("b", "1 problem as in the cycle before: a"));
  EXPECT_THAT(cycle({"b", "a"}), ElementsAre("2 problems as in the cycle before (first: b)"));
}

TEST_F(KnownProblemsTest, WhatWasGoneIsNewAgain) {
  cycle({"a"});
  EXPECT_THAT(cycle({}), ElementsAre("no longer: a"));
  EXPECT_THAT(cycle({}), IsEmpty());
  EXPECT_THAT(cycle({"a"}), ElementsAre("a"));
}

TEST_F(KnownProblemsTest, ACycleThatWasStoppedSaysOfNothingThatItIsGone) {
  cycle({"a", "b", "c"});
  EXPECT_THAT(cycle({"b", "new"}, false),
              ElementsAre("new", "1 problem as in the cycle before: b"));
  EXPECT_THAT(cycle({}, false), IsEmpty());
  EXPECT_THAT(cycle({"a", "b", "c", "new"}),
              ElementsAre("4 problems as in the cycle before (first: a)"));
}

TEST_F(KnownProblemsTest, TwoPlansOfACycleHaveAProblemOnce) {
  cycle({"a", "a"});
  EXPECT_THAT(cycle({"a", "a"}), ElementsAre("1 problem as in the cycle before: a"));
  EXPECT_THAT(cycle({}), ElementsAre("no longer: a"));
}

TEST_F(KnownProblemsTest, WhatIsForgottenIsToldOnceMore) {
  cycle({"a"});
  forget_problems(carried_);
  EXPECT_THAT(cycle({"a"}), ElementsAre("a"));
  EXPECT_THAT(cycle({"a"}), SizeIs(1));
}

TEST_F(KnownProblemsTest, ManyAreKept) {
  std::vector<std::string> many;
  for (int number = 0; number < 3'000; ++number)
    many.push_back(std::string(50, 'x') + std::to_string(number));
  EXPECT_THAT(cycle(many), SizeIs(3'000));
  EXPECT_THAT(cycle(many), SizeIs(1));
  many.pop_back();
  EXPECT_THAT(cycle(many), SizeIs(2));
}

TEST_F(KnownProblemsTest, WhatIsTooMuchForTheFileIsToldEachTime) {
  const std::string large(40 << 20, 'x');
  EXPECT_THAT(cycle({large, large + "y"}), SizeIs(2));
  EXPECT_THAT(cycle({large, large + "y"}), SizeIs(2));
  EXPECT_THAT(cycle({"a"}), SizeIs(2));
}

TEST_F(KnownProblemsTest, WithoutAPlaceForFilesThereIsNone) {
  EXPECT_EQ(KnownProblems::in({"", scratch_ / "missing"}), nullptr);
}

}  // namespace
}  // namespace foldersync
