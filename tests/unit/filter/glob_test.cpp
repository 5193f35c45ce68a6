#include "filter/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::Optional;

// The bytes that the only piece of `pattern` stands for, in order; "none" where it isn't one set.
std::string set_of(std::string_view pattern) {
  const auto pieces = read_glob(pattern);
  if (!pieces || pieces->size() != 1) return "none";
  const auto* set = std::get_if<ByteSet>(&pieces->front());
  if (set == nullptr) return "none";
  std::string bytes;
  for (std::size_t i = 0; i < set->size(); ++i) {
    if (set->test(i)) bytes.push_back(static_cast<char>(i));
  }
  return bytes;
}

TEST(Glob, ABackslashMakesTheNextByteALiteral) {
  EXPECT_THAT(read_glob("a\\*\\\\"), Optional(ElementsAre(Piece('a'), Piece('*'), Piece('\\'))));
}

TEST(Glob, TwoStarsSpanDirectoriesOnlyAsAWholeComponent) {
  EXPECT_THAT(read_glob("**/a"), Optional(ElementsAre(Piece(Stars::kDirectories), Piece('a'))));
  EXPECT_THAT(read_glob("/**"), Optional(ElementsAre(Piece('/'), Piece(Stars::kAnything))));
  EXPECT_THAT(read_glob("/***"), Optional(ElementsAre(Piece('/'), Piece(Stars::kAnything))));
  EXPECT_THAT(read_glob("**a"), Optional(ElementsAre(Piece(Stars::kInName), Piece('a'))));
  EXPECT_THAT(read_glob("*a**"),
              Optional(ElementsAre(Piece(Stars::kInName), Piece('a'), Piece(Stars::kInName))));
}

TEST(Glob, TwoStarsAfterALiteralStartAreReadAsAComponentOfTheirOwn) {
  EXPECT_THAT(read_glob("a**"), Optional(ElementsAre(Piece('a'), Piece(Stars::kAnything))));
}

TEST(Glob, ABracketExpressionIsASetOfBytesWithoutTheSlash) {
  EXPECT_EQ(set_of("[a-c_]"), "_abc");
  EXPECT_EQ(set_of("[]a]"), "]a");
  EXPECT_EQ(set_of("[a-]"), "-a");
  EXPECT_EQ(set_of("[-a]"), "-a");
  EXPECT_EQ(set_of("[a-c-e]"), "-abce");
  EXPECT_EQ(set_of("[\\]\\-]"), "-]");
  EXPECT_EQ(set_of("[a-\\c]"), "abc");
  EXPECT_EQ(set_of("[.-0]"), ".0");
  EXPECT_EQ(set_of("[c-a]"), "c");
  EXPECT_EQ(set_of("[[:digit:]-z]"), "-0123456789z");
  EXPECT_EQ(set_of("[[:]"), ":[");
  EXPECT_EQ(set_of("[[:a]"), ":[a");
  EXPECT_EQ(set_of("[\xfe-\xff]"), "\xfe\xff");
  EXPECT_EQ(set_of("[!\x01-.0-\xff]"), std::string(1, '\0'));
  EXPECT_EQ(set_of("[^\x01-.0-\xff]"), std::string(1, '\0'));
}

TEST(Glob, NothingIsReadFromWhatCannotMatch) {
  for (const char* pattern : {"a[", "a[b", "[]", "[!]", "[a-", "[\\", "[[:alpha:]", "[[:alpha",
                              "[[:alhpa:]]", "[[::]]", "[/]", "a\\"}) {
    EXPECT_EQ(read_glob(pattern), std::nullopt) << pattern;
  }
}

TEST(Glob, ALiteralIsFoundWhereNoPieceIsAWildcard) {
  EXPECT_EQ(literal_of(*read_glob("\\[a\\]\xff")), "[a]\xff");
  EXPECT_EQ(literal_of(*read_glob("")), "");
  EXPECT_EQ(literal_of(*read_glob("a?")), std::nullopt);
}

TEST(Glob, TheRegularExpressionEscapesEveryByte) {
  EXPECT_EQ(regex_of(*read_glob(".\n\xff[b-c]*")), "\\x2e\\x0a\\xff[\\x62-\\x63][^/]*");
  EXPECT_EQ(regex_of(*read_glob("**/a/**")), "(?:.*/)?\\x61\\x2f.*");
}

}  // namespace
}  // namespace foldersync
