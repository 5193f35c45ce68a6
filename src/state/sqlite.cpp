#include "state/sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <utility>

namespace foldersync {

struct Connection {
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { sqlite3_close_v2(handle); }

  sqlite3* handle = nullptr;
  Trouble trouble = Trouble::kNone;
};

namespace {

struct Limit {
  int id;
  int value;
};

// More than our own statements need, and little for anybody else's.
constexpr std::array kLimits{
    Limit{SQLITE_LIMIT_LENGTH, static_cast<int>(kMaxValueBytes)},
    Limit{SQLITE_LIMIT_SQL_LENGTH, 10'000},
    Limit{SQLITE_LIMIT_COLUMN, 32},
    Limit{SQLITE_LIMIT_EXPR_DEPTH, 20},
    Limit{SQLITE_LIMIT_COMPOUND_SELECT, 2},
    Limit{SQLITE_LIMIT_FUNCTION_ARG, 8},
    Limit{SQLITE_LIMIT_VARIABLE_NUMBER, 32},
    Limit{SQLITE_LIMIT_ATTACHED, 0},
    Limit{SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    Limit{SQLITE_LIMIT_WORKER_THREADS, 0},
};

struct Setting {
  int id;
  int value;
};

constexpr std::array kSettings{
    Setting{SQLITE_DBCONFIG_DEFENSIVE, 1},
    Setting{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    Setting{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
    Setting{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    Setting{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    Setting{SQLITE_DBCONFIG_DQS_DDL, 0},
    Setting{SQLITE_DBCONFIG_DQS_DML, 0},
};

Trouble kind_of(int result) {
  switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return Trouble::kDamaged;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Trouble::kLocked;
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
      return Trouble::kMisfit;
    default:
      return Trouble::kOther;
  }
}

Error failed(Connection& connection, const char* operation, int result, Trouble trouble) {
  connection.trouble = std::max(connection.trouble, trouble);
  Error error{ErrorCode::kState, operation, {}, 0, {}};
  if ((result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_CANTOPEN) {
    error.error_number = sqlite3_system_errno(connection.handle);
  }
  // What the connection says belongs to its last call, which need not be the one that failed.
  const bool own_words = sqlite3_extended_errcode(connection.handle) == result;
  error.detail = own_words ? sqlite3_errmsg(connection.handle) : sqlite3_errstr(result);
  return error;
}

Error failed(Connection& connection, const char* operation, int result) {
  return failed(connection, operation, result, kind_of(result));
}

// `path` as a URI, with everything escaped that could have a meaning there.
std::string uri_of(std::string_view path, std::string_view query) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "/._-";
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri += '%';
      uri += kDigits[byte >> 4];
      uri += kDigits[byte & 15];
    }
  }
  return uri.append("?").append(query);
}

void harden(sqlite3* handle) {
  sqlite3_extended_result_codes(handle, 1);
  for (const auto& [id, value] : kSettings) sqlite3_db_config(handle, id, value, nullptr);
  for (const auto& [id, value] : kLimits) sqlite3_limit(handle, id, value);
}

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3_stmt* statement, std::shared_ptr<Connection> connection)
    : connection_(std::move(connection)), statement_(statement) {}

void Statement::bind(int parameter, std::int64_t value) {
  bind_result_ = std::max(bind_result_, sqlite3_bind_int64(statement_.get(), parameter + 1, value));
}

void Statement::bind(int parameter, std::string_view bytes) {
  const char* data = bytes.empty() ? "" : bytes.data();  // a null pointer would bind NULL
  bind_result_ = std::max(bind_result_, sqlite3_bind_blob64(statement_.get(), parameter + 1, data,
                                                            bytes.size(), SQLITE_STATIC));
}

void Statement::bind_null(int parameter) {
  bind_result_ = std::max(bind_result_, sqlite3_bind_null(statement_.get(), parameter + 1));
}

Result<bool> Statement::step() {
  if (bind_result_ != SQLITE_OK) return failed(*connection_, "sqlite3_bind", bind_result_);
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  // Values are checked when they are bound: one that is too big now comes from the file.
  const bool oversized = (result & 0xff) == SQLITE_TOOBIG;
  return failed(*connection_, "sqlite3_step", result,
                oversized ? Trouble::kDamaged : kind_of(result));
}

Status Statement::run() {
  for (;;) {
    Result<bool> more = step();
    if (more && *more) continue;
    reset();
    if (!more) return std::move(more).error();
    return success();
  }
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bind_result_ = SQLITE_OK;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  if (data == nullptr) return {};
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Database::Database(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

Result<Database> Database::open(const std::string& path, Access access, int busy_milliseconds) {
  auto connection = std::make_shared<Connection>();
  const bool immutable = access == Access::kImmutable;
  const int flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                    (immutable ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE);
  const std::string name = immutable ? uri_of(path, "immutable=1") : path;
  const int result = sqlite3_open_v2(name.c_str(), &connection->handle, flags, nullptr);
  if (result != SQLITE_OK) return failed(*connection, "sqlite3_open", result).at(path);
  harden(connection->handle);
  sqlite3_busy_timeout(connection->handle, busy_milliseconds);
  return Database(std::move(connection));
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v3(connection_->handle, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) {
    // Reading the schema is part of preparing: a text in it that is too long counts as foreign.
    const bool oversized = (result & 0xff) == SQLITE_TOOBIG;
    return failed(*connection_, "sqlite3_prepare", result,
                  oversized ? Trouble::kMisfit : kind_of(result));
  }
  return Statement(statement, connection_);
}

Status Database::run(std::string_view sql) {
  Statement statement = TRY(prepare(sql));
  return statement.run();
}

bool Database::read_only() const { return sqlite3_db_readonly(connection_->handle, "main") != 0; }

bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_->handle) == 0; }

void Database::roll_back() noexcept {
  sqlite3_exec(connection_->handle, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::report_damage() { connection_->trouble = Trouble::kDamaged; }

Trouble Database::trouble() const { return connection_->trouble; }

Result<DatabaseTransaction> DatabaseTransaction::begin(Database& database, Purpose purpose) {
  TRY(database.run(purpose == Purpose::kRead ? "BEGIN DEFERRED" : "BEGIN IMMEDIATE"));
  return DatabaseTransaction(database);
}

DatabaseTransaction::DatabaseTransaction(DatabaseTransaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

DatabaseTransaction::~DatabaseTransaction() {
  if (database_ != nullptr && database_->in_transaction()) database_->roll_back();
}

Status DatabaseTransaction::commit() {
  Status status = database_->run("COMMIT");
  if (status) database_ = nullptr;
  return status;
}

}  // namespace foldersync
