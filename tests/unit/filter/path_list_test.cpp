#include "filter/path_list.h"

#include <gtest/gtest.h>

namespace foldersync {
namespace {

bool holds(std::string_view text, const char* path) {
  PathList list;
  EXPECT_FALSE(list.read(text).has_value()) << text;
  return list.holds(RelPath(path));
}

TEST(PathList, HoldsWhatIsListedWhatLeadsToItAndWhatLiesBelow) {
  for (const char* path : {"a", "a/b", "a/b/c", "a/b/c/d"}) EXPECT_TRUE(holds("a/b", path)) << path;
  for (const char* path : {"b", "a/c", "a/bb", "a/b-", "ab", "a0"}) {
    EXPECT_FALSE(holds("a/b", path)) << path;
  }
  // What sorts between a path and those below it.
  EXPECT_TRUE(holds("a\na-b\na.b/c\n", "a/x"));
  EXPECT_TRUE(holds("a-b\na/c\n", "a"));
}

TEST(PathList, ReadsLinesOfSeveralForms) {
  EXPECT_TRUE(holds("./a\r\n\r\nd/\n#x\n  y", "a"));
  EXPECT_TRUE(holds("./a\r\n\r\nd/\n#x\n  y", "d"));
  EXPECT_TRUE(holds("./a\r\n\r\nd/\n#x\n  y", "#x"));
  EXPECT_TRUE(holds("./a\r\n\r\nd/\n#x\n  y", "  y"));
  EXPECT_TRUE(holds(std::string_view("a\nb\0c", 5), "a\nb"));
  EXPECT_FALSE(holds(std::string_view("a\nb\0c", 5), "a"));
  EXPECT_TRUE(holds(".", "anything/below"));
  EXPECT_TRUE(holds("./", "anything"));
}

TEST(PathList, SaysWhichLineIsNoPath) {
  for (const char* wrong : {"/etc", "..", "a/../b", "a//b", "/", "./../x"}) {
    PathList list;
    const auto broken = list.read(std::string("a\n\n") + wrong + "\nb");
    ASSERT_TRUE(broken.has_value()) << wrong;
    EXPECT_EQ(3U, broken->number);
    EXPECT_EQ(wrong, broken->line);
  }
}

TEST(PathList, CountsEachPathOnce) {
  PathList list;
  EXPECT_FALSE(list.read("b\na\n./b\nb/\n").has_value());
  EXPECT_EQ(2U, list.size());
}

}  // namespace
}  // namespace foldersync
