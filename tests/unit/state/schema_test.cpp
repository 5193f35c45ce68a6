#include "state/schema.h"

#include <array>

#include "state_fixture.h"

namespace foldersync {
namespace {

constexpr std::array kTables{
    Table{"facts", "CREATE TABLE facts(key BLOB NOT NULL PRIMARY KEY, value BLOB) WITHOUT ROWID"},
    Table{"hashes", "CREATE TABLE hashes(md5 BLOB NOT NULL UNIQUE)"},
};
constexpr Schema kSchema{.version = 3, .tables = kTables};

class SchemaTest : public StateTest {
 protected:
  SchemaTest() { write("cache.db", ""); }

  [[nodiscard]] Database database() const {
    return std::move(*Database::open(path(), Access::kReadWrite, 1));
  }
  // What is found after `sql` was run on our tables.
  [[nodiscard]] SchemaState after(std::string_view sql) const {
    write("cache.db", "");
    Database on = database();
    EXPECT_EQ(*make_schema(on, kSchema), SchemaState::kCurrent);
    EXPECT_TRUE(on.run(sql).ok()) << sql;
    return *inspect_schema(on, kSchema);
  }
};

TEST_F(SchemaTest, AnEmptyDatabaseBecomesCurrent) {
  Database on = database();
  EXPECT_EQ(*inspect_schema(on, kSchema), SchemaState::kEmpty);
  EXPECT_EQ(*make_schema(on, kSchema), SchemaState::kCurrent);
  EXPECT_FALSE(on.in_transaction());
  Database again = database();
  EXPECT_EQ(*inspect_schema(again, kSchema), SchemaState::kCurrent);
}

TEST_F(SchemaTest, WhatAnotherProcessHasMadeMeanwhileIsTaken) {
  Database one = database();
  Database two = database();
  EXPECT_EQ(*inspect_schema(two, kSchema), SchemaState::kEmpty);
  EXPECT_EQ(*make_schema(one, kSchema), SchemaState::kCurrent);
  EXPECT_EQ(*make_schema(two, kSchema), SchemaState::kCurrent);
}

TEST_F(SchemaTest, AHigherVersionIsNewerWhateverItHolds) {
  EXPECT_EQ(after("PRAGMA user_version=4"), SchemaState::kNewer);
  write("cache.db", "");
  Database on = database();
  ASSERT_TRUE(on.run("PRAGMA user_version=2147483647").ok());
  EXPECT_EQ(*make_schema(on, kSchema), SchemaState::kNewer);
}

TEST_F(SchemaTest, AnythingThatIsNotExactlyOursIsForeign) {
  for (const char* sql : {
           "CREATE TRIGGER t AFTER INSERT ON hashes BEGIN DELETE FROM hashes; END",
           "CREATE VIEW v AS SELECT md5 FROM hashes",
           "CREATE INDEX i ON hashes(md5)",
           "CREATE TABLE more(a)",
           "DROP TABLE facts",
           "ALTER TABLE facts ADD COLUMN more",
           "ALTER TABLE facts RENAME COLUMN value TO content",
           "PRAGMA user_version=0",
           "PRAGMA user_version=2",
           "PRAGMA user_version=-1",
       }) {
    EXPECT_EQ(after(sql), SchemaState::kNotOurs) << sql;
  }
}

TEST_F(SchemaTest, ADatabaseOfSomeOtherProgramIsForeign) {
  Database on = database();
  ASSERT_TRUE(on.run("CREATE TABLE bookmarks(a)").ok());
  EXPECT_EQ(*make_schema(on, kSchema), SchemaState::kNotOurs);
}

TEST_F(SchemaTest, ALockIsAnErrorAndNoState) {
  Database holder = database();
  ASSERT_TRUE(holder.run("BEGIN EXCLUSIVE").ok());
  Database on = database();
  EXPECT_FALSE(inspect_schema(on, kSchema).ok());
  EXPECT_FALSE(make_schema(on, kSchema).ok());
  EXPECT_EQ(on.trouble(), Trouble::kLocked);
}

}  // namespace
}  // namespace foldersync
