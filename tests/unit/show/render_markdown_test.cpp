#include "show/render_markdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "core/text.h"
#include "plan/order.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

using testing::HasSubstr;

std::string markdown(const Plan& plan, std::size_t most = kCommentBytes) {
  auto text = render_markdown(plan, source_of(plan.actions), most);
  EXPECT_TRUE(text);
  return text ? *text : "";
}

Plan deletions(unsigned count, const std::string& name) {
  Plan plan = test::empty_plan();
  for (unsigned at = 0; at < count; ++at) {
    const std::string path = std::to_string(100'000 + at) + name;
    Action action = test::action_of(Phase::kDelete, Op::kDelete, path, {Reason::kExtra});
    action.before = test::file_of(1, 1);
    plan.actions.push_back(action);
  }
  test::settle_summary(plan);
  return plan;
}

// The lines outside of blocks of code, as CommonMark has them.
std::string outside_code(const std::string& text) {
  std::istringstream lines(text);
  std::string outside;
  std::string fence;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t row = line.find_first_not_of('`');
    const std::size_t length = row == std::string::npos ? line.size() : row;
    if (fence.empty() && length >= 3) {
      fence = std::string(length, '`');
    } else if (!fence.empty() && length >= fence.size() && length == line.size()) {
      fence.clear();
    } else if (fence.empty()) {
      outside += line + "\n";
    }
  }
  EXPECT_EQ(fence, "");
  return outside;
}

TEST(Markdown, ShowsDeletionsFirst) {
  EXPECT_EQ(markdown(test::small_plan()),
            "## Plan 019a0d3e-5b80-7c3a-9f21-0123456789ab\n\n"
            "create 2, update 2, move 1, link 1, metadata 1, delete 1 (9 B), finish 1, "
            "write 1.1 KiB, unchanged 40,211, problems 1\n\n"
            "**INCOMPLETE: not everything could be read; nothing there will be deleted.**\n\n"
            "```\n"
            "source  /data/src\n"
            "replica /mnt/replica\n"
            "option  --max-delete 50%\n"
            "option  rule '*.o'\n"
            "option  rule 'caf\\xe9/'\n"
            "guard max-delete: 1 of 40,215, limit 50%: ok\n"
            "problem in the source: private/key: open: EACCES\n"
            "skipped lost+found (file-system-own)\n"
            "```\n"
            "\n### Deletions (1, 9 B)\n\n"
            "```diff\n- delete old\\u{202e}.txt 9 B\n```\n"
            "\n### Look twice (1): 1 to root\n\n"
            "```diff\n! metadata null (owner); caution: owner 1 becomes root\n```\n"
            "\n### Largest writes (2, 1.1 KiB)\n\n"
            "```diff\n! update docs/a.txt 1.0 KiB\n+ create caf\\xe9.txt 124 B\n```\n"
            "\n### Other changes (5)\n\n"
            "```diff\n"
            "! link docs/b.txt to docs/a.txt 1.0 KiB\n"
            "! move docs/new/c from docs/c 5 B\n"
            "+ create docs/new/\n"
            "! update latest -> docs/new\n"
            "! metadata null (owner); caution: owner 1 becomes root\n"
            "```\n");
}

TEST(Markdown, NamesMeanNothingInIt) {
  const std::string hostile = "````|<b>@all<b>```` [x](y) *";
  const std::string text = markdown(deletions(3, hostile));
  EXPECT_THAT(text, HasSubstr("`````diff\n- delete 100000" + hostile));
  EXPECT_EQ(outside_code(text).find("<b>"), std::string::npos);
}

TEST(Markdown, IsCutToTheLimitAtAnEndOfALineAndSaysHowManyAreLeftOut) {
  for (const std::size_t length : {1U, 200U, 5000U}) {
    for (const char byte : {'x', '`'}) {
      std::string name(std::min<std::size_t>(length, 200), byte);
      while (name.size() < length) name += "/" + std::string(200, byte);
      const Plan plan = deletions(3000, name);
      const std::string text = markdown(plan, 20'000);
      EXPECT_LE(text.size(), 20'000U);
      std::size_t shown = 0;
      for (std::size_t at = 0; (at = text.find("\n- delete ", at)) != std::string::npos; ++at)
        ++shown;
      EXPECT_THAT(text, HasSubstr("**" + human_count(3000 - shown) +
                                  " more are left out of this comment.**\n"));
      (void)outside_code(text);
    }
  }
}

TEST(Markdown, SaysSoWhereThereIsNothingToDo) {
  EXPECT_THAT(markdown(test::empty_plan()), HasSubstr("\nNothing to do.\n"));
}

}  // namespace
}  // namespace foldersync
