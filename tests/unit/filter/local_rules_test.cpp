#include "filter/local_rules.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace foldersync {
namespace {

using Rules = std::shared_ptr<const LocalRules>;

std::optional<bool> verdict(const Rules& rules, const char* directory, const char* name,
                            bool is_directory) {
  const auto said = rules->decide(directory, name, is_directory);
  if (!said) return std::nullopt;
  return said->excluded;
}

Rules rules(const char* directory, std::vector<std::string> texts,
            std::vector<std::string> marks = {}, const Rules& above = nullptr) {
  const auto made = LocalRules::make({directory, std::move(texts), std::move(marks)}, above);
  EXPECT_TRUE(made);
  return made ? *made : nullptr;
}

TEST(LocalRules, BeginInTheirOwnDirectory) {
  const Rules in_a = rules("a", {"/x\n*.o\nb/y\n"});
  EXPECT_EQ(true, verdict(in_a, "a", "x", false));
  EXPECT_EQ(std::nullopt, verdict(in_a, "a/b", "x", false));
  EXPECT_EQ(true, verdict(in_a, "a/b", "y", false));
  EXPECT_EQ(true, verdict(in_a, "a/b/c", "z.o", false));
  EXPECT_EQ(true, verdict(rules("", {"/x"}), "", "x", false));
}

TEST(LocalRules, TheNearestThatSaysSomethingDecides) {
  const Rules top = rules("", {"*.o\n"});
  const Rules below = rules("a", {"!keep.o\n"}, {}, top);
  EXPECT_EQ(true, verdict(below, "a", "x.o", false));
  EXPECT_EQ(false, verdict(below, "a/b", "keep.o", false));
  EXPECT_EQ(std::nullopt, verdict(below, "a", "x.c", false));
}

TEST(LocalRules, OfOneDirectoryTheLastRuleDecides) {
  EXPECT_EQ(false, verdict(rules("", {"*.o\n", "!*.o\n"}), "", "x.o", false));
}

TEST(LocalRules, BesideAMarkOnlyMarksTakePart) {
  const Rules marked = rules("cache", {}, {"TAG", ".nobackup"});
  EXPECT_EQ(true, verdict(marked, "cache", "x", false));
  EXPECT_EQ(true, verdict(marked, "cache", "d", true));
  EXPECT_EQ(std::nullopt, verdict(marked, "cache", "TAG", false));
  EXPECT_EQ(std::nullopt, verdict(marked, "cache/d", "x", false));
}

TEST(LocalRules, WhoeverWritesIntoTheSourceTakesLittleMemory) {
  std::string much;
  while (much.size() < (50U << 10U)) much += "*a*b*c*d" + std::to_string(much.size()) + "*\n";
  const auto made = LocalRules::make({"", {much}, {}}, nullptr);
  ASSERT_FALSE(made);
  EXPECT_EQ(EINVAL, made.error().error_number);
  EXPECT_FALSE(LocalRules::make({"", {std::string(70'000, 'a')}, {}}, nullptr));
  Rules chain;
  for (int i = 0; i < 64; ++i) chain = rules("", {"x"}, {}, chain);
  const auto deeper = LocalRules::make({"", {"x"}, {}}, chain);
  ASSERT_FALSE(deeper);
  EXPECT_EQ(E2BIG, deeper.error().error_number);
}

}  // namespace
}  // namespace foldersync
