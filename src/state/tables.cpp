#include "state/tables.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace foldersync {
namespace {

constexpr std::uint32_t kNanosecondsPerSecond = 1'000'000'000;

std::int64_t as_signed(std::uint64_t number) { return std::bit_cast<std::int64_t>(number); }
std::uint64_t as_unsigned(std::int64_t number) { return std::bit_cast<std::uint64_t>(number); }

// Numbers as eight bytes, least significant first; bytes after their length: no two lists of
// fields have the same text.
void append(std::string& text, std::int64_t number) {
  std::array<char, 8> bytes;
  std::uint64_t rest = as_unsigned(number);
  for (char& byte : bytes) {
    byte = static_cast<char>(rest & 0xff);
    rest >>= 8;
  }
  text.append(bytes.data(), bytes.size());
}

void append(std::string& text, std::string_view bytes) {
  append(text, as_signed(bytes.size()));
  text.append(bytes);
}

void append(std::string& text, FileTime time) {
  append(text, time.seconds);
  append(text, std::int64_t{time.nanoseconds});
}

void append(std::string& text, const std::optional<FileTime>& time) {
  append(text, std::int64_t{time.has_value()});
  if (time) append(text, *time);
}

std::string_view bytes_of(const Md5& md5) {
  // Characters may stand for any object's bytes.
  return {reinterpret_cast<const char*>(md5.bytes.data()), md5.bytes.size()};
}

// The time in two columns from `column` on; nothing where no time can be there.
std::optional<FileTime> time_at(const Statement& statement, int column) {
  const std::int64_t nanoseconds = statement.integer(column + 1);
  if (nanoseconds < 0 || nanoseconds >= kNanosecondsPerSecond) return std::nullopt;
  return FileTime{statement.integer(column), static_cast<std::uint32_t>(nanoseconds)};
}

void bind(Statement& statement, int parameter, FileTime time) {
  statement.bind(parameter, time.seconds);
  statement.bind(parameter + 1, std::int64_t{time.nanoseconds});
}

void bind(Statement& statement, int parameter, const std::optional<FileTime>& time) {
  if (time) return bind(statement, parameter, *time);
  statement.bind_null(parameter);
  statement.bind_null(parameter + 1);
}

// The limits in a row of limits; whatever stands there, for the checksum to judge.
FileSystemLimits limits_at(const Statement& statement) {
  FileSystemLimits limits;
  limits.times.granularity = static_cast<std::uint32_t>(statement.integer(0));
  limits.times.two_seconds = statement.integer(1) != 0;
  if (!statement.is_null(2)) limits.times.earliest = time_at(statement, 2);
  if (!statement.is_null(4)) limits.times.latest = time_at(statement, 4);
  limits.holds_owners = statement.integer(6) != 0;
  limits.holds_modes = statement.integer(7) != 0;
  limits.holds_xattrs = statement.integer(8) != 0;
  return limits;
}

}  // namespace

Result<Tables> Tables::prepare(Database database) {
  Tables tables(std::move(database));
  const std::pair<std::optional<Statement> Tables::*, std::string_view> statements[] = {
      {&Tables::find_tree_, "SELECT id FROM trees WHERE identity = ?1"},
      {&Tables::add_tree_, "INSERT INTO trees(identity) VALUES(?1)"},
      {&Tables::read_directory_,
       "SELECT name, size, mtime_seconds, mtime_nanoseconds, ctime_seconds, ctime_nanoseconds,"
       " inode, md5, checksum FROM hashes WHERE tree = ?1 AND directory = ?2 ORDER BY name"},
      {&Tables::put_hash_,
       "INSERT OR REPLACE INTO hashes VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"},
      {&Tables::remove_hash_,
       "DELETE FROM hashes WHERE tree = ?1 AND directory = ?2 AND name = ?3"},
      {&Tables::read_limits_,
       "SELECT granularity, two_seconds, earliest_seconds, earliest_nanoseconds, latest_seconds,"
       " latest_nanoseconds, holds_owners, holds_modes, holds_xattrs, checksum"
       " FROM limits WHERE identity = ?1"},
      {&Tables::put_limits_,
       "INSERT OR REPLACE INTO limits VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"},
      {&Tables::read_fact_, "SELECT value, checksum FROM facts WHERE key = ?1"},
      {&Tables::put_fact_, "INSERT OR REPLACE INTO facts VALUES(?1, ?2, ?3)"},
  };
  for (const auto& [member, sql] : statements) {
    Statement statement = TRY(tables.database_.prepare(sql));
    tables.*member = std::move(statement);
  }
  return tables;
}

Result<std::optional<std::int64_t>> Tables::find_tree(std::string_view identity) {
  find_tree_->bind(0, identity);
  const Result<bool> row = find_tree_->step();
  std::optional<std::int64_t> id;
  if (row && *row) id = find_tree_->integer(0);
  find_tree_->reset();
  if (!row) return row.error();
  return id;
}

