#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <regex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cli/command_line.h"
#include "cli/options/foreign_options.h"
#include "cli/values/nearest.h"
#include "filter/filter.h"
#include "filter/rule_text.h"
#include "support/disk_tree.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Arguments = std::vector<std::string>;

Arguments with(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// A complete `run` with these options.
Arguments run(const Arguments& more) { return with({"run", "-s", "a", "-r", "b"}, more); }

// The options of a command line that must be right.
template <typename Options = RunOptions>
Options parsed(const Arguments& arguments) {
  const ParsedCommandLine line = parse_command_line(arguments);
  EXPECT_TRUE(line.options.has_value()) << testing::PrintToString(arguments) << line.text;
  const Options* options = line.options ? std::get_if<Options>(&*line.options) : nullptr;
  EXPECT_NE(options, nullptr) << testing::PrintToString(arguments);
  return options != nullptr ? *options : Options{};
}

// What is said of a command line that must be wrong.
std::string complaint(const Arguments& arguments) {
  const ParsedCommandLine line = parse_command_line(arguments);
  EXPECT_FALSE(line.options.has_value()) << testing::PrintToString(arguments);
  EXPECT_EQ(line.exit_code, ExitCode::kUsage) << testing::PrintToString(arguments);
  EXPECT_TRUE(line.text.starts_with("sync: ") && line.text.ends_with("\n")) << line.text;
  return line.text;
}

TEST(CommandLine, EachCommandHasOptionsOfItsOwn) {
  EXPECT_EQ(parsed(run({})).folders.source, "a");
  EXPECT_EQ(parsed<PlanCommandOptions>({"plan", "-s", "a", "-r", "b"}).folders.replica, "b");
  EXPECT_EQ(parsed<ApplyOptions>({"apply", "plan.json"}).plan_file, "plan.json");
  EXPECT_EQ(parsed<ApplyOptions>({"apply", "-"}).plan_file, "-");
  EXPECT_EQ(parsed<ScanOptions>({"scan", "-s", "a"}).folder, "a");
  EXPECT_EQ(parsed<ShowOptions>({"show", "plan.json"}).plan_file, "plan.json");
  const auto recover = parsed<RecoverOptions>({"recover", "-r", "b", "--rollback"});
  EXPECT_EQ(recover.replica, "b");
  EXPECT_TRUE(recover.roll_back);
  EXPECT_FALSE(recover.drop_conflicts);
}

TEST(CommandLine, APlanIsShownInOneFormAtATime) {
  EXPECT_EQ(parsed<ShowOptions>({"show", "p"}).form, ShowForm::kReview);
  EXPECT_EQ(parsed<ShowOptions>({"show", "p", "--list"}).form, ShowForm::kList);
  EXPECT_EQ(parsed<ShowOptions>({"show", "--stat", "p"}).form, ShowForm::kStat);
  EXPECT_EQ(parsed<ShowOptions>({"show", "--tree", "-"}).form, ShowForm::kTree);
  EXPECT_EQ(parsed<ShowOptions>({"show", "--html", "-", "p"}).form, ShowForm::kHtml);
  EXPECT_EQ(parsed<ShowOptions>({"show", "--html=f", "p"}).output_file, "f");
  const ShowOptions both = parsed<ShowOptions>({"show", "--diff", "-", "new"});
  EXPECT_EQ(both.form, ShowForm::kDiff);
  EXPECT_EQ(both.plan_file, "-");
  EXPECT_EQ(both.new_plan_file, "new");
  const Arguments forms{"--list", "--stat", "--tree", "--html=f", "--diff"};
  for (const std::string& one : forms) {
    for (const std::string& other : forms) {
      if (one != other) complaint({"show", one, other, "p", "q"});
    }
  }
  complaint({"show"});
  complaint({"show", "p", "q"});
  complaint({"show", "--diff", "p"});
  complaint({"show", "--diff", "p", "q", "r"});
  complaint({"show", "--html", "", "p"});
}

TEST(CommandLine, APersonIsAskedOnceOrNotAtAll) {
  EXPECT_FALSE(parsed(run({})).confirm);
  EXPECT_TRUE(parsed(run({"--confirm"})).confirm);
  EXPECT_THAT(complaint(run({"--confirm", "-i", "5"})), HasSubstr("--confirm"));
  EXPECT_THAT(complaint({"apply", "p", "--confirm"}), HasSubstr("--confirm"));
}

TEST(CommandLine, SourceAndReplicaAreTakenAsTheyAreTyped) {
  const RunOptions options = parsed({"run", "--source=./a//", "--replica", "-starts with a dash"});
  EXPECT_EQ(options.folders.source, "./a//");
  EXPECT_EQ(options.folders.replica, "-starts with a dash");
}

TEST(CommandLine, WithoutOptionsNothingSpecialIsAsked) {
  const RunOptions options = parsed(run({}));
  EXPECT_EQ(options.planning.plan, PlanOptions{});
  EXPECT_FALSE(options.interval_seconds || options.applying.log_file ||
               options.common.state_folder);
  EXPECT_EQ(options.common.threads, 0U);
  EXPECT_FALSE(options.applying.dry_run);
}

TEST(CommandLine, EveryOptionOfPlanningArrives) {
  const RunOptions options =
      parsed(run({"--checksum", "--pin", "--xattrs", "--delete-excluded", "--no-delete",
                  "--max-delete", "5%", "--max-update", "6", "--require", "b/c", "--require", "a",
                  "--one-file-system", "--cross-mounts"}));
  EXPECT_TRUE(options.planning.plan.checksum && options.planning.plan.pin &&
              options.planning.plan.xattrs);
  EXPECT_TRUE(options.planning.plan.delete_excluded && options.planning.plan.one_file_system);
  EXPECT_TRUE(options.planning.plan.cross_mounts);
  EXPECT_FALSE(options.planning.plan.remove_extra);
  EXPECT_EQ(options.planning.plan.max_delete, (Limit{5, true}));
  EXPECT_EQ(options.planning.plan.max_update, (Limit{6, false}));
  EXPECT_THAT(options.planning.plan.require, testing::ElementsAre("b/c", "a"));
}

TEST(CommandLine, ContentIsReadUnlessWhatIsRememberedShallCount) {
  EXPECT_TRUE(parsed(run({"--checksum"})).planning.plan.reads_all());
  const PlanOptions cached = parsed(run({"--checksum=cached"})).planning.plan;
  EXPECT_TRUE(cached.checksum && cached.checksum_cached && !cached.reads_all());
  EXPECT_THAT(complaint(run({"--checksum=all"})), HasSubstr("=cached, found 'all'"));
  EXPECT_THAT(parsed(run({"--checksum", "--accept-changed", "a/b", "--accept-changed", "c"}))
                  .planning.accept_changed,
              testing::ElementsAre("a/b", "c"));
  EXPECT_THAT(complaint(run({"--accept-changed", "../a"})), HasSubstr("below the source"));
  EXPECT_THAT(complaint(run({"--checksum", "--accept-changed", "a", "-i", "5"})),
              HasSubstr("--interval"));
  EXPECT_TRUE(parsed(run({"--checksum=cached", "--checksum"})).planning.plan.reads_all());
}

TEST(CommandLine, FoldersMayBeNamedByTheirPlace) {
  const auto folders = [](std::vector<std::string> arguments) {
    const auto parsed = parse_command_line(std::move(arguments));
    EXPECT_TRUE(parsed.options) << parsed.text;
    const FolderOptions& named = std::get<RunOptions>(*parsed.options).folders;
    return named.source + " " + named.replica;
  };
  EXPECT_EQ(folders({"run", "a", "b"}), "a b");
  EXPECT_EQ(folders({"run", "-s", "a", "b"}), "a b");
  EXPECT_EQ(folders({"run", "-r", "b", "-i", "5m", "a"}), "a b");
  EXPECT_EQ(folders({"run", "./-a", "b"}), "./-a b");
  EXPECT_THAT(complaint({"run", "-s", "-r", "b"}), HasSubstr("written as './-r'"));
  EXPECT_THAT(complaint({"run", "a"}), HasSubstr("--replica"));
  EXPECT_THAT(complaint({"run", "a", "b", "c"}), HasSubstr("not expected: c"));
  EXPECT_THAT(complaint({"run", "", "b"}), HasSubstr("expected a folder"));
}

TEST(CommandLine, AnOptionOfAnotherToolIsAnsweredWithOurs) {
  EXPECT_THAT(complaint(run({"--delete"})), HasSubstr("always deleted"));
  EXPECT_THAT(complaint(run({"-avz"})), HasSubstr("'-a': everything is mirrored"));
  EXPECT_THAT(complaint(run({"--transfers=4"})), HasSubstr("--threads"));
  EXPECT_THAT(complaint(run({"--dry-rum"})), HasSubstr("did you mean '--dry-run'"));
}

// Whoever reads an answer must find in it what there is.
TEST(CommandLine, WhatAnAnswerNamesIsThere) {
  const std::regex option("--[a-z-]+");
  const auto is_ours = [](const char* command, const std::string& name) {
    return parse_command_line({command, name}).text.find("there is no") == std::string::npos;
  };
  for (const Foreign& foreign : kForeignOptions) {
    EXPECT_FALSE(is_ours("run", std::string(foreign.option))) << foreign.option;
    const std::string answer(foreign.answer);
    for (std::sregex_iterator named(answer.begin(), answer.end(), option), end; named != end;
         ++named) {
      EXPECT_TRUE(is_ours("run", named->str()) || is_ours("plan", named->str())) << named->str();
    }
  }
}

TEST(CommandLine, IntervalsMayHaveUnits) {
  EXPECT_EQ(parsed(run({"-i", "1h30m"})).interval_seconds, 5'400);
  EXPECT_THAT(complaint(run({"-i", "5x"})), HasSubstr("5m, 1h30m or 2d"));
}

TEST(CommandLine, AShareIsAPartOfAllOrATime) {
  EXPECT_EQ(parsed(run({"--verify-percent", "0.5"})).verify_share.percent, 0.5);
  EXPECT_EQ(parsed(run({"--verify-minutes", "1.5"})).verify_share.seconds, 90);
  EXPECT_FALSE(parsed(run({"--checksum"})).verify_share.is_wanted());
  for (const char* wrong : {"0", "-1", "101", "nan", "1%", ""}) {
    EXPECT_THAT(complaint(run({"--verify-percent", wrong})), HasSubstr("at most 100")) << wrong;
  }
  for (const char* wrong : {"0", "-1", "1441", "1m"}) {
    EXPECT_THAT(complaint(run({"--verify-minutes", wrong})), HasSubstr("at most 1440")) << wrong;
  }
  EXPECT_THAT(complaint(run({"--verify-minutes", "1", "--verify-percent", "1"})),
              HasSubstr("--verify-percent"));
}

TEST(CommandLine, IntervalsAreSecondsAboveZeroAndAtMostAYear) {
  EXPECT_EQ(parsed(run({"-i", "0.5"})).interval_seconds, 0.5);
  EXPECT_EQ(parsed(run({"-i", "31536000"})).interval_seconds, 31'536'000);
  EXPECT_EQ(parsed(run({"--interval=.25"})).interval_seconds, 0.25);
  for (const char* wrong :
       {"0", "0.0", "-1", "+1", "nan", "inf", "1e300", "1e3", "5x", "x", "", "31536000.1", " 1",
        "1 ", "0x10", "1,5", "1.2.3", ".", "99999999999999999999999999"}) {
    EXPECT_THAT(complaint(run({"-i", wrong})), HasSubstr("-i")) << wrong;
  }
}

TEST(CommandLine, WaitingForTheLockMayTakeNoTime) {
  EXPECT_EQ(parsed(run({"--lock-wait", "0"})).applying.lock_wait_seconds, 0);
  EXPECT_EQ(parsed(run({"--lock-wait", "2.5"})).applying.lock_wait_seconds, 2.5);
  for (const char* wrong : {"-1", "nan", "x", "31536001"}) complaint(run({"--lock-wait", wrong}));
}

TEST(CommandLine, LimitsOfDeletionsAreCountsOrPercentages) {
  EXPECT_EQ(parsed(run({"--max-delete", "0"})).planning.plan.max_delete, (Limit{0, false}));
  EXPECT_EQ(parsed(run({"--max-delete=100%"})).planning.plan.max_delete, (Limit{100, true}));
  for (const char* wrong : {"", "x", "-1", "101%", "5 %", "5%%", "1.5", "99999999999999999999"}) {
    EXPECT_THAT(complaint(run({"--max-delete", wrong})), HasSubstr("--max-delete")) << wrong;
    EXPECT_THAT(complaint(run({"--max-update", wrong})), HasSubstr("--max-update")) << wrong;
  }
}

TEST(CommandLine, WhatIsRequiredIsAPathBelowTheSource) {
  for (const char* wrong : {"", ".", "..", "/a", "a/", "a//b", "a/./b", "../a", "a/.."}) {
    EXPECT_THAT(complaint(run({"--require", wrong})), HasSubstr("--require")) << wrong;
  }
}

TEST(CommandLine, SpaceIsCheckedUnlessThatIsLeftOut) {
  EXPECT_TRUE(parsed(run({})).planning.check_space);
  EXPECT_FALSE(parsed(run({"--no-space-check"})).planning.check_space);
  EXPECT_FALSE(parsed<PlanCommandOptions>({"plan", "-s", "a", "-r", "b", "--no-space-check"})
                   .planning.check_space);
  EXPECT_FALSE(parsed<ApplyOptions>({"apply", "p", "--no-space-check"}).check_space);
}

TEST(CommandLine, ThreadsAreOneTo256) {
  EXPECT_EQ(parsed(run({"--threads", "1"})).common.threads, 1U);
  EXPECT_EQ(parsed(run({"--threads", "256"})).common.threads, 256U);
  for (const char* wrong : {"0", "257", "-1", "x", "", "1000", "2.5"}) {
    EXPECT_THAT(complaint(run({"--threads", wrong})), HasSubstr("--threads")) << wrong;
  }
}

TEST(CommandLine, WordsThatAreOneOfAFewAreNoOthers) {
  EXPECT_EQ(parsed(run({"--color", "never"})).common.console.colour, When::kNever);
  EXPECT_EQ(parsed(run({"--progress=always"})).common.console.progress, When::kAlways);
  for (const char* option : {"--color", "--progress"}) {
    for (const char* wrong : {"", "yes", "Always", "auto "}) {
      EXPECT_THAT(complaint(run({option, wrong})), HasSubstr(option));
    }
  }
}

TEST(CommandLine, TheLastOfQuietAndVerboseCounts) {
  EXPECT_EQ(parsed(run({"-q"})).common.console.verbosity, Verbosity::kQuiet);
  EXPECT_EQ(parsed(run({"--verbose"})).common.console.verbosity, Verbosity::kVerbose);
}

TEST(CommandLine, WhatIsMissingIsNamed) {
  EXPECT_THAT(complaint({"run", "-r", "b"}), HasSubstr("--source"));
  EXPECT_THAT(complaint({"run", "-s", "a"}), HasSubstr("--replica"));
  EXPECT_THAT(complaint({"apply"}), HasSubstr("PLAN"));
  complaint(run({"-i"}));
  complaint({"run", "-s", "a", "-r"});
}

TEST(CommandLine, EmptyNamesAreWrong) {
  complaint({"run", "-s", "", "-r", "b"});
  complaint({"run", "-s", "a", "--replica="});
  complaint(run({"-l", ""}));
  complaint(run({"--state", ""}));
  complaint({"plan", "-s", "a", "-r", "b", "-o", ""});
}

TEST(CommandLine, AnOptionThatIsGivenTwiceIsWrong) {
  complaint(run({"-s", "c"}));
  complaint(run({"-i", "1", "-i", "2"}));
  complaint(run({"--threads", "1", "--threads", "2"}));
}

TEST(CommandLine, WordsTooManyAreWrong) {
  complaint(run({"extra"}));
  complaint({"apply", "a", "b"});
  complaint(run({"--", "-x"}));
}

TEST(CommandLine, AfterTwoDashesAPlanMayStartWithOne) {
  EXPECT_EQ(parsed<ApplyOptions>({"apply", "--", "-odd-name"}).plan_file, "-odd-name");
}

TEST(CommandLine, UnknownWordsAreNamedAndTheNearestIsOffered) {
  EXPECT_THAT(complaint(run({"--exlude", "x"})), HasSubstr("'--exclude'"));
  EXPECT_THAT(complaint(run({"--chekcsum"})), HasSubstr("'--checksum'"));
  EXPECT_THAT(complaint({"rnu", "-s", "a", "-r", "b"}), HasSubstr("'run'"));
  EXPECT_THAT(complaint({"plna"}), HasSubstr("'plan'"));
  EXPECT_THAT(complaint(run({"--zzzzzzzz"})), testing::Not(HasSubstr("did you mean")));
  EXPECT_THAT(complaint(run({"-Z"})), HasSubstr("'-Z'"));
  EXPECT_THAT(complaint({"scan", "-s", "a", "--max-delete", "3"}), HasSubstr("--max-delete"));
}

TEST(CommandLine, HelpAndVersionAreNoErrors) {
  for (const Arguments& arguments : {Arguments{"--help"}, Arguments{"run", "--help"},
                                     Arguments{"--version"}, Arguments{"scan", "-h"}}) {
    const ParsedCommandLine line = parse_command_line(arguments);
    EXPECT_FALSE(line.options.has_value());
    EXPECT_EQ(line.exit_code, ExitCode::kDone) << testing::PrintToString(arguments);
    EXPECT_NE(line.text, "");
  }
  EXPECT_THAT(parse_command_line({"run", "--help"}).text, HasSubstr("--interval"));
}

TEST(Rules, StandInTheOrderOfTheCommandLine) {
  const ScratchFolder scratch;
  write_file(scratch / "rules", "# a comment\n\nfrom-file\n!kept\r\n");
  const RunOptions options =
      parsed(run({"--exclude", "first", "--include", "second", "--exclude-from", scratch / "rules",
                  "--include=third", "--exclude", "fourth"}));
  EXPECT_THAT(options.planning.plan.rules,
              ElementsAre(exclude_rule("first"), include_rule("second"), "from-file", "!kept",
                          include_rule("third"), exclude_rule("fourth")));
  EXPECT_THAT(options.planning.filter.rules,
              ElementsAre("--exclude", "--include", "line 3 of '" + (scratch / "rules") + "'",
                          "line 4 of '" + (scratch / "rules") + "'", "--include", "--exclude"));
}

TEST(Rules, AGlobThatLooksLikeAnOptionOrARuleIsAGlob) {
  EXPECT_THAT(parsed(run({"--exclude", "-x", "--exclude=!y"})).planning.plan.rules,
              ElementsAre(exclude_rule("-x"), exclude_rule("!y")));
}

TEST(Rules, OfAFileThatCannotBeReadAreAnError) {
  const ScratchFolder scratch;
  EXPECT_THAT(complaint(run({"--exclude-from", scratch / "missing"})), HasSubstr("missing"));
  complaint(run({"--exclude-from", scratch.path()}));
  EXPECT_THAT(complaint(run({"--exclude-from", "/dev/zero"})), HasSubstr("more than 16 MiB"));
}

TEST(Rules, OfAnEmptyFileAreNone) {
  const ScratchFolder scratch;
  write_file(scratch / "rules", "");
  EXPECT_TRUE(parsed(run({"--exclude-from", scratch / "rules"})).planning.plan.rules.empty());
}

TEST(CommandLine, WhatBecomesOfAStaleOrAnOldPlanIsAsked) {
  EXPECT_FALSE(parsed<ApplyOptions>({"apply", "-"}).refuse_stale);
  EXPECT_FALSE(parsed<ApplyOptions>({"apply", "-", "--stale", "skip"}).refuse_stale);
  EXPECT_TRUE(parsed<ApplyOptions>({"apply", "-", "--stale=refuse"}).refuse_stale);
  EXPECT_EQ(parsed<ApplyOptions>({"apply", "-", "--max-age", "1.5"}).max_age_seconds, 1.5);
  EXPECT_THAT(complaint({"apply", "-", "--stale", "all"}), HasSubstr("refuse or skip"));
  complaint({"apply", "-", "--max-age", "-1"});
  complaint(run({"--stale", "refuse"}));
}

TEST(CommandLine, AReportHasOnePlace) {
  EXPECT_EQ(parsed(run({"--report", "r"})).applying.report_file, "r");
  EXPECT_EQ(parsed<ApplyOptions>({"apply", "p", "--json"}).applying.report_file, "-");
  complaint({"apply", "p", "--json", "--report", "r"});
  complaint(run({"--report", ""}));
}

TEST(Nearest, IsTheCandidateOfTheFewestEditsAndNoneWhereAllAreFar) {
  EXPECT_EQ(nearest("aply", {"plan", "apply"}), "apply");
  EXPECT_EQ(nearest("--dryrun", {"--dry-run", "--delete"}), "--dry-run");
  EXPECT_EQ(nearest("quux", {"run", "plan"}), "");
  EXPECT_EQ(nearest("", {"a", "b"}), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace foldersync
