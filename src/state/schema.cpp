#include "state/schema.h"

#include <string>

namespace foldersync {
namespace {

Result<std::int64_t> user_version(Database& database) {
  Statement statement = TRY(database.prepare("PRAGMA user_version"));
  const bool row = TRY(statement.step());
  return row ? statement.integer(0) : 0;
}

Result<SchemaState> compare_tables(Database& database, std::span<const Table> tables) {
  // Left out: the indexes behind UNIQUE, which have no text and follow from that of the table.
  Statement statement =
      TRY(database.prepare("SELECT name, sql FROM sqlite_schema"
                           " WHERE NOT (type = 'index' AND sql IS NULL) ORDER BY name"));
  std::size_t count = 0;
  bool all_ours = true;
  for (;;) {
    const bool row = TRY(statement.step());
    if (!row) break;
    all_ours = all_ours && count < tables.size() && statement.bytes(0) == tables[count].name &&
               statement.bytes(1) == tables[count].text;
    ++count;
  }
  if (count == 0) return SchemaState::kEmpty;
  return all_ours && count == tables.size() ? SchemaState::kCurrent : SchemaState::kNotOurs;
}

Result<SchemaState> inspect_in_transaction(Database& database, const Schema& schema) {
  const std::int64_t version = TRY(user_version(database));
  if (version > schema.version) return SchemaState::kNewer;
  const SchemaState tables = TRY(compare_tables(database, schema.tables));
  if (version == 0) return tables == SchemaState::kEmpty ? tables : SchemaState::kNotOurs;
  return version == schema.version && tables == SchemaState::kCurrent ? tables
                                                                      : SchemaState::kNotOurs;
}

}  // namespace

Result<SchemaState> inspect_schema(Database& database, const Schema& schema) {
  if (database.in_transaction()) return inspect_in_transaction(database, schema);
  // Version and tables must be of one moment: another process may be making them.
  const DatabaseTransaction transaction = TRY(DatabaseTransaction::begin(database, Purpose::kRead));
  return inspect_in_transaction(database, schema);
}

Result<SchemaState> make_schema(Database& database, const Schema& schema) {
  DatabaseTransaction transaction = TRY(DatabaseTransaction::begin(database, Purpose::kWrite));
  const SchemaState found = TRY(inspect_schema(database, schema));
  if (found != SchemaState::kEmpty) return found;
  for (const Table& table : schema.tables) TRY(database.run(table.text));
  TRY(database.run("PRAGMA user_version = " + std::to_string(schema.version)));
  TRY(transaction.commit());
  return SchemaState::kCurrent;
}

Status still_current(Database& database, const Schema& schema) {
  const SchemaState found = TRY(inspect_schema(database, schema));
  if (found == SchemaState::kCurrent) return success();
  return state_error("write", "another version has changed the database");
}

}  // namespace foldersync
