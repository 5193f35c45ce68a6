// The rows of hashes.db as values: every row is written with a checksum of its own, and one whose
// checksum is wrong is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_system_limits.h"
#include "core/hash.h"
#include "core/result.h"
#include "state/hash_cache.h"
#include "state/sqlite.h"

namespace foldersync {

// A tree as the tables know it.
struct StoredTree {
  std::int64_t id = 0;  // what its rows carry
  std::string_view identity;
};

// One thread at a time, as for the database.
class Tables {
 public:
  // Requires: the schema of `database` is current.
  static Result<Tables> prepare(Database database);

  Database& database() { return database_; }

  Result<std::optional<std::int64_t>> find_tree(std::string_view identity);
  // Finds it or adds it. Requires: a transaction for writing.
  Result<std::int64_t> add_tree(std::string_view identity);

  // By name in byte order. Rows that come in another order are damage.
  Result<std::vector<CachedHash>> directory(const StoredTree& tree, std::string_view directory);
  Status put(const StoredTree& tree, std::string_view directory, const CachedHash& row);
  // Success also where there is no such row.
  Status remove(const StoredTree& tree, std::string_view directory, std::string_view name);

  Result<std::optional<FileSystemLimits>> limits(std::string_view identity);
  Status put_limits(std::string_view identity, const FileSystemLimits& limits);

  Result<std::optional<std::string>> fact(std::string_view key);
  Status put_fact(std::string_view key, std::string_view value);

 private:
  explicit Tables(Database database) : database_(std::move(database)) {}

  std::optional<CachedHash> current_row(const StoredTree& tree, std::string_view directory);
  std::int64_t checksum(const StoredTree& tree, std::string_view directory, const CachedHash& row);
  std::int64_t checksum(std::string_view identity, const FileSystemLimits& limits);
  std::int64_t checksum(std::string_view key, std::string_view value);
  std::int64_t checksum_of_buffer();

  Database database_;
  std::optional<Statement> find_tree_, add_tree_, read_directory_, put_hash_, remove_hash_;
  std::optional<Statement> read_limits_, put_limits_, read_fact_, put_fact_;
  Md5Hasher hasher_;
  std::string buffer_;  // what a checksum is taken of
};

}  // namespace foldersync
