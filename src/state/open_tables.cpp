#include "state/open_tables.h"

#include <array>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/text.h"
#include "state/schema.h"

namespace foldersync {
namespace {

constexpr char kDatabaseName[] = "hashes.db";

// What SQLite keeps beside a database.
constexpr std::array<std::string_view, 3> kCompanions{"-wal", "-shm", "-journal"};

constexpr int kMostTries = 3;

enum class Verdict {
  kUsable,
  kDamaged,     // set aside and begin anew
  kUnwritable,  // perhaps it can be read
  kUnusable,
};

struct Attempt {
  Verdict verdict = Verdict::kUnusable;
  std::optional<Tables> tables;  // with kUsable
  std::optional<Error> reason;   // otherwise
};

Attempt failed(Verdict verdict, const char* operation, std::string detail) {
  return {verdict, std::nullopt, Error{ErrorCode::kState, operation, {}, 0, std::move(detail)}};
}

Attempt failed(const Database& database, Error reason) {
  switch (database.trouble()) {
    case Trouble::kDamaged:
    case Trouble::kMisfit:  // all statements are ours and fit our tables
      return {Verdict::kDamaged, std::nullopt, std::move(reason)};
    case Trouble::kLocked:
      return {Verdict::kUnusable, std::nullopt, std::move(reason)};
    case Trouble::kNone:
    case Trouble::kOther:
      break;
  }
  return {Verdict::kUnwritable, std::nullopt, std::move(reason)};
}

Status configure(Database& database) {
  constexpr std::array<std::string_view, 5> kPragmas{
      "PRAGMA cell_size_check=ON", "PRAGMA trusted_schema=OFF", "PRAGMA mmap_size=0",
      "PRAGMA synchronous=NORMAL", "PRAGMA temp_store=MEMORY"};
  for (const std::string_view pragma : kPragmas) {
    TRY(database.run(pragma));
  }
  return success();
}

Result<SchemaState> ready_schema(Database& database, Access access) {
  if (Status set = configure(database); !set) return std::move(set).error();
  Result<SchemaState> schema = inspect_schema(database);
  if (schema && *schema == SchemaState::kEmpty && access == Access::kReadWrite) {
    schema = migrate_schema(database);
  }
  return schema;
}

Attempt connect(const std::string& path, Access access, int busy_milliseconds) {
  Result<Database> database = Database::open(path, access, busy_milliseconds);
  if (!database) return {Verdict::kUnwritable, std::nullopt, std::move(database).error()};
  const bool want_write = access == Access::kReadWrite;
  if (want_write && database->read_only()) {
    return failed(Verdict::kUnwritable, "open", "the database is read-only");
  }
  Result<SchemaState> schema = ready_schema(*database, access);
  if (!schema) return failed(*database, std::move(schema).error());
  if (*schema == SchemaState::kNewer) {
    return failed(Verdict::kUnusable, "open", "the database is of a newer version");
  }
  if (*schema == SchemaState::kEmpty) {
    return failed(Verdict::kUnusable, "open", "the database is empty");
  }
  if (*schema == SchemaState::kForeign) {
    return failed(Verdict::kDamaged, "open", "the tables are not those of this program");
  }
  if (want_write && database->read_only()) {
    return failed(Verdict::kDamaged, "open", "the header asks for a newer SQLite");
  }
  // Where this is refused (a file system without shared memory), the older journal serves.
  if (want_write) {
    const Status set = database->run("PRAGMA journal_mode=WAL");
    if (!set && database->trouble() == Trouble::kDamaged) return failed(*database, set.error());
  }
  Result<Tables> tables = Tables::prepare(std::move(*database));
  if (!tables) return {Verdict::kDamaged, std::nullopt, std::move(tables).error()};
  return {Verdict::kUsable, std::move(*tables), std::nullopt};
}

// Looks at everything SQLite would open, before it does.
Attempt look_at_files(const StateFolder& folder) {
  for (const std::string_view companion : kCompanions) {
    const std::string name = std::string(kDatabaseName).append(companion);
    const Result<StateFile> file = folder.look(name);
    if (!file) return {Verdict::kUnusable, std::nullopt, file.error()};
    if (*file == StateFile::kForeign)
      return failed(Verdict::kDamaged, "open", name + " is no file");
  }
  Result<StateFile> file = folder.look(kDatabaseName);
  if (!file) return {Verdict::kUnusable, std::nullopt, std::move(file).error()};
  if (*file == StateFile::kForeign) return failed(Verdict::kDamaged, "open", "it is no file");
  if (*file == StateFile::kMissing) {
    if (Status made = folder.create(kDatabaseName); !made) {
      return {Verdict::kUnusable, std::nullopt, std::move(made).error()};
    }
  }
  return {Verdict::kUsable, std::nullopt, std::nullopt};
}

Attempt attempt(const StateFolder& folder, int busy_milliseconds, OpenedTables& opened) {
  // Before the look at its type, so that only what was looked at is ever set aside.
  const Result<FileStatus> before = folder.status(kDatabaseName);
  if (before) opened.file = *before;
  Attempt result = look_at_files(folder);
  if (result.verdict != Verdict::kUsable) return result;
  if (!before) {
    const Result<FileStatus> made = folder.status(kDatabaseName);
    if (!made) return {Verdict::kUnusable, std::nullopt, made.error()};
    opened.file = *made;
  }
  // RACE: only root and the effective user can put something else in its place now.
  const std::string path = folder.path() + "/" + kDatabaseName;
  result = connect(path, Access::kReadWrite, busy_milliseconds);
  if (result.verdict != Verdict::kUnwritable) return result;

  Attempt reading = connect(path, Access::kImmutable, busy_milliseconds);
  if (reading.verdict != Verdict::kUsable) return {Verdict::kUnusable, std::nullopt, result.reason};
  opened.write_obstacle = std::move(result.reason);
  return reading;
}

void add_sentence(std::string& text, std::string_view more) {
  if (!text.empty()) text += "; ";
  text += more;
}

}  // namespace

std::string sentence(const Error& error) {
  std::string text = error.operation;
  if (!error.path.empty()) text += " " + escaped(error.path);
  if (!error.detail.empty()) text += ": " + escaped(error.detail);
  if (error.error_number != 0) {
    text += ": " + std::generic_category().message(error.error_number);
  }
  return text;
}

std::string set_database_aside(const StateFolder& folder, const FileStatus& file) {
  // RACE: between this look and the rename another process may have begun a new database, which is
  // then lost; nothing but hashes is in it.
  const Result<FileStatus> now = folder.status(kDatabaseName);
  if (now && !same_object(*now, file)) return "it has been replaced already";
  const Result<std::string> aside =
      folder.set_aside(kDatabaseName, {kCompanions.begin(), kCompanions.end()});
  if (!aside) return "it can't be set aside: " + sentence(aside.error());
  return "it was renamed to " + *aside;
}

OpenedTables open_tables(const StateFolder& folder, int busy_milliseconds) {
  OpenedTables opened;
  for (int tries = 0; tries < kMostTries; ++tries) {
    Attempt result = attempt(folder, busy_milliseconds, opened);
    if (result.verdict == Verdict::kUsable) {
      opened.tables = std::move(result.tables);
      if (opened.write_obstacle) {
        add_sentence(opened.warning,
                     "nothing new can be remembered: " + sentence(*opened.write_obstacle));
      }
      return opened;
    }
    add_sentence(opened.warning, sentence(*result.reason));
    if (result.verdict != Verdict::kDamaged) return opened;
    result.tables.reset();
    add_sentence(opened.warning, set_database_aside(folder, opened.file));
  }
  return opened;
}

}  // namespace foldersync
