#include "plan/mode_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace foldersync {
namespace {

constexpr std::uint32_t kUmask = 022;

struct Case {
  const char* text;
  std::uint32_t file;         // what becomes of 0754
  std::uint32_t directory;    // of 0755
  const char* own = nullptr;  // the text that does not depend on the umask, where it is another
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.text; }

class ModeChanges : public testing::TestWithParam<Case> {};

// As rsync 3.5.0 does.
constexpr Case kCases[] = {
    {"g=u", 0774, 0775},
    {"go=u", 0777, 0777},
    {"640", 0640, 0640},
    {"D755,F640", 0640, 0755},
    {"D2755,F0644", 0644, 02755},
    {"0644", 0644, 0644},
    {"7777", 07777, 07777},
    {"07777", 07777, 07777},
    {"u=rwX,go=", 0700, 0700},
    {"+w", 0754, 0755, "u+w"},
    {"-x", 0644, 0644, "u-x,g-x,o-x"},
    {"=r", 0444, 0444, "u=r,g=r,o=r"},
    {"=rw", 0644, 0644, "u=rw,g=r,o=r"},
    {"a+s", 06754, 06755},
    {"+s", 04754, 04755, "u+s"},
    {"ug+s", 06754, 06755},
    {"+t", 01754, 01755, "o+t"},
    {"o+t", 01754, 01755},
    {"u+t", 01754, 01755},
    {"u=s", 04054, 04055},
    {"u=t", 01054, 01055},
    {"=t", 01000, 01000, "u=,g=,o=t"},
    {"u+", 0754, 0755},
    {"u=", 054, 055},
    {"D644", 0754, 0644},
    {"F=x", 0111, 0755, "Fu=x,Fg=x,Fo=x"},
    {"o-rwx,u+X", 0750, 0750},
    {"a=rX", 0555, 0555},
    {"Fu+x", 0754, 0755},
    {"F+s", 04754, 0755, "Fu+s"},
    {"DDu+r", 0754, 0755, "Du+r"},
    {"g=", 0704, 0705},
    {"F-x,a+X", 0755, 0755, "Fu-x,Fg-x,Fo-x,a+X"},
};

TEST_P(ModeChanges, AreWhatRsyncMakesOfThem) {
  const auto change = ModeChange::parse(GetParam().text, kUmask);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->of(0754, false), GetParam().file);
  EXPECT_EQ(change->of(0755, true), GetParam().directory);
}

TEST_P(ModeChanges, HaveATextThatMeansTheSameUnderEveryUmask) {
  const Case& one = GetParam();
  const auto change = ModeChange::parse(one.text, kUmask);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->text(), one.own != nullptr ? one.own : one.text);
  const auto again = ModeChange::parse(change->text(), 0777);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text(), change->text());
  for (const std::uint32_t mode : {0U, 0644U, 0755U, 07777U}) {
    for (const bool is_directory : {false, true}) {
      EXPECT_EQ(again->of(mode, is_directory), change->of(mode, is_directory));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, ModeChanges, testing::ValuesIn(kCases));

TEST(ModeChange, XIsForDirectoriesAndForWhatAnybodyMayExecute) {
  const auto change = ModeChange::parse("ugo=rwX", kUmask);
  EXPECT_EQ(change->of(0600, false), 0666U);
  EXPECT_EQ(change->of(0601, false), 0777U);
  EXPECT_EQ(change->of(0600, true), 0777U);
}

TEST(ModeChange, WhatTheUmaskLeavesNothingOfChangesNothing) {
  const auto change = ModeChange::parse("+w", 0777);
  ASSERT_TRUE(change);
  EXPECT_TRUE(change->empty());
  EXPECT_EQ(change->text(), "");
}

TEST(ModeChange, OtherTextsAreNone) {
  for (const char* const text : {"", "F", "D", ",u+w", "u+w,", "u", "8", "DFu+r", "u+r+w", "12345",
                                 "77777", "u644", "x", "u+q", "g=uo", "g=ur", "u+w ", "D 755"}) {
    EXPECT_FALSE(ModeChange::parse(text, kUmask)) << text;
  }
  EXPECT_FALSE(ModeChange::parse(std::string(300, '0') + "755,u+w", kUmask));
}

TEST(ModeChange, ALongTextIsNotRead) {
  // Its own form would be short.
  EXPECT_TRUE(ModeChange::parse(std::string(252, 'F') + "644", kUmask));
  EXPECT_FALSE(ModeChange::parse(std::string(253, 'F') + "644", kUmask));
}

}  // namespace
}  // namespace foldersync
