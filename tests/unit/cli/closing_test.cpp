#include "cli/console/closing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/columns.h"

namespace foldersync {
namespace {

using testing::HasSubstr;

constexpr const char* kSummary =
    "done: create 32,232, update 2,042, metadata 13,668, delete 1,204 (1.1 GiB), write 112.5 MiB, "
    "unchanged 40,211, 12.43 s";

std::string block(const Closing& closing, std::size_t columns = 80) {
  return closing_block(closing, columns, Colour::kOff);
}

std::string block_of(std::vector<Cause> causes, std::size_t columns = 80) {
  return block({.level = Level::kWarning,
                .summary = "done",
                .failed = "exit 3, some of it failed",
                .causes = std::move(causes)},
               columns);
}

TEST(ClosingBlock, WhatFitsIsOneLine) {
  EXPECT_EQ(block({.summary = "done: unchanged 3, 0.01 s"}), "done: unchanged 3, 0.01 s\n");
  EXPECT_EQ(block({.summary = kSummary}, 200), std::string(kSummary) + "\n");
}

TEST(ClosingBlock, ASummaryIsBrokenBetweenItsFiguresAndNoneIsLost) {
  EXPECT_EQ(block({.summary = kSummary}),
            "done: create 32,232, update 2,042, metadata 13,668, delete 1,204 (1.1 GiB),\n"
            "  write 112.5 MiB, unchanged 40,211, 12.43 s\n");
  EXPECT_EQ(block({.summary = kSummary}, 40),
            "done: create 32,232, update 2,042,\n"
            "  metadata 13,668,\n"
            "  delete 1,204 (1.1 GiB),\n"
            "  write 112.5 MiB, unchanged 40,211,\n"
            "  12.43 s\n");
}

TEST(ClosingBlock, WhatIsLongerThanALineIsBrokenBetweenWords) {
  EXPECT_EQ(
      block({.summary = "nothing changed, because all or nothing was asked for: delete 1"}, 40),
      "nothing changed, because all or nothing\n"
      "  was asked for: delete 1\n");
}

TEST(ClosingBlock, ThousandsOfOneCauseAreOneLine) {
  EXPECT_EQ(block_of({{"open in the source: Permission denied (EACCES)", 2250, "private/key"},
                      {"rename: Input/output error (EIO)", 1, "a"}}),
            "done\n"
            "exit 3, some of it failed:\n"
            "  2,250  open in the source: Permission denied (EACCES): private/key\n"
            "      1  rename: Input/output error (EIO): a\n");
}

TEST(ClosingBlock, OnANarrowTerminalTheExampleHasALineOfItsOwnAndLosesItsMiddle) {
  EXPECT_EQ(block_of({{"open in the source: Permission denied (EACCES)", 2250,
                       "private/and/rather/deep/below/key"}},
                     40),
            "done\n"
            "exit 3, some of it failed:\n"
            "  2,250  open in the source: Permission\n"
            "         denied (EACCES):\n"
            "         private/and/ra...deep/below/key\n");
}

TEST(ClosingBlock, WideNamesAreMeasuredByWhatIsSeen) {
  const std::string text = block_of({{"open: Permission denied (EACCES)", 1,
                                      "\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57"
                                      "\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57"}},
                                    40);
  EXPECT_THAT(text, HasSubstr("...")) << text;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(columns_of(std::string_view(text).substr(begin, end - begin)), 40U) << text;
    begin = end + 1;
  }
}

TEST(ClosingBlock, OfManyCausesTheMostFrequentOnesAreTold) {
  Causes causes;
  for (int which = 0; which < 1000; ++which) {
    for (int time = 0; time < (which < 3 ? 5 : 1); ++time)
      causes.add("cause " + std::to_string(which), "path " + std::to_string(time));
  }
  const std::string text = block_of(causes.sorted());
  EXPECT_THAT(text, HasSubstr("    5  cause 0: path 0\n    5  cause 1: path 0\n"));
  EXPECT_THAT(text, HasSubstr("  990  for other reasons\n"));
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 13);
}

TEST(ClosingBlock, WithoutCausesTheExitCodeStandsAlone) {
  EXPECT_EQ(block_of({}), "done\nexit 3, some of it failed\n");
}

TEST(ClosingBlock, ACommandIsNeverCut) {
  const std::string command = "sync apply " + std::string(100, 'x');
  EXPECT_EQ(
      block({.summary = "done", .next = {{"it is kept, and this takes it back", command}}}, 40),
      "done\nnext: it is kept, and this takes it\n  back:\n  " + command + "\n");
}

TEST(ClosingBlock, ColoursEndWhereTheirLineEnds) {
  const Closing closing{.level = Level::kWarning,
                        .summary = "done",
                        .failed = "exit 3",
                        .causes = {{"open: EIO", 1, "a"}}};
  EXPECT_EQ(closing_block(closing, 80, Colour::kOn),
            "\x1b[31mdone\x1b[0m\nexit 3:\n\x1b[31m  1  open: EIO: a\x1b[0m\n");
}

TEST(ShellWord, IsQuotedWhereThatIsNeeded) {
  EXPECT_EQ(shell_word("/data/a-b_c.d"), "/data/a-b_c.d");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("/a b/$HOME"), "'/a b/$HOME'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("caf\u00e9 \\n"), "'caf\u00e9 \\n'");
  EXPECT_EQ(shell_word("a\nb\x1b'\\"), "$'a\\012b\\033\\'\\\\'");
  EXPECT_EQ(shell_word("\xff"), "$'\\377'");
}

}  // namespace
}  // namespace foldersync
