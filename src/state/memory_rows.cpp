#include "state/memory_rows.h"

#include <array>
#include <utility>

namespace foldersync {
namespace {

constexpr std::array kTables{
    Table{"facts",
          "CREATE TABLE facts(key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL,"
          " checksum INTEGER NOT NULL) WITHOUT ROWID"},
    Table{"limits",
          "CREATE TABLE limits(identity BLOB NOT NULL PRIMARY KEY, granularity INTEGER NOT NULL,"
          " two_seconds INTEGER NOT NULL,"
          " earliest_seconds INTEGER, earliest_nanoseconds INTEGER,"
          " latest_seconds INTEGER, latest_nanoseconds INTEGER,"
          " holds_owners INTEGER NOT NULL, holds_modes INTEGER NOT NULL,"
          " holds_xattrs INTEGER NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID"},
};

// How the rows of a table are copied.
struct Copying {
  std::string_view rows;  // all, by their key, the first column
  std::string_view put;
  int columns;
  int texts;  // so many columns are bytes, from the first on; the others are numbers
};

constexpr std::array kCopyings{
    Copying{"SELECT key, value, checksum FROM facts ORDER BY key",
            "INSERT OR IGNORE INTO facts VALUES(?1, ?2, ?3)", 3, 2},
    Copying{"SELECT identity, granularity, two_seconds, earliest_seconds, earliest_nanoseconds,"
            " latest_seconds, latest_nanoseconds, holds_owners, holds_modes, holds_xattrs, checksum"
            " FROM limits ORDER BY identity",
            "INSERT OR IGNORE INTO limits VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)", 11,
            1},
};

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

enum class Order { kUp, kDown };

// Gives each row of a table, as far as they can be read, to `take`. An error of the table: the
// database's trouble says what it is. Errors of `take` are handed on.
template <class Take>
Status each_row(Database& database, const Copying& copying, Order order, Take take) {
  std::string sql(copying.rows);
  if (order == Order::kDown) sql += " DESC";
  Statement rows = TRY(database.prepare(sql));
  std::optional<std::string> previous;
  while (TRY(rows.step())) {
    const std::string_view key = rows.bytes(0);
    const std::string_view last = previous ? std::string_view(*previous) : std::string_view();
    const bool in_order = !previous || (order == Order::kUp ? last < key : key < last);
    if (!in_order) {  // a page that points to itself would go on for ever
      database.report_damage();
      return state_error("read", "rows are out of order");
    }
    previous = key;
    TRY(take(rows));
  }
  return success();
}

Status copy_row(const Statement& row, Statement& put, const Copying& copying) {
  for (int column = 0; column < copying.columns; ++column) {
    if (column < copying.texts) {
      put.bind(column, row.bytes(column));
    } else if (row.is_null(column)) {
      put.bind_null(column);
    } else {
      put.bind(column, row.integer(column));
    }
  }
  return put.run();
}

}  // namespace

constinit const DatabaseKind kMemoryDatabase{
    .name = "memory.db", .schema = {.version = 1, .tables = kTables}, .commits = Commits::kDurable};

Result<MemoryRows> MemoryRows::prepare(Database database) {
  MemoryRows rows(std::move(database));
  const std::pair<std::optional<Statement> MemoryRows::*, std::string_view> statements[] = {
      {&MemoryRows::read_limits_,
       "SELECT granularity, two_seconds, earliest_seconds, earliest_nanoseconds, latest_seconds,"
       " latest_nanoseconds, holds_owners, holds_modes, holds_xattrs, checksum"
       " FROM limits WHERE identity = ?1"},
      {&MemoryRows::put_limits_,
       "INSERT OR REPLACE INTO limits VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"},
      {&MemoryRows::read_fact_, "SELECT value, checksum FROM facts WHERE key = ?1"},
      {&MemoryRows::put_fact_, "INSERT OR REPLACE INTO facts VALUES(?1, ?2, ?3)"},
  };
  for (const auto& [member, sql] : statements) {
    Statement statement = TRY(rows.database_.prepare(sql));
    rows.*member = std::move(statement);
  }
  return rows;
}

Result<std::optional<FileSystemLimits>> MemoryRows::limits(std::string_view identity) {
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

Status MemoryRows::put_limits(std::string_view identity, const FileSystemLimits& limits) {
  const TimeLimits& times = limits.times;
  return bind(*put_limits_, identity, times.granularity, times.two_seconds, times.earliest,
              times.latest, limits.holds_owners, limits.holds_modes, limits.holds_xattrs,
              checksum(identity, limits))
      .run();
}

Result<std::optional<std::string>> MemoryRows::fact(std::string_view key) {
  read_fact_->bind(0, key);
  const Result<bool> row = read_fact_->step();
  std::optional<std::string> value;
  bool is_whole = true;
  if (row && *row) {
    value = read_fact_->bytes(0);
    is_whole = read_fact_->integer(1) == checksum(key, *value);
  }
  read_fact_->reset();
  if (!row) return row.error();
  if (!is_whole) return state_error("read", "its checksum is wrong");
  return value;
}

Status MemoryRows::put_fact(std::string_view key, std::string_view value) {
  return bind(*put_fact_, key, value, checksum(key, value)).run();
}

std::int64_t MemoryRows::checksum(std::string_view identity, const FileSystemLimits& limits) {
  const TimeLimits& times = limits.times;
  return checksum_.of("limits", identity, times.granularity, times.two_seconds, times.earliest,
                      times.latest, limits.holds_owners, limits.holds_modes, limits.holds_xattrs);
}

std::int64_t MemoryRows::checksum(std::string_view key, std::string_view value) {
  return checksum_.of("facts", key, value);
}

Status read_through(Database& database) {
  const DatabaseTransaction view = TRY(DatabaseTransaction::begin(database, Purpose::kRead));
  for (const Copying& copying : kCopyings) {
    TRY(each_row(database, copying, Order::kUp, [](const Statement&) { return success(); }));
  }
  return success();
}

Result<bool> copy_memory(Database& from, Database& to) {
  bool all = true;
  for (const Copying& copying : kCopyings) {
    Statement put = TRY(to.prepare(copying.put));
    Status written = success();
    const auto take = [&](const Statement& row) {
      written = copy_row(row, put, copying);
      return written;
    };
    if (each_row(from, copying, Order::kUp, take)) continue;
    all = false;
    // From the other end, up to what can't be read.
    if (written) (void)each_row(from, copying, Order::kDown, take);
    TRY(written);
  }
  return all;
}

}  // namespace foldersync
