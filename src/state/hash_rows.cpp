#include "state/hash_rows.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace foldersync {
namespace {

// A row of hashes belongs to (tree, directory, name); all three are part of its checksum, the tree
// by its identity, so that trees needs no checksum of its own. Sizes and inodes are unsigned, kept
// as the signed number with the same bits.
constexpr std::array kTables{
    Table{"hashes",
          "CREATE TABLE hashes(tree INTEGER NOT NULL, directory BLOB NOT NULL,"
          " name BLOB NOT NULL, size INTEGER NOT NULL,"
          " mtime_seconds INTEGER NOT NULL, mtime_nanoseconds INTEGER NOT NULL,"
          " ctime_seconds INTEGER NOT NULL, ctime_nanoseconds INTEGER NOT NULL,"
          " inode INTEGER NOT NULL, md5 BLOB NOT NULL, checksum INTEGER NOT NULL,"
          " PRIMARY KEY(tree, directory, name)) WITHOUT ROWID"},
    Table{"trees", "CREATE TABLE trees(id INTEGER PRIMARY KEY, identity BLOB NOT NULL UNIQUE)"},
};

std::int64_t as_signed(std::uint64_t number) { return std::bit_cast<std::int64_t>(number); }
std::uint64_t as_unsigned(std::int64_t number) { return std::bit_cast<std::uint64_t>(number); }

std::string_view bytes_of(const Md5& md5) {
  // Characters may stand for any object's bytes.
  return {reinterpret_cast<const char*>(md5.bytes.data()), md5.bytes.size()};
}

}  // namespace

constinit const DatabaseKind kCacheDatabase{
    .name = "cache.db", .schema = {.version = 2, .tables = kTables}, .commits = Commits::kFast};

Result<HashRows> HashRows::prepare(Database database) {
  HashRows rows(std::move(database));
  const std::pair<std::optional<Statement> HashRows::*, std::string_view> statements[] = {
      {&HashRows::find_tree_, "SELECT id FROM trees WHERE identity = ?1"},
      {&HashRows::add_tree_, "INSERT INTO trees(identity) VALUES(?1)"},
      {&HashRows::read_directory_,
       "SELECT name, size, mtime_seconds, mtime_nanoseconds, ctime_seconds, ctime_nanoseconds,"
       " inode, md5, checksum FROM hashes WHERE tree = ?1 AND directory = ?2 ORDER BY name"},
      {&HashRows::put_hash_,
       "INSERT OR REPLACE INTO hashes VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"},
      {&HashRows::remove_hash_,
       "DELETE FROM hashes WHERE tree = ?1 AND directory = ?2 AND name = ?3"},
  };
  for (const auto& [member, sql] : statements) {
    Statement statement = TRY(rows.database_.prepare(sql));
    rows.*member = std::move(statement);
  }
  return rows;
}

Result<std::optional<std::int64_t>> HashRows::find_tree(std::string_view identity) {
  find_tree_->bind(0, identity);
  const Result<bool> row = find_tree_->step();
  std::optional<std::int64_t> id;
  if (row && *row) id = find_tree_->integer(0);
  find_tree_->reset();
  if (!row) return row.error();
  return id;
}

Result<std::int64_t> HashRows::add_tree(std::string_view identity) {
  Result<std::optional<std::int64_t>> id = find_tree(identity);
  if (id && !id->has_value()) {
    TRY(bind(*add_tree_, identity).run());
    id = find_tree(identity);
  }
  if (!id) return std::move(id).error();
  if (id->has_value()) return **id;
  database_.report_damage();
  return state_error("read", "a row is gone that was just written");
}

std::optional<CachedHash> HashRows::current_row(const StoredTree& tree,
                                                std::string_view directory) {
  const Statement& statement = *read_directory_;
  const std::optional<FileTime> mtime = time_at(statement, 2);
  const std::optional<FileTime> ctime = time_at(statement, 4);
  const std::string_view md5 = statement.bytes(7);
  CachedHash row;
  row.name = statement.bytes(0);
  if (!mtime || !ctime || md5.size() != row.md5.bytes.size()) return std::nullopt;
  row.stamp = {as_unsigned(statement.integer(1)), *mtime, *ctime,
               as_unsigned(statement.integer(6))};
  std::memcpy(row.md5.bytes.data(), md5.data(), md5.size());
  if (statement.integer(8) != checksum(tree, directory, row)) return std::nullopt;
  return row;
}

Result<std::vector<CachedHash>> HashRows::directory(const StoredTree& tree,
                                                    std::string_view directory) {
  bind(*read_directory_, tree.id, directory);
  std::vector<CachedHash> rows;
  std::optional<std::string> previous;
  std::optional<Error> failure;
  while (!failure) {
    const Result<bool> more = read_directory_->step();
    if (!more) failure = more.error();
    if (!more || !*more) break;
    const std::string_view name = read_directory_->bytes(0);
    if (previous && name <= *previous) {
      // A page that points to itself would go on for ever.
      database_.report_damage();
      failure = state_error("read", "rows are out of order");
    }
    previous = name;
    if (std::optional<CachedHash> row = current_row(tree, directory)) {
      rows.push_back(std::move(*row));
    }
  }
  read_directory_->reset();
  if (failure) return std::move(*failure);
  return rows;
}

Status HashRows::put(const StoredTree& tree, std::string_view directory, const CachedHash& row) {
  const auto& stamp = row.stamp;
  return bind(*put_hash_, tree.id, directory, row.name, as_signed(stamp.size), stamp.mtime,
              stamp.ctime, as_signed(stamp.inode), bytes_of(row.md5),
              checksum(tree, directory, row))
      .run();
}

Status HashRows::remove(const StoredTree& tree, std::string_view directory, std::string_view name) {
  return bind(*remove_hash_, tree.id, directory, name).run();
}

std::int64_t HashRows::checksum(const StoredTree& tree, std::string_view directory,
                                const CachedHash& row) {
  const auto& stamp = row.stamp;
  return checksum_.of("hashes", tree.identity, directory, row.name, as_signed(stamp.size),
                      stamp.mtime, stamp.ctime, as_signed(stamp.inode), bytes_of(row.md5));
}

}  // namespace foldersync
