#include "state/memory.h"

#include <exception>
#include <map>
#include <utility>

#include "fs/posix_file_system.h"
#include "state/memory_rows.h"
#include "state/more_limits.h"
#include "state/old_state.h"
#include "state/open_database.h"
#include "state/state_folder.h"

namespace foldersync {
namespace {

// Which fact has what the table of limits has no columns for.
std::string more_key(std::string_view identity) { return "more-limits " + std::string(identity); }

class SqliteMemory final : public Memory {
 public:
  SqliteMemory(MemoryRows rows, std::optional<Error> write_obstacle)
      : rows_(std::move(rows)), write_obstacle_(std::move(write_obstacle)) {}

  FileSystemLimits limits(std::string_view identity) override {
    const auto newer = limits_.find(identity);
    if (newer != limits_.end()) return newer->second;
    const auto kept = rows_.limits(identity);
    FileSystemLimits limits = kept ? kept->value_or(FileSystemLimits{}) : FileSystemLimits{};
    const auto more = fact(more_key(identity));
    if (more && *more) add_more_limits(**more, limits);
    return limits;
  }

  void set_limits(std::string_view identity, const FileSystemLimits& limits) override {
    limits_.insert_or_assign(std::string(identity), limits);
    const std::string more = more_limits_text(limits);
    const auto kept = rows_.fact(more_key(identity));
    if (!more.empty() || !kept || *kept) set_fact(more_key(identity), more);
  }

  Result<std::optional<std::string>> fact(std::string_view key) override {
    const auto newer = facts_.find(key);
    if (newer != facts_.end()) return std::optional(newer->second);
    return rows_.fact(key);
  }

  void set_fact(std::string_view key, std::string_view value) override {
    const auto kept = rows_.fact(key);
    if (kept && *kept == value) {
      facts_.erase(std::string(key));
      return;
    }
    facts_.insert_or_assign(std::string(key), std::string(value));
  }
  [[nodiscard]] bool can_be_written() const override { return !write_obstacle_; }

  Status save() override {
    if (limits_.empty() && facts_.empty()) return success();
    if (write_obstacle_) return *write_obstacle_;
    TRY(write_all());
    limits_.clear();
    facts_.clear();
    return success();
  }

 private:
  Status write_all() {
    DatabaseTransaction transaction =
        TRY(DatabaseTransaction::begin(rows_.database(), Purpose::kWrite));
    TRY(still_current(rows_.database(), kMemoryDatabase.schema));
    for (const auto& [identity, limits] : limits_) TRY(rows_.put_limits(identity, limits));
    for (const auto& [key, value] : facts_) TRY(rows_.put_fact(key, value));
    return transaction.commit();
  }

  MemoryRows rows_;
  std::optional<Error> write_obstacle_;
  // What was set and is not written yet.
  std::map<std::string, FileSystemLimits, std::less<>> limits_;
  std::map<std::string, std::string, std::less<>> facts_;
};

// Small as it is, all of it is read at once: what can't be is known before anybody relies on it.
OpenedDatabase try_open_whole(const StateFolder& folder, int busy_milliseconds) {
  OpenedDatabase opened = try_open(folder, kMemoryDatabase, busy_milliseconds);
  if (opened.usable != Usable::kYes) return opened;
  Status read = read_through(*opened.database);
  if (read) return opened;
  const bool damaged = opened.database->trouble() == Trouble::kDamaged;
  opened.usable = damaged ? Usable::kDamaged : Usable::kNo;
  opened.reason = std::move(read).error();
  return opened;
}

// Copies what can be read of the file `name`, which was set aside, into `memory`.
Status save_from(const StateFolder& folder, const std::string& name, Database& memory) {
  Database damaged = TRY(Database::open(folder.path() + "/" + name, Access::kImmutable, 0));
  DatabaseTransaction transaction = TRY(DatabaseTransaction::begin(memory, Purpose::kWrite));
  (void)TRY(copy_memory(damaged, memory));
  return transaction.commit();
}

// Begins the memory anew, with what can be read of the old one.
OpenedDatabase begin_anew(const StateFolder& folder, OpenedDatabase damaged,
                          int busy_milliseconds) {
  std::string warning = sentence(*damaged.reason);
  const bool is_database = damaged.database.has_value();
  damaged.database.reset();
  // CRASH: killed before it is copied, what could be read of it is only in the file that was set
  // aside. RACE: a process that starts before it is copied finds a memory that knows nothing.
  const auto aside = set_database_aside(folder, kMemoryDatabase.name, damaged.file);
  add_sentence(warning, fate_of(aside));
  OpenedDatabase opened = open_database(folder, kMemoryDatabase, busy_milliseconds);
  if (!opened.warning.empty()) add_sentence(warning, opened.warning);
  const bool may_copy = opened.usable == Usable::kYes && aside && is_database;
  if (may_copy && save_from(folder, *aside, *opened.database)) {
    add_sentence(warning, "what could be read of it is kept");
  }
  opened.warning = std::move(warning);
  return opened;
}

OpenedDatabase open_all(const StateFolder& folder, int busy_milliseconds) {
  OpenedDatabase opened = try_open_whole(folder, busy_milliseconds);
  if (opened.usable == Usable::kNo) {
    const Result<StateFile> file = folder.look(kMemoryDatabase.name);
    const bool can_be_old = file && *file == StateFile::kMissing;
    OpenedDatabase old = can_be_old ? read_old_state(folder, busy_milliseconds) : OpenedDatabase();
    if (old.usable == Usable::kYes) {
      old.write_obstacle = std::move(opened.reason);
      return old;
    }
    opened.warning = sentence(*opened.reason);
  }
  if (opened.usable == Usable::kDamaged) {
    opened = begin_anew(folder, std::move(opened), busy_milliseconds);
  }
  if (opened.usable != Usable::kYes) return opened;
  const std::string lost = adopt_old_state(folder, opened, busy_milliseconds);
  if (!lost.empty()) add_sentence(opened.warning, lost);
  return opened;
}

Memory::Opened open_memory(const std::string& name, int busy_milliseconds) {
  FileSystem& system = posix_file_system();
  const Result<StateFolder> folder = StateFolder::open(system, name);
  if (!folder) return {nullptr, unknown_memory(sentence(folder.error()))};
  OpenedDatabase opened = open_all(*folder, busy_milliseconds);
  Memory::Opened result;
  if (!opened.warning.empty()) result.warning = unknown_memory(opened.warning);
  if (opened.usable != Usable::kYes) return result;
  if (opened.write_obstacle && result.warning.empty()) {
    result.warning = unknown_memory(sentence(*opened.write_obstacle));
  }
  Result<MemoryRows> rows = MemoryRows::prepare(std::move(*opened.database));
  if (!rows) return {nullptr, unknown_memory(sentence(rows.error()))};
  result.memory =
      std::make_unique<SqliteMemory>(std::move(*rows), std::move(opened.write_obstacle));
  return result;
}

}  // namespace

std::string unknown_memory(const std::string& why) {
  return "what the last run saw is not known for certain, so that an emptied source or a disk that "
         "is not mounted may go unnoticed, and every replica is taken for a strange one (what "
         "would "
         "remove most of it needs --adopt); name a folder for it that can be written with "
         "--state: " +
         why;
}

Memory::Opened Memory::open(const std::string& folder, int busy_milliseconds) {
  try {
    return open_memory(folder, busy_milliseconds);
  } catch (const std::exception& error) {  // no MD5 in this OpenSSL
    return {nullptr, unknown_memory(error.what())};
  }
}

}  // namespace foldersync
