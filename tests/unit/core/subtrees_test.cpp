#include "core/subtrees.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace foldersync {
namespace {

TEST(Subtrees, HoldTheirTopsAndWhatIsBelow) {
  const Subtrees subtrees({RelPath("e"), RelPath("d")});
  for (const char* path : {"d", "d/x", "d/x/y", "e", "e/d"})
    EXPECT_TRUE(subtrees.hold(RelPath(path))) << path;
  for (const char* path : {".", "c", "c/d", "d-x", "d.y", "d.y/d", "d\x01", "dd", "f", "x/d"})
    EXPECT_FALSE(subtrees.hold(RelPath(path))) << path;
}

TEST(Subtrees, MayLieInEachOtherAndBesideNamesThatBeginAlike) {
  const Subtrees subtrees(
      {RelPath("d/x"), RelPath("d-x"), RelPath("d.y/z"), RelPath("d"), RelPath("d/x/y")});
  for (const char* path : {"d", "d/a", "d/x", "d/x/y", "d/z/z", "d-x", "d-x/y", "d.y/z"})
    EXPECT_TRUE(subtrees.hold(RelPath(path))) << path;
  for (const char* path : {".", "d!", "d-", "d-x-", "d.y", "d.y/y", "d.y/z-", "e"})
    EXPECT_FALSE(subtrees.hold(RelPath(path))) << path;
}

TEST(Subtrees, NoneHoldNothingAndTheRootHoldsAll) {
  EXPECT_TRUE(Subtrees().is_empty());
  EXPECT_FALSE(Subtrees().hold(RelPath()));
  EXPECT_FALSE(Subtrees().hold(RelPath("d")));
  const Subtrees all({RelPath("d"), RelPath()});
  EXPECT_FALSE(all.is_empty());
  EXPECT_TRUE(all.hold(RelPath()));
  EXPECT_TRUE(all.hold(RelPath("a/b")));
}

TEST(Subtrees, PropertyEachTopIsAsked) {
  std::mt19937 random(4);
  const auto some_path = [&random] {
    std::string path(1, "d-.x"[random() % 2 * 3]);
    for (auto length = random() % 5; length > 0; --length) {
      const char next = "d-.x/"[random() % 5];
      if (next == '/' && path.back() == '/') continue;
      path += next == '.' ? '!' : next;
    }
    while (path.back() == '/') path.pop_back();
    return RelPath(path);
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<RelPath> tops(random() % 6);
    for (RelPath& top : tops) top = some_path();
    const Subtrees subtrees(tops);
    const RelPath path = some_path();
    const bool is_held = std::any_of(tops.begin(), tops.end(),
                                     [&](const RelPath& top) { return path.is_within(top); });
    ASSERT_EQ(subtrees.hold(path), is_held) << path.shown();
  }
}

}  // namespace
}  // namespace foldersync
