#include "core/path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace foldersync {
namespace {

using testing::ElementsAre;
using std::string_literals::operator""s;

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  if (path.empty()) return parts;
  parts.emplace_back();
  for (const char byte : path) {
    if (byte == '/') {
      parts.emplace_back();
    } else {
      parts.back() += byte;
    }
  }
  return parts;
}

// The definition of path order: component by component, bytes as unsigned numbers.
std::strong_ordering order_by_components(std::string_view a, std::string_view b) {
  return components(a) <=> components(b);
}

// Few different bytes, so that long common starts are usual; some below '/', some above 127.
std::string random_path(std::mt19937& random, std::size_t longest_name) {
  static constexpr std::string_view kBytes = "ab-.0\x01\xFF";
  const auto below = [&random](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
  };
  std::string path;
  for (std::size_t depth = below(5); depth > 0; --depth) {
    std::string name;
    do {
      name.clear();
      for (std::size_t size = 1 + below(longest_name); size > 0; --size) {
        name += kBytes[below(kBytes.size())];
      }
    } while (!is_name(name));
    if (!path.empty()) path += '/';
    path += name;
  }
  return path;
}

RelPath path_of(const std::string& bytes) { return bytes.empty() ? RelPath() : RelPath(bytes); }

TEST(Name, AnyBytesButSlashAndNulMakeAName) {
  for (const std::string& name : {"a"s, "..."s, ".a"s, "..b"s, " "s, "\n"s, "\x01\xFF"s, "-rf"s}) {
    EXPECT_TRUE(is_name(name)) << name;
  }
  for (const std::string& name : {""s, "."s, ".."s, "/"s, "a/"s, "/a"s, "a/b"s, "a\0b"s, "\0"s}) {
    EXPECT_FALSE(is_name(name)) << name;
  }
}

TEST(Name, IsAtMost255BytesLong) {
  EXPECT_TRUE(is_name(std::string(255, 'x')));
  EXPECT_FALSE(is_name(std::string(256, 'x')));
}

TEST(RelPath, HasOneSpelling) {
  for (const std::string& text : {"."s, "a"s, "a/b"s, "a/.../c"s, ".a/..b"s, "\xFF/\n"s}) {
    EXPECT_TRUE(RelPath::is_path(text)) << text;
  }
  for (const std::string& text : {""s, "/"s, "/a"s, "a/"s, "a//b"s, "./a"s, "a/."s, "a/./b"s, ".."s,
                                  "../a"s, "a/.."s, "a/../b"s, "a/b\0"s, "./"s, "./."s}) {
    EXPECT_FALSE(RelPath::is_path(text)) << text;
  }
}

