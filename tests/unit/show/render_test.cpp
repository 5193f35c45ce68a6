#include "show/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/text.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

using ::testing::HasSubstr;

std::string render(const Plan& plan, Colour colour) {
  std::string text;
  Status shown = render(plan, stream_of(plan.actions), colour, [&text](std::string_view piece) {
    text += piece;
    return success();
  });
  EXPECT_TRUE(shown);
  return text;
}

TEST(Render, ShowsAPlanALineForEachThing) {
  EXPECT_EQ(render(test::small_plan(), Colour::kOff),
            "create docs/new/\n"
            "create caf\\xe9.txt 124 B\n"
            "update docs/a.txt 1.0 KiB\n"
            "link docs/b.txt to docs/a.txt 1.0 KiB\n"
            "move docs/new/c from docs/c 5 B\n"
            "update latest -> docs/new\n"
            "metadata null (owner); caution: owner 1 becomes root\n"
            "delete old\\u{202e}.txt 9 B\n"
            "finish . (mtime, children)\n"
            "problem in the source: private/key: open: EACCES\n"
            "skipped lost+found (file-system-own)\n"
            "guard max-delete: 1 of 40,215, limit 50%: ok\n"
            "look twice: 1 to root\n"
            "create 2, update 2, move 1, link 1, metadata 1, delete 1 (9 B), finish 1, "
            "write 1.1 KiB, unchanged 40,211, problems 1\n");
}

TEST(Render, SaysSoWhereThereIsNothingToDo) {
  Plan plan = test::empty_plan();
  plan.summary.unchanged = 12;
  EXPECT_EQ(render(plan, Colour::kOff), "Nothing to do.\nunchanged 12\n");
}

TEST(Render, PaintsDeletionsRedCreationsGreenAndChangesYellow) {
  const std::string text = render(test::small_plan(), Colour::kOn);
  EXPECT_THAT(text, HasSubstr("\x1b[32mcreate docs/new/\x1b[0m\n"));
  EXPECT_THAT(text, HasSubstr("\x1b[33mupdate docs/a.txt 1.0 KiB\x1b[0m\n"));
  EXPECT_THAT(text, HasSubstr("\x1b[33mupdate latest -> docs/new\x1b[0m\n"));
  EXPECT_THAT(text,
              HasSubstr("\x1b[1;35mmetadata null (owner); caution: owner 1 becomes root\x1b[0m\n"));
  EXPECT_THAT(text, HasSubstr("\x1b[31mdelete old\\u{202e}.txt 9 B\x1b[0m\n"));
}

TEST(Render, MarksARefusedGuard) {
  Plan plan = test::empty_plan();
  plan.guards = {{"max-delete", "1", 7, 9, true}};
  EXPECT_THAT(render(plan, Colour::kOff),
              HasSubstr("guard max-delete: 7 of 9, limit 1: refused\n"));
}

TEST(Render, LetsNoBytesOfANameReachTheTerminalUnescaped) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Plan plan = test::PlanMaker(seed).make(100);
    const std::string text = render(plan, Colour::kOff);
    EXPECT_TRUE(is_utf8(text));
    for (const char byte : text) {
      const auto value = static_cast<unsigned char>(byte);
      EXPECT_TRUE(byte == '\n' || (value >= 0x20 && value != 0x7F)) << int{byte};
    }
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    const bool warns = text.find("\nlook twice: ") != std::string::npos;
    EXPECT_EQ(lines, plan.actions.size() + plan.problems.size() + plan.skipped.size() +
                         plan.guards.size() + (warns ? 2 : 1));
  }
}

TEST(ActionLine, EndsWithASlashForADirectory) {
  Action action = test::action_of(Phase::kRmdir, Op::kDelete, "old", {Reason::kExtra});
  action.before = test::directory_of(0755);
  EXPECT_EQ(action_line(action), "delete old/");
}

TEST(SummaryLine, LeavesOutWhatIsZero) {
  EXPECT_EQ(summary_line({}), "no entries");
  Summary summary;
  summary.replace = 1;
  summary.remove = 1234;
  summary.bytes_to_delete = 2048;
  EXPECT_EQ(summary_line(summary), "replace 1, delete 1,234 (2.0 KiB)");
  summary.remove = 0;
  EXPECT_EQ(summary_line(summary), "replace 1, delete 2.0 KiB");
}

}  // namespace
}  // namespace foldersync
