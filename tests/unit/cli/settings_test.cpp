#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/options/environment.h"
#include "cli/options/in_force.h"
#include "cli/options/job_text.h"
#include "cli/options/typed.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

DeclaredOption option(const std::string& name, const std::string& value) {
  return {.names = {"--" + name}, .value = value, .text = {}, .group = {}, .rivals = {}};
}

DeclaredProgram program() {
  DeclaredOption source = option("source", "DIR");
  source.names.insert(source.names.begin(), "-s");
  source.has_place = true;
  DeclaredOption rules = option("exclude", "GLOB");
  rules.repeats = true;
  DeclaredOption fast = option("fast", "");
  DeclaredOption slow = option("slow", "");
  fast.names.insert(fast.names.begin(), "-f");
  fast.rivals = {"slow"};
  slow.rivals = {"fast"};
  const DeclaredOption job = option("job", "NAME");
  DeclaredCommand run{
      "run",
      {},
      {},
      {source, rules, fast, slow, job, option("level", "N"), option("log", "FILE|none"),
       option("read", "[=cached]"), option("report", "FILE")}};
  const DeclaredCommand apply{
      "apply", {}, {}, {source, job, option("level", "N"), option("key", "KEY")}};
  const DeclaredCommand verify{"verify", {}, {}, {job, option("report", "FILE"), fast}};
  const DeclaredCommand show{"show", {}, {}, {option("tree", ""), option("level", "N")}};
  return {{}, {}, {option("version", "")}, {run, apply, verify, show}};
}

std::vector<std::string> texts(const Settings& settings) {
  std::vector<std::string> texts;
  for (const Setting& one : settings) texts.push_back(where(one) + "=" + one.value);
  return texts;
}

std::vector<std::string> in_job(const std::string& text, const std::string& command = "run",
                                bool has_folders = true) {
  const auto settings = settings_in({text, "f", has_folders}, command, program(), "/home/ann");
  EXPECT_TRUE(settings) << (settings ? "" : settings.error().detail);
  return settings ? texts(*settings) : std::vector<std::string>();
}

std::string wrong_in_job(const std::string& text, bool has_folders = true) {
  const auto settings = settings_in({text, "f", has_folders}, "run", program(), "/home/ann");
  EXPECT_FALSE(settings) << text;
  return settings ? "" : settings.error().detail;
}

TEST(JobText, EachKeyIsAnOptionInTheOrderOfTheFile) {
  EXPECT_THAT(
      in_job("source = '/a'\nlevel = 3\nfast = true\nexclude = ['x', 'y']\nread = 'cached'\n"),
      ElementsAre("f:1: source=/a", "f:2: level=3", "f:3: fast=true", "f:4: exclude=x",
                  "f:4: exclude=y", "f:5: read=cached"));
  EXPECT_THAT(in_job("level = 0.5\n"), ElementsAre("f:1: level=0.5"));
  EXPECT_THAT(in_job("exclude = 'x'\n"), ElementsAre("f:1: exclude=x"));
  EXPECT_THAT(in_job(""), IsEmpty());
}

TEST(JobText, TheTableOfACommandGoesBeforeWhatIsForAll) {
  const std::string text =
      "source = '/a'\nlevel = 1\nreport = '/r'\n[apply]\nlevel = 2\nkey = '/k'\n";
  EXPECT_THAT(in_job(text), ElementsAre("f:1: source=/a", "f:2: level=1", "f:3: report=/r"));
  EXPECT_THAT(in_job(text, "apply"), ElementsAre("f:5: level=2", "f:6: key=/k"));
  EXPECT_THAT(in_job(text, "verify"), IsEmpty());
  EXPECT_THAT(in_job("[verify]\nreport = '/v'\n", "verify"), ElementsAre("f:2: report=/v"));
}

TEST(JobText, PathsAreFromTheTopOrFromTheHomeFolder) {
  EXPECT_THAT(in_job("source = '~/a'\nlog = 'none'\n"),
              ElementsAre("f:1: source=/home/ann/a", "f:2: log=none"));
  EXPECT_THAT(in_job("source = '~'\nexclude = '~/a'\n"),
              ElementsAre("f:1: source=/home/ann", "f:2: exclude=~/a"));
  EXPECT_THAT(wrong_in_job("level = 1\nsource = 'a'\n"), HasSubstr("f:2: source: expected a path"));
  EXPECT_THAT(wrong_in_job("report = 'none'\n"), HasSubstr("f:1: report: expected a path"));
}

