#include "state/old_state.h"

#include <array>
#include <cerrno>
#include <utility>

#include "state/hash_rows.h"
#include "state/memory_rows.h"

namespace foldersync {
namespace {

constexpr char kOldName[] = "hashes.db";

// It had the tables of both its successors. Not kFast, which would begin a log: one under the old
// name would do harm when the file has its new one.
DatabaseKind old_kind() {
  static const std::array<Table, 4> tables{
      kMemoryDatabase.schema.tables[0], kCacheDatabase.schema.tables[0],
      kMemoryDatabase.schema.tables[1], kCacheDatabase.schema.tables[1]};
  return {kOldName, {.version = 1, .tables = tables}, Commits::kDurable};
}

// The same file once its memory is taken out.
DatabaseKind parted_kind() { return {kOldName, kCacheDatabase.schema, Commits::kDurable}; }

// Whether there is nothing in it that memory.db lacks. Requires: memory.db is locked for writing,
// so that nobody renames the file meanwhile.
bool is_parted(const StateFolder& folder, int busy_milliseconds) {
  const Result<StateFile> file = folder.look(kOldName);
  if (!file || *file == StateFile::kNotOurs) return false;
  return *file == StateFile::kMissing ||
         try_open(folder, parted_kind(), busy_milliseconds).usable == Usable::kYes;
}

Status drop_memory(Database& old) {
  TRY(old.run("DROP TABLE facts"));
  TRY(old.run("DROP TABLE limits"));
  return old.run("PRAGMA user_version = " + std::to_string(kCacheDatabase.schema.version));
}

// Writing is locked in the old file meanwhile, so that nothing is added to what was copied.
Result<bool> move_rows(Database& old, const std::optional<Error>& write_obstacle,
                       const StateFolder& folder, Database& memory,
                       DatabaseTransaction& remembering) {
  std::optional<DatabaseTransaction> dropping;
  if (!write_obstacle) {
    auto begun = TRY(DatabaseTransaction::begin(old, Purpose::kWrite));
    dropping.emplace(std::move(begun));
    TRY(still_current(old, old_kind().schema));
  }
  const bool all = TRY(copy_memory(old, memory));
  const bool damaged = old.trouble() == Trouble::kDamaged;
  if (!all && !damaged) return state_error("read", "not all can be read").at(kOldName);
  TRY(remembering.commit());
  TRY(folder.sync());
  // CRASH: killed here, all is copied once more.
  if (damaged || !dropping) return all;
  // So it is where this fails.
  if (drop_memory(old)) (void)dropping->commit();
  return true;
}

// Gives a sentence where something is lost for good. Error: it could not be done.
Result<std::string> take_memory(const StateFolder& folder, Database& memory,
                                int busy_milliseconds) {
  // Others who start now wait for this lock, and find nothing left to do.
  DatabaseTransaction remembering = TRY(DatabaseTransaction::begin(memory, Purpose::kWrite));
  if (is_parted(folder, busy_milliseconds)) return std::string();
  OpenedDatabase old = try_open(folder, old_kind(), busy_milliseconds);
  if (old.usable == Usable::kNo) return std::move(*old.reason);
  if (old.usable == Usable::kYes) {
    const bool all = TRY(move_rows(*old.database, old.write_obstacle, folder, memory, remembering));
    if (all) return std::string();
    old.reason = state_error("read", "it is damaged").at(kOldName);
  } else {
    if (old.database) (void)TRY(copy_memory(*old.database, memory));
    TRY(remembering.commit());
    TRY(folder.sync());
  }
  old.database.reset();
  std::string loss = sentence(*old.reason);
  add_sentence(loss, fate_of(set_database_aside(folder, kOldName, old.file)));
  add_sentence(loss, "what could be read of it is kept");
  return loss;
}

// Whether another process has done it by now.
bool was_taken(const StateFolder& folder, OpenedDatabase& memory, int busy_milliseconds) {
  if (memory.write_obstacle) return false;
  const auto alone = DatabaseTransaction::begin(*memory.database, Purpose::kWrite);
  return alone && is_parted(folder, busy_milliseconds);
}

// Puts all of the database into its one file. Error kState where others have it open.
Status leave_log(Database& database) {
  Statement mode = TRY(database.prepare("PRAGMA journal_mode=DELETE"));
  const bool told = TRY(mode.step());
  if (told && mode.bytes(0) == "delete") return success();
  return state_error("open", "others have it open").at(kOldName);
}

// Costs time in later runs where it fails, and nothing else: the next one tries again.
Status become_cache(const StateFolder& folder, Database& memory, int busy_milliseconds) {
  const DatabaseTransaction alone = TRY(DatabaseTransaction::begin(memory, Purpose::kWrite));
  const StateFile file = TRY(folder.look(kOldName));
  if (file == StateFile::kMissing) return success();
  {
    OpenedDatabase old = try_open(folder, parted_kind(), busy_milliseconds);
    if (old.usable != Usable::kYes) return std::move(*old.reason);
    TRY(leave_log(*old.database));
  }
  Status renamed = folder.rename(kOldName, kCacheDatabase.name);
  if (renamed) return success();
  // A cache was begun meanwhile, or there is no such rename here.
  const int why = renamed.error().error_number;
  return why == EEXIST || why == EINVAL ? folder.remove(kOldName) : std::move(renamed);
}

}  // namespace

OpenedDatabase read_old_state(const StateFolder& folder, int busy_milliseconds) {
  const Result<StateFile> file = folder.look(kOldName);
  if (!file || *file != StateFile::kRegular) return {};
  return try_open(folder, old_kind(), busy_milliseconds);
}

std::string adopt_old_state(const StateFolder& folder, OpenedDatabase& memory,
                            int busy_milliseconds) {
  const Result<StateFile> file = folder.look(kOldName);
  if (file && *file == StateFile::kMissing) return {};
  Result<std::string> loss = memory.write_obstacle
                                 ? Result<std::string>(*memory.write_obstacle)
                                 : take_memory(folder, *memory.database, busy_milliseconds);
  // Another process may have been first between two of these steps.
  if (!loss && was_taken(folder, memory, busy_milliseconds)) loss = std::string();
  if (!loss) {
    return "what an earlier version remembers in hashes.db can't be adopted: " +
           sentence(loss.error());
  }
  if (loss->empty()) (void)become_cache(folder, *memory.database, busy_milliseconds);
  return *loss;
}

}  // namespace foldersync