TEST(RelPath, MayBeLongerThanTheKernelTakes) {
  std::string text(255, 'x');
  while (text.size() < 100'000) text += "/" + std::string(255, 'x');
  EXPECT_TRUE(RelPath::is_path(text));
  EXPECT_FALSE(RelPath::is_path(text + "x"));
}

TEST(RelPath, ADotIsTheRoot) {
  EXPECT_EQ(RelPath("."), RelPath());
  EXPECT_TRUE(RelPath(".").is_root());
  EXPECT_EQ(RelPath().shown(), ".");
  EXPECT_EQ(RelPath().bytes(), "");
  EXPECT_EQ(RelPath().name(), "");
  EXPECT_EQ(RelPath().parent_bytes(), "");
  EXPECT_EQ(RelPath().depth(), 0U);
}

TEST(RelPath, ComesApartIntoParentAndName) {
  const RelPath path("a/bc/d");
  EXPECT_FALSE(path.is_root());
  EXPECT_EQ(path.shown(), "a/bc/d");
  EXPECT_EQ(path.name(), "d");
  EXPECT_EQ(path.parent_bytes(), "a/bc");
  EXPECT_EQ(path.parent(), RelPath("a/bc"));
  EXPECT_EQ(path.depth(), 3U);
  EXPECT_EQ(RelPath("a").name(), "a");
  EXPECT_EQ(RelPath("a").parent_bytes(), "");
  EXPECT_EQ(RelPath("a").parent(), RelPath());
  EXPECT_EQ(RelPath("a").depth(), 1U);
}

TEST(RelPath, IsWithinItselfAndEveryAncestorButNotWithinANamesake) {
  const RelPath path("a/b");
  EXPECT_TRUE(path.is_within(path));
  EXPECT_TRUE(path.is_within(RelPath("a")));
  EXPECT_TRUE(path.is_within(RelPath()));
  EXPECT_TRUE(RelPath().is_within(RelPath()));
  EXPECT_FALSE(RelPath("a").is_within(path));
  EXPECT_FALSE(RelPath().is_within(path));
  EXPECT_FALSE(RelPath("ab").is_within(RelPath("a")));
  EXPECT_FALSE(RelPath("a-b").is_within(RelPath("a")));
  EXPECT_FALSE(RelPath("b/a").is_within(RelPath("a")));
}

TEST(RelPath, PropertyAChildKnowsItsParentAndItsName) {
  std::mt19937 random(1);
  for (int round = 0; round < 2'000; ++round) {
    const RelPath path = path_of(random_path(random, 4));
    const RelPath child = path.child("x");
    EXPECT_TRUE(RelPath::is_path(child.bytes()));
    EXPECT_EQ(child.parent(), path);
    EXPECT_EQ(child.parent_bytes(), path.bytes());
    EXPECT_EQ(child.name(), "x");
    EXPECT_EQ(child.depth(), path.depth() + 1);
    EXPECT_EQ(child.depth(), components(child.bytes()).size());
    EXPECT_TRUE(child.is_within(path));
    EXPECT_FALSE(path.is_within(child));
    EXPECT_EQ(RelPath(path.shown()), path);
  }
}

TEST(PathOrder, ADirectoryComesRightBeforeItsContents) {
  std::vector<RelPath> paths{RelPath("a.txt"), RelPath("a/c"),   RelPath("b"),  RelPath("a\xFF"),
                             RelPath("a-b"),   RelPath("a"),     RelPath("."),  RelPath("a/b/c"),
                             RelPath("a0"),    RelPath("a\x01"), RelPath("a/b")};
  std::sort(paths.begin(), paths.end());
  EXPECT_THAT(paths, ElementsAre(RelPath("."), RelPath("a"), RelPath("a/b"), RelPath("a/b/c"),
                                 RelPath("a/c"), RelPath("a\x01"), RelPath("a-b"), RelPath("a.txt"),
                                 RelPath("a0"), RelPath("a\xFF"), RelPath("b")));
}

TEST(PathOrder, DecidesAtEveryPositionOfALongPath) {
  for (std::size_t at = 0; at < 40; ++at) {
    const std::string path(40, 'm');
    std::string other = path;
    other[at] = '\xF0';
    EXPECT_EQ(compare_paths(path, other), std::strong_ordering::less) << at;
    EXPECT_EQ(compare_paths(other, path), std::strong_ordering::greater) << at;
    // A difference further on, in the other direction, has no say.
    if (at + 1 < path.size()) other[at + 1] = '\x01';
    EXPECT_EQ(compare_paths(path, other), std::strong_ordering::less) << at;
    other[at] = '/';
    EXPECT_EQ(compare_paths(path, other), std::strong_ordering::greater) << at;
    EXPECT_EQ(compare_paths(path, path.substr(0, at)), std::strong_ordering::greater) << at;
    EXPECT_EQ(compare_paths(path.substr(0, at), path), std::strong_ordering::less) << at;
  }
}

TEST(PathOrder, PropertyIsTheOrderOfTheComponents) {
  std::mt19937 random(2);
  for (int round = 0; round < 50'000; ++round) {
    const std::size_t longest_name = round % 2 == 0 ? 2 : 12;
    const std::string start = round % 3 == 0 ? "common/start/" : "";
    const std::string a = start + random_path(random, longest_name);
    const std::string b = start + random_path(random, longest_name);
    ASSERT_EQ(compare_paths(a, b), order_by_components(a, b)) << a << " and " << b;
    ASSERT_EQ(compare_paths(a, a), std::strong_ordering::equal) << a;
  }
}

TEST(PathOrder, PropertyASubtreeIsOneRangeThatBeginsWithItsDirectory) {
  std::mt19937 random(3);
  std::vector<RelPath> paths;
  while (paths.size() < 300) paths.push_back(path_of(random_path(random, 1)));
  std::sort(paths.begin(), paths.end());
  for (const RelPath& directory : paths) {
    const auto begin = std::lower_bound(paths.begin(), paths.end(), directory);
    const auto inside = [&directory](const RelPath& path) { return path.is_within(directory); };
    const auto end = std::partition_point(begin, paths.end(), inside);
    EXPECT_TRUE(std::none_of(paths.begin(), begin, inside)) << directory.shown();
    EXPECT_TRUE(std::all_of(begin, end, inside)) << directory.shown();
    EXPECT_TRUE(std::none_of(end, paths.end(), inside)) << directory.shown();
  }
}

}  // namespace
}  // namespace foldersync
