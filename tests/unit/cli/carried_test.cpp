#include "cli/kept/carried.h"

#include <gtest/gtest.h>

#include <string>

namespace foldersync {
namespace {

TEST(Carried, TellsWhatIsAskedForTheFirstTime) {
  Carried carried;
  EXPECT_TRUE(carried.is_first("a"));
  EXPECT_TRUE(carried.is_first("b"));
  EXPECT_FALSE(carried.is_first("a"));
}

TEST(Carried, WhatACycleHandsOverIsWhatTheNextOneKnows) {
  Carried cycle;
  cycle.set("key", "a line\nand another, \0 too");
  cycle.set("gone", "x");
  cycle.set("gone", "");
  EXPECT_TRUE(cycle.is_first("a"));
  Carried loop;
  loop.set("older", "x");
  loop.take(cycle.text());
  EXPECT_EQ(loop.get("key"), cycle.get("key"));
  EXPECT_EQ(loop.get("gone"), "");
  EXPECT_EQ(loop.get("older"), "");
  EXPECT_FALSE(loop.is_first("a"));
  EXPECT_EQ(loop.text(), cycle.text());
  loop.take(Carried().text());
  EXPECT_EQ(loop.get("key"), "");
}

TEST(Carried, WhatIsNotWholeChangesNothing) {
  Carried cycle;
  cycle.set("key", "value");
  cycle.set("other", "value");
  const std::string text = cycle.text();
  for (std::size_t length = 0; length < text.size(); ++length) {
    Carried loop;
    loop.set("key", "before");
    loop.take(text.substr(0, length));
    EXPECT_EQ(loop.get("key"), "before") << length;
    EXPECT_EQ(loop.get("other"), "") << length;
  }
  Carried loop;
  loop.take("no base64 at all\n.\n");
  EXPECT_EQ(loop.text(), Carried().text());
}

}  // namespace
}  // namespace foldersync
