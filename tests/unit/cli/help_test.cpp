#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace foldersync {
namespace {

using testing::HasSubstr;

std::string help(const std::vector<std::string>& arguments, std::size_t columns = 80) {
  const ParsedCommandLine line = parse_command_line(arguments, {.columns = columns});
  EXPECT_FALSE(line.options);
  return line.text;
}

std::size_t longest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  return longest;
}

TEST(Help, IsTheSameHoweverItIsAskedFor) {
  EXPECT_EQ(help({"help"}), help({"--help"}));
  EXPECT_EQ(help({"help", "run"}), help({"run", "--help"}));
  EXPECT_EQ(help({}), help({"help"}));
  EXPECT_EQ(parse_command_line({"help"}).exit_code, ExitCode::kDone);
  EXPECT_EQ(parse_command_line({}).exit_code, ExitCode::kUsage);
  EXPECT_THAT(help({"help", "rum"}), HasSubstr("did you mean 'run'"));
}

TEST(Help, NamesWhatThereIsByTask) {
  const std::string text = help({});
  for (const char* name : {"run", "plan", "apply", "scan", "verify", "show", "recover"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n  ") + name + " ")) << name;
  }
}

TEST(Help, OfACommandHasOptionsByGroupAndExamples) {
  const std::string text = help({"run", "--help"});
  EXPECT_THAT(text, HasSubstr("Usage: sync run SOURCE REPLICA [OPTIONS]\n"));
  EXPECT_THAT(text,
              HasSubstr("\nWhat is left out:\n      --exclude GLOB          leave out what "));
  EXPECT_THAT(text, HasSubstr("\n  -r, --replica DIR           the folder that becomes"));
  EXPECT_THAT(text, HasSubstr("\nExamples:\n  sync run "));
  EXPECT_THAT(help({"verify", "--help"}), HasSubstr("verify SOURCE [REPLICA] [OPTIONS]"));
  EXPECT_THAT(help({"apply", "--help"}), HasSubstr("apply PLAN [OPTIONS]"));
}

TEST(Help, KeepsToTheWindow) {
  for (const std::size_t columns : {40U, 60U, 80U, 200U}) {
    for (const char* command : {"run", "plan", "apply", "scan", "verify", "show", "recover"}) {
      EXPECT_LE(longest_line(help({"help", command}, columns).substr(0, 2000)),
                std::max<std::size_t>(columns, 62))
          << command << " at " << columns;
    }
  }
  EXPECT_GT(longest_line(help({"help", "run"}, 200)), 100U);
}

}  // namespace
}  // namespace foldersync
