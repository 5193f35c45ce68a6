#include "show/render_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/text.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string html(const Plan& plan) {
  std::string text;
  Status written = render_html(plan, source_of(plan.actions), [&text](std::string_view piece) {
    text += piece;
    return success();
  });
  EXPECT_TRUE(written);
  return text;
}

TEST(Html, EscapesWhatMeansSomethingToABrowser) {
  EXPECT_EQ(html_text("<a href=\"x\" b='c'>&amp;\xff\n"),
            "&lt;a href=&quot;x&quot; b=&#39;c&#39;&gt;&amp;amp;\\xff\\x0a");
}

TEST(Html, AnyPlanHasTheTagsOfThePageAndNoOthers) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    Plan plan = test::PlanMaker(seed).make(200);
    plan.source.path = "/<script>";
    plan.options.rules.emplace_back("</code><script>");
    plan.tool_version = "<b>";
    const std::string page = html(plan);
    EXPECT_TRUE(is_utf8(page));
    const auto count = [&page](std::string_view text) {
      std::size_t times = 0;
      for (std::size_t at = 0; (at = page.find(text, at)) != std::string::npos; ++at) ++times;
      return times;
    };
    const auto refusing = static_cast<std::size_t>(std::count_if(
        plan.guards.begin(), plan.guards.end(), [](const Guard& guard) { return guard.refused; }));
    EXPECT_EQ(count("<tr class="), refusing);
    EXPECT_EQ(count("<script"), 0U);
    EXPECT_EQ(count("<b>"), count("</b>"));
    for (const char byte : page) {
      EXPECT_TRUE(byte == '\n' || static_cast<unsigned char>(byte) >= 0x20) << int{byte};
    }
  }
}

TEST(Html, ShowsEachPart) {
  const std::string page = html(test::small_plan());
  for (const char* part :
       {"<title>Plan 019a0d3e-5b80-7c3a-9f21-0123456789ab</title>", "<code>/data/src</code>",
        "<code>--max-delete 50%</code><br><code>rule &#39;*.o&#39;</code>", "<b>40,211</b>",
        "1 of 40,215, limit 50%", "problem in the source: private/key: open: EACCES",
        "skipped lost+found (file-system-own)",
        "Incomplete:", "<li class=\"path move\">move docs/new/c from docs/c 5 B</li>",
        "<h2>Look twice (1): 1 to root</h2>\n<ul class=\"list\">\n<li class=\"path caution\">",
        "<li class=\"path update\">update latest -&gt; docs/new</li>", "old\\u{202e}.txt"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_THAT(page, Not(HasSubstr("Denied")));
}

TEST(Html, IsBelowFiveMegabytesWhateverThePlanAndSaysWhatItLeavesOut) {
  Plan plan = test::empty_plan();
  std::string deep;
  for (int level = 0; level < 7; ++level) deep += "/" + std::string(200, 'x');
  for (unsigned i = 0; i < 9000; ++i) {
    const std::string path = std::to_string(100'000 + i) + deep;
    plan.problems.push_back({Side::kSource, RelPath("p" + path), 13, "open"});
    plan.skipped.push_back({RelPath("s" + path), "device"});
    Action action = test::action_of(Phase::kWrite, Op::kCreate, "c" + path, {Reason::kMissing});
    action.after = test::file_of(i, 1);
    action.after->mode = 04777;
    plan.actions.push_back(action);
  }
  for (unsigned i = 0; i < 9000; ++i) {
    const std::string path = "d" + std::to_string(100'000 + i) + deep;
    plan.actions.push_back(test::action_of(Phase::kDelete, Op::kDelete, path, {Reason::kExtra}));
    plan.actions.back().before = test::file_of(i, 1);
  }
  const std::string page = html(plan);
  EXPECT_LT(page.size(), 5'000'000U);
  EXPECT_LT(page.find("Deletions (9,000"), page.find("Look twice (9,000)"));
  const std::string_view row = "<li class=\"path delete\">";
  std::size_t rows = 0;
  for (std::size_t at = 0; (at = page.find(row, at)) != std::string::npos; ++at) ++rows;
  EXPECT_THAT(page, HasSubstr(human_count(9000 - rows) + " more are left out of this page"));
}

}  // namespace
}  // namespace foldersync