TEST(JobText, WhatIsWrongIsToldWithItsLine) {
  EXPECT_THAT(wrong_in_job("level = 1\nlevl = 1\n"),
              testing::AllOf(HasSubstr("f:2: "), HasSubstr("did you mean 'level'?")));
  EXPECT_THAT(wrong_in_job("[apply]\nlevel = 1\nfast = true\n"),
              HasSubstr("f:3: there is no option 'fast' of apply"));
  EXPECT_THAT(wrong_in_job("[show]\ntree = true\n"),
              HasSubstr("f:1: no command 'show' takes a job"));
  EXPECT_THAT(wrong_in_job("[[run]]\n"), HasSubstr("f:1: expected one table [run]"));
  EXPECT_THAT(wrong_in_job("run = 1\n"), HasSubstr("f:1: expected one table [run]"));
  EXPECT_THAT(wrong_in_job("job = 'x'\n"), HasSubstr("f:1: there is no option 'job'"));
  EXPECT_THAT(wrong_in_job("level = [1]\n"), HasSubstr("f:1: level: expected one value"));
  EXPECT_THAT(wrong_in_job("exclude = [[1]]\n"), HasSubstr("f:1: exclude: expected a text"));
  EXPECT_THAT(wrong_in_job("level = 2026-11-30\n"), HasSubstr("f:1: level: expected a text"));
  EXPECT_THAT(wrong_in_job("level = 1\nlevel = 2\n"), HasSubstr("f:2: "));
  EXPECT_THAT(wrong_in_job("\n\nlevel ="), HasSubstr("f:3: "));
  EXPECT_THAT(wrong_in_job("exclude = \"a\\u0000b\"\n"), HasSubstr("zero byte"));
  EXPECT_THAT(wrong_in_job("source = '/a'\n", false), HasSubstr("f:1: source: a folder is named"));
}

Result<Settings> from(const std::vector<std::string>& variables,
                      const std::string& command = "run") {
  return settings_of_environment(variables, command, program());
}

TEST(Environment, AVariableOfThatBeginningIsAnOption) {
  EXPECT_THAT(texts(*from({"FOLDERSYNC_OPT_LEVEL=3", "FOLDERSYNC_OPT_EXCLUDE=a=b\nc", "HOME=/x",
                           "FOLDERSYNC_PORT=tcp://1", "FOLDERSYNC_RESULT_EXIT=0"})),
              ElementsAre("FOLDERSYNC_OPT_EXCLUDE=a=b", "FOLDERSYNC_OPT_EXCLUDE=c",
                          "FOLDERSYNC_OPT_LEVEL=3"));
  EXPECT_THAT(texts(*from({"FOLDERSYNC_OPT_FAST=true"}, "apply")), IsEmpty());
}

TEST(Environment, WhatIsNoOptionIsRefused) {
  for (const char* name : {"LEVL", "level", "", "JOB", "SOURCE", "VERSION"}) {
    const auto settings = from({"FOLDERSYNC_OPT_" + std::string(name) + "=1"});
    ASSERT_FALSE(settings) << name;
    EXPECT_EQ(settings.error().code, ErrorCode::kUsage);
    EXPECT_THAT(settings.error().detail, HasSubstr("FOLDERSYNC_OPT_" + std::string(name) + ":"));
  }
  EXPECT_THAT(from({"FOLDERSYNC_OPT_LEVL=1"}).error().detail,
              HasSubstr("did you mean FOLDERSYNC_OPT_LEVEL?"));
}

Setting setting(const std::string& name, const std::string& value, const std::string& origin) {
  return {.option = name, .value = value, .origin = origin, .name = name, .in_file = true};
}

TEST(InForce, APlaceThatCountsMoreTakesTheOptionAndWhatExcludesIt) {
  const DeclaredProgram all = program();
  const auto used = [&](const std::vector<Settings>& places,
                        const std::map<std::string, bool>& typed) {
    return texts(in_force(*all.find("run"), places, typed).settings);
  };
  const Settings low{setting("level", "1", "low"), setting("fast", "true", "low"),
                     setting("exclude", "a", "low")};
  const Settings high{setting("level", "2", "high"), setting("exclude", "b", "high")};
  EXPECT_THAT(used({low, high}, {}),
              ElementsAre("low: fast=true", "low: exclude=a", "high: level=2", "high: exclude=b"));
  EXPECT_THAT(used({low, high}, {{"level", true}, {"exclude", true}}),
              ElementsAre("low: fast=true", "low: exclude=a", "high: exclude=b"));
  EXPECT_THAT(used({low}, {{"slow", true}}), ElementsAre("low: level=1", "low: exclude=a"));
  EXPECT_THAT(used({low, {setting("slow", "true", "high")}}, {}),
              ElementsAre("low: level=1", "low: exclude=a", "high: slow=true"));
  EXPECT_THAT(used({low}, {{"slow", false}}),
              ElementsAre("low: level=1", "low: fast=true", "low: exclude=a"));
  EXPECT_THAT(used({low}, {{"fast", false}}), ElementsAre("low: level=1", "low: exclude=a"));
  // One that is not set excludes nothing, and hides itself all the same.
  EXPECT_THAT(used({low, {setting("slow", "false", "high")}}, {}),
              ElementsAre("low: level=1", "low: fast=true", "low: exclude=a", "high: slow=false"));
  EXPECT_THAT(used({low, {setting("fast", "false", "high")}}, {}),
              ElementsAre("low: level=1", "low: exclude=a", "high: fast=false"));
}

