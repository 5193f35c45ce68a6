// The tables of a database: their text, their version, and what is found in a file.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/result.h"
#include "state/sqlite.h"

namespace foldersync {

// SQLite keeps the text as it is: it is compared with what a file says, so that a change in one of
// them is a change of version.
struct Table {
  std::string_view name;
  std::string_view text;  // CREATE TABLE ...
};

struct Schema {
  std::int64_t version = 0;       // from 1; kept as user_version
  std::span<const Table> tables;  // by name
};

enum class SchemaState : std::uint8_t {
  kEmpty,    // a new database
  kCurrent,  // exactly our tables: nothing less, nothing more, not even a trigger
  kNewer,    // of a version that comes after ours
  kNotOurs,  // anything else
};

// Looks at the database without writing to it, within the transaction under way or one of its own.
Result<SchemaState> inspect_schema(Database& database, const Schema& schema);

// Makes the tables of an empty database in one transaction, unless another process has done so
// meanwhile. Gives what it is afterwards.
Result<SchemaState> make_schema(Database& database, const Schema& schema);

// Error kState where the database is not ours any more: another process has made a newer one of it.
// Requires: a transaction for writing.
Status still_current(Database& database, const Schema& schema);

}  // namespace foldersync
