// The rows of memory.db as values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/file_system_limits.h"
#include "core/result.h"
#include "state/open_database.h"
#include "state/row_fields.h"
#include "state/sqlite.h"

namespace foldersync {

// memory.db.
extern const DatabaseKind kMemoryDatabase;

// One thread at a time, as for the database.
class MemoryRows {
 public:
  // Requires: the schema of `database` is that of kMemoryDatabase.
  static Result<MemoryRows> prepare(Database database);

  Database& database() { return database_; }

  // Nothing also where the row's checksum is wrong: limits are learned again.
  Result<std::optional<FileSystemLimits>> limits(std::string_view identity);
  Status put_limits(std::string_view identity, const FileSystemLimits& limits);

  // A wrong checksum is an error: what was known is not known any more.
  Result<std::optional<std::string>> fact(std::string_view key);
  Status put_fact(std::string_view key, std::string_view value);

 private:
  explicit MemoryRows(Database database) : database_(std::move(database)) {}

  std::int64_t checksum(std::string_view identity, const FileSystemLimits& limits);
  std::int64_t checksum(std::string_view key, std::string_view value);

  Database database_;
  std::optional<Statement> read_limits_, put_limits_, read_fact_, put_fact_;
  RowChecksum checksum_;
};

// Reads all rows, whatever their checksums say. Error kState: that can't be done.
Status read_through(Database& database);

// Copies the rows of `from`, which has the same tables, as far as they can be read, damaged or not;
// where `to` knows something by the same key already, that stays. False: not all could be read.
// An error: `to` can't be written. Requires: a transaction for writing in `to`.
Result<bool> copy_memory(Database& from, Database& to);

}  // namespace foldersync
