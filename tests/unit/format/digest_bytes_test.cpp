#include "format/digest_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "format/digest.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

// Values of each type, in lists and objects of up to two levels, by their JSON.
std::map<std::string, LaterValue> many_values() {
  std::map<std::string, LaterValue> values{
      {"null", LaterValue()}, {"false", LaterValue(false)}, {"true", LaterValue(true)}};
  for (const std::uint64_t value : {0ULL, 1ULL, 86400ULL, 1ULL << 53U}) {
    values.emplace(std::to_string(value), LaterValue(value));
  }
  for (const std::string value : {"", "n", "1", "86400", "t", "z", "a"}) {
    values.emplace("\"" + value + "\"", LaterValue(std::string_view(value)));
  }
  for (int level = 0; level < 2; ++level) {
    const std::map<std::string, LaterValue> inner = values;
    values.emplace("[]", LaterValue::list({}));
    values.emplace("{}", LaterValue::object({}));
    for (const auto& [json, one] : inner) {
      values.emplace("[" + json + "]", LaterValue::list({one}));
      for (const auto& [other_json, other] : inner) {
        if (level > 0) break;
        values.emplace("[" + json + "," + other_json + "]", LaterValue::list({one, other}));
      }
      if (one.is_default()) continue;
      values.emplace("{a:" + json + "}", LaterValue::object({{"a", one}}));
      values.emplace("{b:" + json + "}", LaterValue::object({{"b", one}}));
      values.emplace("{a:" + json + ",b:" + json + "}",
                     LaterValue::object({{"a", one}, {"b", one}}));
    }
  }
  return values;
}

TEST(LaterValue, HasBytesOfItsOwn) {
  std::map<std::string, std::string> seen;
  for (const auto& [json, value] : many_values()) {
    const auto [place, is_new] = seen.emplace(value.bytes(), json);
    EXPECT_TRUE(is_new) << json << " and " << place->second;
  }
  EXPECT_GT(seen.size(), 1000U);
}

TEST(LaterValue, IsADefaultWhereItSaysWhatItsAbsenceSays) {
  const LaterValue nothing;
  const LaterValue list_of_nothing = LaterValue::list({nothing});
  EXPECT_TRUE(nothing.is_default());
  EXPECT_TRUE(LaterValue(false).is_default());
  EXPECT_TRUE(LaterValue(std::uint64_t{0}).is_default());
  EXPECT_TRUE(LaterValue(std::string_view()).is_default());
  EXPECT_TRUE(LaterValue::list({}).is_default());
  EXPECT_TRUE(LaterValue::object({{"a", LaterValue(false)}}).is_default());
  EXPECT_FALSE(list_of_nothing.is_default());
  EXPECT_FALSE(LaterValue(true).is_default());
}

// A name, a value, and what says where one ends and the next begins.
std::string block(const LaterFields& fields) {
  std::string bytes;
  put_later(bytes, fields);
  return bytes;
}

TEST(LaterFields, HaveBytesOfTheirOwn) {
  std::map<std::string, LaterFields> seen;
  std::vector<LaterFields> all{{}};
  for (const auto& [json, value] : many_values()) {
    if (value.is_default()) continue;
    for (const char* name : {"a", "b", "a.b", "min_age", "max_size", "before.a", "after.a"}) {
      all.push_back({{name, value.bytes()}});
    }
    all.push_back({{"a", value.bytes()}, {"b", value.bytes()}});
  }
  for (const LaterFields& fields : all) {
    const auto [place, is_new] = seen.emplace(block(fields), fields);
    EXPECT_TRUE(is_new || place->second == fields);
  }
  EXPECT_EQ(block({}), "");
}

// Looks for two documents that differ in where a later field stands and have one digest: of the
// header, of an action before or after others, of one entry or the other, or of none.
TEST(PlanDigest, ToldWhereALaterFieldStands) {
  const Plan plan = test::small_plan();
  const LaterFields field{{"a", LaterValue(true).bytes()}};
  std::map<std::string, std::string> seen;
  const auto add = [&](const std::string& what, std::size_t with, const LaterFields& of_action,
                       const LaterFields& of_header) {
    PlanDigest digest;
    for (std::size_t at = 0; at < plan.actions.size(); ++at) {
      digest.add(plan.actions[at], at + 1, at == with ? of_action : LaterFields());
    }
    const auto [place, is_new] = seen.emplace(to_string(digest.finish(plan, 1, of_header)), what);
    EXPECT_TRUE(is_new) << what << " and " << place->second;
  };
  add("none", 0, {}, {});
  add("the header", 0, {}, field);
  for (std::size_t at = 0; at < plan.actions.size(); ++at) {
    const std::string number = std::to_string(at + 1);
    add("action " + number, at, field, {});
    for (const char* side : {"before.a", "after.a"}) {
      add(side + number, at, {{side, LaterValue(true).bytes()}}, {});
    }
    add("both " + number, at, field, field);
  }
}

}  // namespace
}  // namespace foldersync
