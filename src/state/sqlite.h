// SQLite as three types that release what they hold: Database, Statement, DatabaseTransaction.
//
// Errors are of code kState, with SQLite's own words as detail. Nothing in an opened file is
// trusted: no triggers, no views, no extensions, small limits. One thread at a time for a database
// and everything that was made from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"

struct sqlite3_stmt;

namespace foldersync {

struct Connection;  // an open file and what went wrong on it

// How a database is opened.
enum class Access : std::uint8_t {
  kReadWrite,  // the file must exist; an empty one is an empty database
  kImmutable,  // read only, without locks and without the write-ahead log beside it
};

// What went wrong on a database since it was opened.
enum class Trouble : std::uint8_t {
  kNone,
  kOther,    // disk full, read-only, no memory: nothing that says the file is bad
  kLocked,   // another process held it for longer than the caller wanted to wait
  kMisfit,   // the statement does not fit the schema in the file
  kDamaged,  // SQLite can't make sense of the file
};

// Longest value, in bytes, that can be stored or read. A longer one in the file is damage.
inline constexpr std::size_t kMaxValueBytes = std::size_t{16} << 20;

// A prepared statement. Used as: bind, step until it gives false, reset.
class Statement {
 public:
  // Columns and parameters are numbered from 0. A failed bind is told by the next step().
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, std::string_view bytes);  // Requires: `bytes` live until reset().
  void bind_null(int parameter);

  // True: there is a row to look at. False: done.
  Result<bool> step();

  // Steps to the end, ignoring rows, and resets.
  Status run();

  // Makes it ready for the next use and forgets what was bound.
  void reset();

  // Requires: the last step() gave true. The bytes live until the next step() or reset().
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };

  Statement(sqlite3_stmt* statement, std::shared_ptr<Connection> connection);

  std::shared_ptr<Connection> connection_;  // before statement_: must outlive it
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int bind_result_ = 0;
};

class Database {
 public:
  // Requires: `path` is absolute and no component of it is a symlink (SQLite refuses links), and
  // is at most about 500 bytes (a limit of SQLite). Opening reads nothing yet: a file that is no
  // database is noticed by the first statement. A lock is waited for `busy_milliseconds` each time.
  static Result<Database> open(const std::string& path, Access access, int busy_milliseconds);

  Result<Statement> prepare(std::string_view sql);

  // Runs one statement without parameters, ignoring rows.
  Status run(std::string_view sql);

  // Whether SQLite could open or can use the file only for reading.
  [[nodiscard]] bool read_only() const;

  // False also after an error that SQLite itself answered with a rollback.
  [[nodiscard]] bool in_transaction() const;

  // Where this fails, SQLite does it when the database is closed.
  void roll_back() noexcept;

  // Counts as damage what the caller found wrong in the file.
  void report_damage();

  // The worst of what has happened so far.
  [[nodiscard]] Trouble trouble() const;

 private:
  explicit Database(std::shared_ptr<Connection> connection);

  std::shared_ptr<Connection> connection_;
};

enum class Purpose : std::uint8_t {
  kRead,   // one view of the data from the first read on
  kWrite,  // takes the lock for writing at once
};

// Everything between begin() and commit() happens or nothing does.
class [[nodiscard]] DatabaseTransaction {
 public:
  // Requires: `database` outlives the transaction and is not moved meanwhile.
  static Result<DatabaseTransaction> begin(Database& database, Purpose purpose);

  DatabaseTransaction(DatabaseTransaction&& other) noexcept;
  DatabaseTransaction& operator=(DatabaseTransaction&&) = delete;
  ~DatabaseTransaction();  // rolls back what was not committed

  // After an error nothing of it happened.
  Status commit();

 private:
  explicit DatabaseTransaction(Database& database) : database_(&database) {}

  Database* database_;
};

}  // namespace foldersync
