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
  Status written = render_html(plan, stream_of(plan.actions), [&text](std::string_view piece) {
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
    EXPECT_EQ(count("<tr class="), plan.actions.size() + refusing);
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
        "skipped lost+found (file-system-own)", "Incomplete:",
        "<tr class=\"move\"><td class=\"op\">move</td><td class=\"path\">docs/new/c<br>"
        "<span class=\"faint\">from docs/c</span></td><td class=\"size\">5 B</td>"
        "<td>missing</td></tr>",
        "latest<br><span class=\"faint\">-&gt; docs/new</span>", "old\\u{202e}.txt"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_THAT(page, Not(HasSubstr("Denied")));
}

}  // namespace
}  // namespace foldersync
