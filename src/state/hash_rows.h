// The rows of cache.db as values: one whose checksum is wrong is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "state/hash_cache.h"
#include "state/open_database.h"
#include "state/row_fields.h"
#include "state/sqlite.h"

namespace foldersync {

// cache.db. Its first version was hashes.db, see old_state.
extern const DatabaseKind kCacheDatabase;

// A tree as the rows know it.
struct StoredTree {
  std::int64_t id = 0;  // what its rows carry
  std::string_view identity;
};

// One thread at a time, as for the database.
class HashRows {
 public:
  // Requires: the schema of `database` is that of kCacheDatabase.
  static Result<HashRows> prepare(Database database);

  Database& database() { return database_; }

  Result<std::optional<std::int64_t>> find_tree(std::string_view identity);
  // Finds it or adds it. Requires: a transaction for writing.
  Result<std::int64_t> add_tree(std::string_view identity);

  // By name in byte order. Rows that come in another order are damage.
  Result<std::vector<CachedHash>> directory(const StoredTree& tree, std::string_view directory);
  Status put(const StoredTree& tree, std::string_view directory, const CachedHash& row);
  // Success also where there is no such row.
  Status remove(const StoredTree& tree, std::string_view directory, std::string_view name);

 private:
  explicit HashRows(Database database) : database_(std::move(database)) {}

  std::optional<CachedHash> current_row(const StoredTree& tree, std::string_view directory);
  std::int64_t checksum(const StoredTree& tree, std::string_view directory, const CachedHash& row);

  Database database_;
  std::optional<Statement> find_tree_, add_tree_, read_directory_, put_hash_, remove_hash_;
  RowChecksum checksum_;
};

}  // namespace foldersync
