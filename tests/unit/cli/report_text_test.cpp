#include "cli/console/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace foldersync {
namespace {

using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

Action link_action() {
  Action action;
  action.op = Op::kLink;
  action.path = RelPath("d/\xff");
  action.other = RelPath("a");
  return action;
}

TEST(ReportText, AnActionIsOneLineWithAllThatIsToSay) {
  const Action action = link_action();
  ActionReport report;
  report.seq = 7;
  report.action = &action;
  report.bytes = 3;
  EXPECT_EQ(report_action(report, 12),
            R"({"event":"action","seq":7,"phase":"write","op":"link","path":"d/\ufffd",)"
            R"("path_b64":"ZC//","to":"a","outcome":"ok","grown":false,"bytes":3,)"
            R"("microseconds":12,"error":null,"drift":[]})"
            "\n");
}

TEST(ReportText, AnErrorHasItsStepItsErrnoAndWhatThereIsToSay) {
  const Action action = link_action();
  ActionReport report;
  report.action = &action;
  report.outcome = Outcome::kError;
  report.error = Error{ErrorCode::kSystem, "open", "a", EACCES, "it\nis so"};
  EXPECT_THAT(
      report_action(report, 0),
      HasSubstr(
          R"("error":{"doing":"open","errno":"EACCES","path":"a","detail":"it\nis so"},"drift")"));
  report.error = Error{ErrorCode::kChanged, "copy", {}, 0, {}};
  EXPECT_THAT(report_action(report, 0), HasSubstr(R"("error":{"doing":"copy","errno":null},)"));
}

TEST(ReportText, EachDriftIsToldWithItsSide) {
  const Action action = link_action();
  ActionReport report;
  report.action = &action;
  report.outcome = Outcome::kStale;
  report.drifts = {{Side::kSource, {"size", "1", "2"}}, {Side::kReplica, {"target", "x", "\xfe"}}};
  EXPECT_THAT(report_action(report, 0),
              EndsWith(R"("drift":[{"side":"source","field":"size","expected":"1","found":"2"},)"
                       R"({"side":"replica","field":"target","expected":"x","found":"\ufffd",)"
                       R"("found_b64":"/g=="}]})"
                       "\n"));
}

TEST(ReportText, DriftsOfTheSourceComeFirst) {
  const Action action = link_action();
  ActionReport report;
  report.action = &action;
  report.outcome = Outcome::kStale;
  report.drifts = {{Side::kReplica, {"size", "1", "2"}},
                   {Side::kSource, {"from", "absent", "file"}},
                   {Side::kReplica, {"mode", "0644", "0600"}},
                   {Side::kSource, {"type", "file", "dir"}}};
  EXPECT_THAT(report_action(report, 0),
              ContainsRegex(R"(source","field":"from".*source","field":"type".*)"
                            R"(replica","field":"size".*replica","field":"mode")"));
}

TEST(ReportText, AProblemHasItsErrnoAsThePlanHasIt) {
  EXPECT_EQ(report_problem({Side::kReplica, RelPath("d"), EACCES, "open"}),
            R"({"event":"problem","path":"d","side":"replica","errno":"EACCES","doing":"open"})"
            "\n");
  EXPECT_THAT(report_problem({Side::kReplica, RelPath("d"), 0, "enter mount"}),
              HasSubstr(R"("errno":"E0")"));
}

TEST(ReportText, WithoutAPlanTheStartHasNone) {
  const std::string line =
      report_start({"run", "/s", "/r", true, false, true, true, {}}, nullptr, {});
  EXPECT_THAT(line,
              StartsWith(R"({"event":"start","format":"sync.report","format_version":"1.0")"));
  EXPECT_THAT(line,
              HasSubstr(R"("plan_id":null,"kind":null,"signed_by":null,"source":{"path":"/s"})"));
  EXPECT_THAT(line, EndsWith(R"("options":{"atomic":true,"durability":"none","dry_run":true,)"
                             R"("stale":"refuse"},"actions":0})"
                             "\n"));
}

TEST(ReportText, TheSummaryHasEveryOutcomeAlsoThoseThatDidNotHappen) {
  ReportEnd end;
  end.outcomes[static_cast<std::size_t>(Outcome::kStale)] = 2;
  end.exit_code = ExitCode::kStale;
  end.undo = "/b/undo.json";
  EXPECT_EQ(report_summary(end, 5),
            R"({"event":"summary","outcomes":{"ok":0,"already":0,"stale":2,"error":0,)"
            R"("skipped":0,"rolled_back":0},"bytes":0,"microseconds":5,"complete":true,)"
            R"("problems":0,"exit_code":4,"undo":"/b/undo.json","error":null})"
            "\n");
}

}  // namespace
}  // namespace foldersync
