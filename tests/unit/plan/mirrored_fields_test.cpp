#include "plan/mirrored_fields.h"

#include <gtest/gtest.h>

namespace foldersync {
namespace {

TEST(OwnerChange, HasOneTextOnly) {
  for (const char* const text : {"", "0", "1000", "1000:100", ":100", "0:0", "4294967294"}) {
    const auto change = parse_owner_change(text);
    ASSERT_TRUE(change) << text;
    EXPECT_EQ(to_string(*change), text);
  }
  for (const char* const text :
       {":", "1:", "01", "-1", "+1", "a", "1:a", "4294967295", "1:2:3", " 1", "1000:4294967295"}) {
    EXPECT_FALSE(parse_owner_change(text)) << text;
  }
}

TEST(MirroredFields, AreAllUnlessAnOptionSaysElse) {
  EXPECT_TRUE(MirroredFields{}.are_all());
  MirroredFields fields;
  fields.chown.gid = 0;
  EXPECT_FALSE(fields.are_all());
}

}  // namespace
}  // namespace foldersync
