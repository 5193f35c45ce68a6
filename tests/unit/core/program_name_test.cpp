#include "core/program_name.h"

#include <gtest/gtest.h>

#include <string>

namespace foldersync {
namespace {

TEST(ProgramName, IsTheLastPartOfWhatWasStarted) {
  EXPECT_EQ("foldersync", name_started_as("foldersync"));
  EXPECT_EQ("foldersync", name_started_as("/usr/bin/foldersync"));
  EXPECT_EQ("mirror it", name_started_as("./mirror it"));
}

TEST(ProgramName, IsSyncWhereThereIsNone) {
  EXPECT_EQ("sync", name_started_as(nullptr));
  EXPECT_EQ("sync", name_started_as(""));
  EXPECT_EQ("sync", name_started_as("/usr/bin/"));
}

TEST(ProgramName, IsSafeToShowAndNoLongerThanAFilesName) {
  EXPECT_EQ("a\\x1b[31m\\x0ab", name_started_as("bin/a\x1b[31m\nb"));
  EXPECT_EQ(std::string(255, 'n'), name_started_as(std::string(255, 'n').c_str()));
  EXPECT_EQ("sync", name_started_as(std::string(256, 'n').c_str()));
}

TEST(ProgramName, StandsBeforeTheArgumentsOfItsCommands) {
  EXPECT_EQ("'sync recover --rollback'", our_command("recover --rollback"));
}

}  // namespace
}  // namespace foldersync