Result<std::int64_t> Tables::add_tree(std::string_view identity) {
  Result<std::optional<std::int64_t>> id = find_tree(identity);
  if (id && !id->has_value()) {
    add_tree_->bind(0, identity);
    if (Status added = add_tree_->run(); !added) return std::move(added).error();
    id = find_tree(identity);
  }
  if (!id) return std::move(id).error();
  if (id->has_value()) return **id;
  database_.report_damage();
  return Error{ErrorCode::kState, "read", {}, 0, "a row is gone that was just written"};
}

std::optional<CachedHash> Tables::current_row(const StoredTree& tree, std::string_view directory) {
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

Result<std::vector<CachedHash>> Tables::directory(const StoredTree& tree,
                                                  std::string_view directory) {
  read_directory_->bind(0, tree.id);
  read_directory_->bind(1, directory);
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
      failure = Error{ErrorCode::kState, "read", {}, 0, "rows are out of order"};
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

Status Tables::put(const StoredTree& tree, std::string_view directory, const CachedHash& row) {
  put_hash_->bind(0, tree.id);
  put_hash_->bind(1, directory);
  put_hash_->bind(2, row.name);
  put_hash_->bind(3, as_signed(row.stamp.size));
  bind(*put_hash_, 4, row.stamp.mtime);
  bind(*put_hash_, 6, row.stamp.ctime);
  put_hash_->bind(8, as_signed(row.stamp.inode));
  put_hash_->bind(9, bytes_of(row.md5));
  put_hash_->bind(10, checksum(tree, directory, row));
  return put_hash_->run();
}

Status Tables::remove(const StoredTree& tree, std::string_view directory, std::string_view name) {
  remove_hash_->bind(0, tree.id);
  remove_hash_->bind(1, directory);
  remove_hash_->bind(2, name);
  return remove_hash_->run();
}

Result<std::optional<FileSystemLimits>> Tables::limits(std::string_view identity) {
  read_limits_->bind(0, identity);
  const Result<bool> row = read_limits_->step();
  std::optional<FileSystemLimits> limits;
  if (row && *row) {
    limits = limits_at(*read_limits_);
    if (read_limits_->integer(9) != checksum(identity, *limits)) limits.reset();
  }
  read_limits_->reset();
  if (!row) return row.error();
  return limits;
}

Status Tables::put_limits(std::string_view identity, const FileSystemLimits& limits) {
  put_limits_->bind(0, identity);
  put_limits_->bind(1, std::int64_t{limits.times.granularity});
  put_limits_->bind(2, std::int64_t{limits.times.two_seconds});
  bind(*put_limits_, 3, limits.times.earliest);
  bind(*put_limits_, 5, limits.times.latest);
  put_limits_->bind(7, std::int64_t{limits.holds_owners});
  put_limits_->bind(8, std::int64_t{limits.holds_modes});
  put_limits_->bind(9, std::int64_t{limits.holds_xattrs});
  put_limits_->bind(10, checksum(identity, limits));
  return put_limits_->run();
}

Result<std::optional<std::string>> Tables::fact(std::string_view key) {
  read_fact_->bind(0, key);
  const Result<bool> row = read_fact_->step();
  std::optional<std::string> value;
  if (row && *row) {
    value = read_fact_->bytes(0);
    if (read_fact_->integer(1) != checksum(key, *value)) value.reset();
  }
  read_fact_->reset();
  if (!row) return row.error();
  return value;
}

Status Tables::put_fact(std::string_view key, std::string_view value) {
  put_fact_->bind(0, key);
  put_fact_->bind(1, value);
  put_fact_->bind(2, checksum(key, value));
  return put_fact_->run();
}

std::int64_t Tables::checksum(const StoredTree& tree, std::string_view directory,
                              const CachedHash& row) {
  buffer_ = "hashes";
  append(buffer_, tree.identity);
  append(buffer_, directory);
  append(buffer_, row.name);
  append(buffer_, as_signed(row.stamp.size));
  append(buffer_, row.stamp.mtime);
  append(buffer_, row.stamp.ctime);
  append(buffer_, as_signed(row.stamp.inode));
  append(buffer_, bytes_of(row.md5));
  return checksum_of_buffer();
}

std::int64_t Tables::checksum(std::string_view identity, const FileSystemLimits& limits) {
  buffer_ = "limits";
  append(buffer_, identity);
  append(buffer_, std::int64_t{limits.times.granularity});
  append(buffer_, std::int64_t{limits.times.two_seconds});
  append(buffer_, limits.times.earliest);
  append(buffer_, limits.times.latest);
  append(buffer_, std::int64_t{limits.holds_owners});
  append(buffer_, std::int64_t{limits.holds_modes});
  append(buffer_, std::int64_t{limits.holds_xattrs});
  return checksum_of_buffer();
}

std::int64_t Tables::checksum(std::string_view key, std::string_view value) {
  buffer_ = "facts";
  append(buffer_, key);
  append(buffer_, value);
  return checksum_of_buffer();
}

// The first eight bytes of the MD5 as a number.
std::int64_t Tables::checksum_of_buffer() {
  hasher_.update(std::string_view(buffer_));
  const Md5 digest = hasher_.finish();
  std::uint64_t number = 0;
  for (std::size_t i = 8; i-- > 0;) number = (number << 8) | digest.bytes[i];
  return as_signed(number);
}

}  // namespace foldersync
