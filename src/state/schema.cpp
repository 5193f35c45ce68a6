#include "state/schema.h"

#include <array>
#include <string>
#include <string_view>

namespace foldersync {
namespace {

// A row of hashes belongs to (tree, directory, name); all three are part of its checksum, the tree
// by its identity, so that trees needs no checksum of its own. Sizes and inodes are unsigned, kept
// as the signed number with the same bits. SQLite keeps these texts as they are: they are compared
// with what a file says, so a change in one of them is a change of version.
struct Table {
  std::string_view name;
  std::string_view text;
};

// By name, as inspect_schema() reads them.
constexpr std::array kTables{
    Table{"facts",
          "CREATE TABLE facts(key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL,"
          " checksum INTEGER NOT NULL) WITHOUT ROWID"},
    Table{"hashes",
          "CREATE TABLE hashes(tree INTEGER NOT NULL, directory BLOB NOT NULL,"
          " name BLOB NOT NULL, size INTEGER NOT NULL,"
          " mtime_seconds INTEGER NOT NULL, mtime_nanoseconds INTEGER NOT NULL,"
          " ctime_seconds INTEGER NOT NULL, ctime_nanoseconds INTEGER NOT NULL,"
          " inode INTEGER NOT NULL, md5 BLOB NOT NULL, checksum INTEGER NOT NULL,"
          " PRIMARY KEY(tree, directory, name)) WITHOUT ROWID"},
    Table{"limits",
          "CREATE TABLE limits(identity BLOB NOT NULL PRIMARY KEY, granularity INTEGER NOT NULL,"
          " two_seconds INTEGER NOT NULL,"
          " earliest_seconds INTEGER, earliest_nanoseconds INTEGER,"
          " latest_seconds INTEGER, latest_nanoseconds INTEGER,"
          " holds_owners INTEGER NOT NULL, holds_modes INTEGER NOT NULL,"
          " holds_xattrs INTEGER NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID"},
    Table{"trees", "CREATE TABLE trees(id INTEGER PRIMARY KEY, identity BLOB NOT NULL UNIQUE)"},
};

Result<std::int64_t> user_version(Database& database) {
  Statement statement = TRY(database.prepare("PRAGMA user_version"));
  const bool row = TRY(statement.step());
  return row ? statement.integer(0) : 0;
}

Result<SchemaState> compare_tables(Database& database) {
  // Left out: the index behind UNIQUE in trees, which has no text.
  Statement statement =
      TRY(database.prepare("SELECT name, sql FROM sqlite_schema WHERE name <> "
                           "'sqlite_autoindex_trees_1' ORDER BY name"));
  std::size_t count = 0;
  bool all_ours = true;
  for (;;) {
    const bool row = TRY(statement.step());
    if (!row) break;
    all_ours = all_ours && count < kTables.size() && statement.bytes(0) == kTables[count].name &&
               statement.bytes(1) == kTables[count].text;
    ++count;
  }
  if (count == 0) return SchemaState::kEmpty;
  return all_ours && count == kTables.size() ? SchemaState::kCurrent : SchemaState::kForeign;
}

Result<SchemaState> inspect_in_transaction(Database& database) {
  const std::int64_t version = TRY(user_version(database));
  if (version > kSchemaVersion) return SchemaState::kNewer;
  const SchemaState tables = TRY(compare_tables(database));
  const SchemaState expected = version == 0 ? SchemaState::kEmpty : SchemaState::kCurrent;
  return version >= 0 && tables == expected ? expected : SchemaState::kForeign;
}

}  // namespace

Result<SchemaState> inspect_schema(Database& database) {
  if (database.in_transaction()) return inspect_in_transaction(database);
  // Version and tables must be of one moment: another process may be making them.
  TRY(Transaction::begin(database, Purpose::kRead));
  return inspect_in_transaction(database);
}

Result<SchemaState> migrate_schema(Database& database) {
  Transaction transaction = TRY(Transaction::begin(database, Purpose::kWrite));
  Result<SchemaState> found = inspect_schema(database);
  if (!found || *found != SchemaState::kEmpty) return found;
  for (const Table& table : kTables) {
    if (Status made = database.run(table.text); !made) return std::move(made).error();
  }
  const std::string version = "PRAGMA user_version = " + std::to_string(kSchemaVersion);
  if (Status set = database.run(version); !set) return std::move(set).error();
  if (Status committed = transaction.commit(); !committed) return std::move(committed).error();
  return SchemaState::kCurrent;
}

}  // namespace foldersync