TEST(InForce, WhatGivesWayIsKnown) {
  const DeclaredProgram all = program();
  const Settings low{setting("level", "1", "low"), setting("fast", "true", "low")};
  const InForce found =
      in_force(*all.find("run"), {low, {setting("level", "2", "high")}}, {{"slow", true}});
  ASSERT_EQ(found.unused.size(), 2U);
  EXPECT_EQ(found.unused[0].second, "high");
  EXPECT_EQ(found.unused[1].second, "--slow of the command line");
}

TEST(InForce, AFlagIsTrueOrFalse) {
  const DeclaredProgram all = program();
  const DeclaredCommand& run = *all.find("run");
  const auto words = [&](const char* name, const char* value) {
    return words_of(*run.find(name), setting(name, value, "f:1"));
  };
  EXPECT_THAT(*words("fast", "true"), ElementsAre("--fast"));
  EXPECT_THAT(*words("fast", "false"), IsEmpty());
  EXPECT_THAT(words("fast", "yes").error().detail,
              HasSubstr("f:1: fast: expected true or false, found 'yes'"));
  EXPECT_THAT(*words("read", "cached"), ElementsAre("--read=cached"));
  EXPECT_THAT(*words("read", "true"), ElementsAre("--read"));
  EXPECT_THAT(*words("exclude", "-x"), ElementsAre("--exclude", "-x"));
}

std::vector<std::string> names(const Typed& typed) {
  std::vector<std::string> names;
  for (const auto& [name, value] : typed.options) names.push_back(name + "=" + value);
  return names;
}

TEST(Typed, OptionsAreFoundInEachForm) {
  const DeclaredProgram all = program();
  const auto typed = [&](const std::vector<std::string>& words) {
    Typed found = typed_in(words, all);
    EXPECT_EQ(found.unknown, "");
    return names(found);
  };
  EXPECT_THAT(typed({"run", "--level", "3", "--job=x", "-fs", "/a"}),
              UnorderedElementsAre("level=3", "job=x", "fast=", "source=/a"));
  EXPECT_THAT(typed({"run", "-s/a", "--read=cached"}),
              UnorderedElementsAre("source=/a", "read=cached"));
  EXPECT_THAT(typed({"run", "--read", "/a"}), UnorderedElementsAre("read=", "source="));
  EXPECT_THAT(typed({"run", "--", "--level"}), UnorderedElementsAre("source="));
  EXPECT_THAT(typed({"run", "--level", "--fast", "x"}),
              UnorderedElementsAre("level=--fast", "source="));
  EXPECT_THAT(typed({"--version"}), UnorderedElementsAre("version="));
  EXPECT_EQ(typed_in({"--version", "run"}, all).command_at, 1U);
  EXPECT_EQ(typed_in({"run", "/a", "-f"}, all).folders_by_place, 1U);
  EXPECT_EQ(typed_in({"run", "-s", "/a"}, all).folders_by_place, 0U);
}

TEST(Typed, AFlagIsTrueOrFalse) {
  const DeclaredProgram all = program();
  const Typed typed =
      typed_in({"run", "--fast=false", "--slow=true", "--read=false", "--level=1"}, all);
  EXPECT_THAT(typed.words, ElementsAre("run", "--slow", "--level=1"));
  EXPECT_THAT(names(typed),
              UnorderedElementsAre("fast=false", "slow=true", "read=false", "level=1"));
  EXPECT_THAT(typed_in({"run", "--fast="}, all).unknown,
              HasSubstr("expected true or false, found ''"));
  EXPECT_THAT(typed_in({"run", "--fast=maybe"}, all).unknown, HasSubstr("found 'maybe'"));
  EXPECT_THAT(typed_in({"run", "--read=all"}, all).words, ElementsAre("run", "--read=all"));
}

}  // namespace
}  // namespace foldersync
