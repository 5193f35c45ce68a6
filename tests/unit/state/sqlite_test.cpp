#include "state/sqlite.h"

#include <gmock/gmock.h>

#include <limits>

#include "state_fixture.h"

namespace foldersync {
namespace {

using testing::HasSubstr;

class Sqlite : public StateTest {
 protected:
  Sqlite() { write("cache.db", ""); }

  [[nodiscard]] Database database(Access access = Access::kReadWrite) const {
    Result<Database> opened = Database::open(path(), access, 1);
    EXPECT_TRUE(opened.ok()) << opened.error().detail;
    return std::move(*opened);
  }

  static void run(Database& on, std::string_view sql) {
    const Status status = on.run(sql);
    ASSERT_TRUE(status.ok()) << sql << ": " << status.error().detail;
  }

  static std::int64_t number(Database& on, std::string_view sql) {
    Result<Statement> statement = on.prepare(sql);
    if (!statement || !statement->step().ok()) return -1;
    return statement->integer(0);
  }
};

TEST_F(Sqlite, BytesAndNumbersComeBackAsTheyWereBound) {
  Database on = database();
  run(on, "CREATE TABLE t(a, b, c, d)");
  const std::string bytes("a\0\xff'", 4);
  Statement put = *on.prepare("INSERT INTO t VALUES(?1, ?2, ?3, ?4)");
  put.bind(0, bytes);
  put.bind(1, std::numeric_limits<std::int64_t>::min());
  put.bind(2, std::string_view());
  put.bind_null(3);
  ASSERT_TRUE(put.run().ok());

  Statement get = *on.prepare("SELECT a, b, c, d FROM t");
  ASSERT_TRUE(*get.step());
  EXPECT_EQ(get.bytes(0), bytes);
  EXPECT_EQ(get.integer(1), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(get.bytes(2), "");
  EXPECT_FALSE(get.is_null(2));
  EXPECT_TRUE(get.is_null(3));
  EXPECT_FALSE(*get.step());
}

TEST_F(Sqlite, AResetStatementForgetsWhatWasBound) {
  Database on = database();
  Statement get = *on.prepare("SELECT ?1");
  get.bind(0, std::int64_t{5});
  get.reset();
  ASSERT_TRUE(*get.step());
  EXPECT_TRUE(get.is_null(0));
}

TEST_F(Sqlite, AStatementKeepsItsDatabaseOpen) {
  Statement get = *database().prepare("SELECT 7");
  ASSERT_TRUE(*get.step());
  EXPECT_EQ(get.integer(0), 7);
}

TEST_F(Sqlite, ATransactionThatIsNotCommittedLeavesNothing) {
  Database on = database();
  run(on, "CREATE TABLE t(a)");
  {
    const DatabaseTransaction transaction = *DatabaseTransaction::begin(on, Purpose::kWrite);
    run(on, "INSERT INTO t VALUES(1)");
    EXPECT_TRUE(on.in_transaction());
  }
  EXPECT_FALSE(on.in_transaction());
  EXPECT_EQ(number(on, "SELECT count(*) FROM t"), 0);
}

TEST_F(Sqlite, ACommittedTransactionStays) {
  Database on = database();
  run(on, "CREATE TABLE t(a)");
  {
    DatabaseTransaction transaction = *DatabaseTransaction::begin(on, Purpose::kWrite);
    run(on, "INSERT INTO t VALUES(1)");
    ASSERT_TRUE(transaction.commit().ok());
  }
  EXPECT_EQ(number(on, "SELECT count(*) FROM t"), 1);
  EXPECT_EQ(on.trouble(), Trouble::kNone);
}

TEST_F(Sqlite, ALockOfSomebodyElseIsAnErrorAfterTheWait) {
  Database holder = database();
  const DatabaseTransaction transaction = *DatabaseTransaction::begin(holder, Purpose::kWrite);
  Database other = database();
  const Result<DatabaseTransaction> refused = DatabaseTransaction::begin(other, Purpose::kWrite);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kState);
  EXPECT_THAT(refused.error().detail, HasSubstr("locked"));
  EXPECT_EQ(other.trouble(), Trouble::kLocked);
}

TEST_F(Sqlite, AFileThatIsNoDatabaseIsDamage) {
  write("cache.db", std::string(5000, 'x'));
  Database on = database();
  EXPECT_FALSE(on.run("CREATE TABLE t(a)").ok());
  EXPECT_EQ(on.trouble(), Trouble::kDamaged);
}

TEST_F(Sqlite, AStatementThatDoesNotFitTheTablesIsNoDamage) {
  Database on = database();
  EXPECT_FALSE(on.prepare("SELECT a FROM t").ok());
  EXPECT_EQ(on.trouble(), Trouble::kMisfit);
}

TEST_F(Sqlite, TheWorstTroubleIsKept) {
  Database on = database();
  on.report_damage();
  EXPECT_FALSE(on.prepare("SELECT a FROM t").ok());
  EXPECT_EQ(on.trouble(), Trouble::kDamaged);
}

TEST_F(Sqlite, AMissingFileIsNotMade) {
  ASSERT_EQ(::unlink(path().c_str()), 0);
  const Result<Database> opened = Database::open(path(), Access::kReadWrite, 1);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().error_number, ENOENT);
  EXPECT_FALSE(exists("cache.db"));
}

TEST_F(Sqlite, ASymlinkIsNotFollowed) {
  ASSERT_EQ(::symlink("cache.db", path("link").c_str()), 0);
  EXPECT_FALSE(Database::open(path("link"), Access::kReadWrite, 1).ok());
}

TEST_F(Sqlite, AValueAboveTheLimitIsRefusedWithoutBeingCalledDamage) {
  Database on = database();
  run(on, "CREATE TABLE t(a)");
  const std::string huge(kMaxValueBytes + 1, 'x');
  Statement put = *on.prepare("INSERT INTO t VALUES(?1)");
  put.bind(0, huge);
  EXPECT_FALSE(put.run().ok());
  EXPECT_EQ(on.trouble(), Trouble::kOther);
  put.bind(0, "x");
  EXPECT_TRUE(put.run().ok());
}

TEST_F(Sqlite, NeitherTriggersNorViewsOfTheFileAreRun) {
  Database on = database();
  run(on, "CREATE TABLE t(a)");
  run(on, "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END");
  run(on, "CREATE VIEW v AS SELECT a FROM t");
  run(on, "INSERT INTO t VALUES(1)");
  EXPECT_EQ(number(on, "SELECT count(*) FROM t"), 1);
  EXPECT_FALSE(on.prepare("SELECT a FROM v").ok());
}

TEST_F(Sqlite, TheTextOfTheTablesCannotBeForgedAndNothingCanBeLoaded) {
  Database on = database();
  run(on, "CREATE TABLE t(a)");
  static_cast<void>(on.run("PRAGMA writable_schema=ON"));
  EXPECT_FALSE(on.run("UPDATE sqlite_schema SET sql = 'CREATE TABLE t(b)'").ok());
  EXPECT_FALSE(on.run("SELECT load_extension('x')").ok());
  EXPECT_FALSE(on.run("ATTACH '/tmp/other.db' AS other").ok());
}

TEST_F(Sqlite, AnImmutableDatabaseIsReadWithoutAnythingBesideIt) {
  {
    Database on = database();
    run(on, "PRAGMA journal_mode=WAL");
    run(on, "CREATE TABLE t(a)");
    run(on, "INSERT INTO t VALUES(1)");
  }
  Database on = database(Access::kImmutable);
  EXPECT_TRUE(on.read_only());
  EXPECT_EQ(number(on, "SELECT a FROM t"), 1);
  EXPECT_FALSE(exists("cache.db-wal"));
  EXPECT_FALSE(exists("cache.db-shm"));
  EXPECT_FALSE(on.run("INSERT INTO t VALUES(2)").ok());
}

TEST_F(Sqlite, APathMayHoldWhatMeansSomethingInAUri) {
  const std::string name = "a?b#c%41 &\xff\n.db";
  write(name, "");
  EXPECT_TRUE(Database::open(path(name), Access::kReadWrite, 1)->run("CREATE TABLE t(a)").ok());
  Result<Database> on = Database::open(path(name), Access::kImmutable, 1);
  ASSERT_TRUE(on.ok()) << on.error().detail;
  EXPECT_EQ(number(*on, "SELECT count(*) FROM t"), 0);
}

}  // namespace
}  // namespace foldersync
