#include "core/columns.h"

#include <gtest/gtest.h>

#include "core/text.h"

namespace foldersync {
namespace {

TEST(Columns, CountsCharactersAndWideOnesTwice) {
  EXPECT_EQ(columns_of(""), 0U);
  EXPECT_EQ(columns_of("abc"), 3U);
  EXPECT_EQ(columns_of("caf\u00e9"), 4U);
  EXPECT_EQ(columns_of("\u6f22\u5b57"), 4U);
  EXPECT_EQ(columns_of("\uff21"), 2U);
  EXPECT_EQ(columns_of("\U0001f600!"), 3U);
  EXPECT_EQ(columns_of("\u05e2\u05d1"), 2U);
}

TEST(Columns, WhatCombinesTakesNoneAndWhatIsUnknownTakesOne) {
  EXPECT_EQ(columns_of("cafe\u0301"), 4U);
  EXPECT_EQ(columns_of("\u0e01\u0e34"), 1U);  // Thai
  EXPECT_EQ(columns_of("\ue000\U000e1000"), 2U);
}

TEST(Columns, WhatCombinesStaysWithItsCharacterOrGoesWithIt) {
  const std::string text = "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301";
  EXPECT_EQ(cut_to(text, 5), "e\u0301...e\u0301");
  EXPECT_EQ(cut_to(text, 4), "...e\u0301");
  EXPECT_EQ(cut_to("abcdef\u6f22\u0301", 4), "...");
}

TEST(Columns, TextThatFitsStaysAsItIs) {
  EXPECT_EQ(cut_to("abc", 3), "abc");
  EXPECT_EQ(cut_to("\u6f22\u5b57", 4), "\u6f22\u5b57");
  EXPECT_EQ(cut_to(std::string(100'000, 'x'), kAnyWidth).size(), 100'000U);
}

TEST(Columns, TheMiddleGivesWay) {
  EXPECT_EQ(cut_to("delete a/long/path/name.txt 9 B", 20), "delete a...e.txt 9 B");
}

TEST(Columns, NothingIsWiderThanAskedForAndNoCharacterIsTornApart) {
  const std::string text = "a\u00e9\u6f22\U0001f600\u5b57z\u00e9\u00e9\u6f22x";
  for (std::size_t width = 0; width < 20; ++width) {
    const std::string cut = cut_to(text, width);
    EXPECT_LE(columns_of(cut), width);
    EXPECT_TRUE(is_utf8(cut)) << cut;
    if (width >= 5 && columns_of(text) > width) {
      EXPECT_GE(columns_of(cut), width - 2) << cut;
    }
  }
}

TEST(Columns, AlignsByWhatIsSeen) {
  EXPECT_EQ(left_aligned("\u6f22", 4), "\u6f22  ");
  EXPECT_EQ(right_aligned("\u00e9", 3), "  \u00e9");
  EXPECT_EQ(left_aligned("abc", 2), "abc");
  EXPECT_EQ(right_aligned("abc", 2), "abc");
}

}  // namespace
}  // namespace foldersync
