// The tables of hashes.db: their text, their version, and what is found in a file.
#pragma once

#include <cstdint>

#include "core/result.h"
#include "state/sqlite.h"

namespace foldersync {

// The version that this program writes, kept as user_version.
inline constexpr std::int64_t kSchemaVersion = 1;

enum class SchemaState : std::uint8_t {
  kEmpty,    // a new database
  kCurrent,  // exactly our tables: nothing less, nothing more, not even a trigger
  kNewer,    // of a version that comes after ours
  kForeign,  // anything else
};

// Looks at the database without writing to it, within the transaction under way or one of its own.
Result<SchemaState> inspect_schema(Database& database);

// Brings an empty database to kSchemaVersion in one transaction, unless another process has done so
// meanwhile. Gives what it is afterwards. There are no older versions yet; a cache of one may
// simply drop the old tables in the same transaction.
Result<SchemaState> migrate_schema(Database& database);

}  // namespace foldersync
