#include "state/open_database.h"

#include <array>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/text.h"

namespace foldersync {
namespace {

// What SQLite keeps beside a database.
constexpr std::array<std::string_view, 3> kCompanions{"-wal", "-shm", "-journal"};

constexpr int kMostTries = 3;

OpenedDatabase unusable(Error reason, Usable usable = Usable::kNo) {
  OpenedDatabase opened;
  opened.usable = usable;
  opened.reason = std::move(reason);
  return opened;
}

OpenedDatabase damaged(std::optional<Database> database, Error reason) {
  OpenedDatabase opened = unusable(std::move(reason), Usable::kDamaged);
  opened.database = std::move(database);
  return opened;
}

// What a connection came to; `may_be_read` where a look without writing may succeed.
struct Attempt {
  OpenedDatabase opened;
  bool may_be_read = false;
};

Attempt failed(Database database, Error reason) {
  switch (database.trouble()) {
    case Trouble::kDamaged:
    case Trouble::kMisfit:  // all statements are ours and fit our tables
      return {damaged(std::move(database), std::move(reason))};
    case Trouble::kLocked:
      return {unusable(std::move(reason))};
    case Trouble::kNone:
    case Trouble::kOther:
      break;
  }
  return {unusable(std::move(reason)), true};
}

Status configure(Database& database, Commits commits) {
  constexpr std::array<std::string_view, 4> kPragmas{
      "PRAGMA cell_size_check=ON", "PRAGMA trusted_schema=OFF", "PRAGMA mmap_size=0",
      "PRAGMA temp_store=MEMORY"};
  for (const std::string_view pragma : kPragmas) TRY(database.run(pragma));
  // EXTRA is FULL, and the folder is synced too once the journal is gone from it.
  return database.run(commits == Commits::kFast ? "PRAGMA synchronous=NORMAL"
                                                : "PRAGMA synchronous=EXTRA");
}

Result<SchemaState> ready_schema(Database& database, const DatabaseKind& kind, Access access) {
  TRY(configure(database, kind.commits));
  const SchemaState found = TRY(inspect_schema(database, kind.schema));
  if (found != SchemaState::kEmpty || access != Access::kReadWrite) return found;
  return make_schema(database, kind.schema);
}

Attempt connect(const std::string& path, const DatabaseKind& kind, Access access,
                int busy_milliseconds) {
  Result<Database> opened = Database::open(path, access, busy_milliseconds);
  if (!opened) return {unusable(std::move(opened).error()), true};
  Database database = std::move(*opened);
  const bool want_write = access == Access::kReadWrite;
  if (want_write && database.read_only()) {
    return {unusable(state_error("open", "the database is read-only")), true};
  }
  const Result<SchemaState> schema = ready_schema(database, kind, access);
  if (!schema) return failed(std::move(database), schema.error());
  if (*schema == SchemaState::kNewer) {
    return {unusable(state_error("open", "the database is of a newer version"))};
  }
  if (*schema == SchemaState::kEmpty) {
    return {unusable(state_error("open", "the database is empty"))};
  }
  if (*schema == SchemaState::kNotOurs) {
    return {damaged(std::move(database),
                    state_error("open", "the tables are not those of this program"))};
  }
  if (want_write && database.read_only()) {
    return {
        damaged(std::move(database), state_error("open", "the header asks for a newer SQLite"))};
  }
  // Where this is refused (a file system without shared memory), the older journal serves.
  if (want_write && kind.commits == Commits::kFast) {
    const Status set = database.run("PRAGMA journal_mode=WAL");
    if (!set && database.trouble() == Trouble::kDamaged) {
      return failed(std::move(database), set.error());
    }
  }
  Attempt usable;
  usable.opened.usable = Usable::kYes;
  usable.opened.database = std::move(database);
  return usable;
}

OpenedDatabase connect(const StateFolder& folder, const DatabaseKind& kind, int busy_milliseconds) {
  // RACE: only root and the effective user can put something else in its place now.
  const std::string path = folder.path() + "/" + kind.name;
  Attempt writing = connect(path, kind, Access::kReadWrite, busy_milliseconds);
  if (!writing.may_be_read) return std::move(writing.opened);

  // A journal tells of a commit that was killed: without it, half of that would be read.
  // RACE: a commit that begins after this look may be read in half. Each row has its own checksum.
  const Result<StateFile> journal = folder.look(std::string(kind.name) + "-journal");
  if (!journal || *journal != StateFile::kMissing) return std::move(writing.opened);
  Attempt reading = connect(path, kind, Access::kImmutable, busy_milliseconds);
  if (reading.opened.usable != Usable::kYes) return std::move(writing.opened);
  reading.opened.write_obstacle = std::move(writing.opened.reason);
  return std::move(reading.opened);
}

// Looks at everything SQLite would open, before it does.
OpenedDatabase look_and_connect(const StateFolder& folder, const DatabaseKind& kind,
                                int busy_milliseconds) {
  for (const std::string_view companion : kCompanions) {
    const std::string name = std::string(kind.name).append(companion);
    const Result<StateFile> file = folder.look(name);
    if (!file) return unusable(file.error());
    if (*file == StateFile::kNotOurs) {
      return damaged(std::nullopt, state_error("open", name + " is no file"));
    }
  }
  const Result<StateFile> file = folder.look(kind.name);
  if (!file) return unusable(file.error());
  if (*file == StateFile::kNotOurs) {
    return damaged(std::nullopt, state_error("open", "it is no file"));
  }
  if (*file == StateFile::kMissing) {
    if (Status made = folder.create(kind.name); !made) return unusable(std::move(made).error());
  }
  return connect(folder, kind, busy_milliseconds);
}

}  // namespace

OpenedDatabase try_open(const StateFolder& folder, const DatabaseKind& kind,
                        int busy_milliseconds) {
  // Before the look at its type, so that only what was looked at is ever set aside.
  const Result<FileStatus> before = folder.status(kind.name);
  OpenedDatabase opened = look_and_connect(folder, kind, busy_milliseconds);
  const Result<FileStatus> file = before ? before : folder.status(kind.name);
  if (file) {
    opened.file = *file;
    return opened;
  }
  return opened.usable == Usable::kYes ? unusable(file.error()) : std::move(opened);
}

OpenedDatabase open_database(const StateFolder& folder, const DatabaseKind& kind,
                             int busy_milliseconds) {
  std::string warning;
  for (int tries = 1;; ++tries) {
    OpenedDatabase opened = try_open(folder, kind, busy_milliseconds);
    if (opened.usable != Usable::kYes) add_sentence(warning, sentence(*opened.reason));
    if (opened.usable == Usable::kDamaged) {
      opened.database.reset();
      add_sentence(warning, fate_of(set_database_aside(folder, kind.name, opened.file)));
      if (tries < kMostTries) continue;
    }
    opened.warning = std::move(warning);
    return opened;
  }
}

Result<std::string> set_database_aside(const StateFolder& folder, const std::string& name,
                                       const FileStatus& file) {
  // RACE: between this look and the rename another process may have begun a new database, which is
  // set aside then, with what it has remembered so far.
  const Result<FileStatus> now = folder.status(name);
  if (now && !same_object(*now, file)) return state_error("set aside", "it has been replaced");
  return folder.set_aside(name, {kCompanions.begin(), kCompanions.end()});
}

std::string fate_of(const Result<std::string>& aside) {
  if (!aside) return "it can't be set aside: " + sentence(aside.error());
  return "it was renamed to " + *aside;
}

std::string sentence(const Error& error) {
  std::string text = error.operation;
  if (!error.path.empty()) text += " " + escaped(error.path);
  if (!error.detail.empty()) text += ": " + escaped(error.detail);
  if (error.error_number != 0) text += ": " + std::generic_category().message(error.error_number);
  return text;
}

void add_sentence(std::string& text, std::string_view more) {
  if (!text.empty()) text += "; ";
  text += more;
}

}  // namespace foldersync
