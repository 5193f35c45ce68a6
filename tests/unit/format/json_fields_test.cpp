#include "format/json_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::Pair;

const std::optional<std::string> kNothing;

TEST(JsonFields, EachValueStandsAtItsPointer) {
  const auto fields = json_fields(R"( {"a":"x","l":[{"b":"y"},"z",1],"o":{"~/":"\u00e9"}} )");
  ASSERT_TRUE(fields.ok());
  EXPECT_THAT(*fields, ElementsAre(Pair("/a", "x"), Pair("/l/0/b", "y"), Pair("/l/1", "z"),
                                   Pair("/o/~0~1", "\u00e9")));
  EXPECT_EQ(string_at(*fields, "/l/1"), "z");
  EXPECT_EQ(string_at(*fields, "/l/2"), kNothing) << "a number is no string";
  EXPECT_EQ(string_at(*fields, "/x"), kNothing);
}

TEST(JsonFields, ListsInListsAreCountedEachByItself) {
  const auto fields = json_fields(R"([["a"],["b","c"]])");
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(string_at(*fields, "/0/0"), "a");
  EXPECT_EQ(string_at(*fields, "/1/1"), "c");
}

TEST(JsonFields, ObjectsBesideAndInEachOtherMayHaveTheSameKeys) {
  const auto fields = json_fields(R"([{"a":"1"},{"a":{"a":"2"}},{"b":{"a":"3"},"a":"4"}])");
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(string_at(*fields, "/2/b/a"), "3");
  EXPECT_EQ(string_at(*fields, "/2/a"), "4");
}

TEST(JsonFields, WhatIsNoJsonOrSaysSomethingTwiceIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string(R"({"a":"x","a":"y"})"),
        std::string(R"({"a":{},"a":{}})"), std::string(R"([{"b":{"a":"x","c":{},"a":"x"}}])"),
        std::string(R"({"a":"x"}{})"), std::string("\"\xff\""), std::string("[1,]"),
        "\"" + std::string(2 << 20, 'x') + "\""}) {
    EXPECT_FALSE(json_fields(text).ok()) << text.substr(0, 40);
  }
}

// A bomb is refused where it becomes one: before its end is looked for.
TEST(JsonFields, DepthAndNumberOfValuesAreBoundedWhileItIsRead) {
  const auto why = [](const std::string& text) {
    const auto fields = json_fields(text);
    return fields ? std::string() : fields.error().detail;
  };
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_EQ(why(nested(16)), "");
  EXPECT_EQ(why(nested(17)), "it is nested too deeply");
  EXPECT_EQ(why(std::string(32'768, '[') + "x"), "it is nested too deeply");
  std::string many = "[0";
  for (int i = 0; i < 10'000; ++i) many += ",0";
  EXPECT_EQ(why(many + "x"), "it has too many values");
  EXPECT_EQ(why("{\"" + std::string(1023, 'k') + "\":[0]}"), "");
  EXPECT_EQ(why("{\"" + std::string(1024, 'k') + "\":[0]x"), "its keys are too long")
      << "each string below would keep it once more";
}

}  // namespace
}  // namespace foldersync
