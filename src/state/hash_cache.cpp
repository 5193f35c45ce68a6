#include "state/hash_cache.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <utility>

#include "fs/posix_file_system.h"
#include "state/open_tables.h"
#include "state/schema.h"
#include "state/state_folder.h"
#include "state/tables.h"

namespace foldersync {
namespace {

constexpr std::int64_t kSettledSeconds = 60;
constexpr std::int64_t kSettledSecondsWhereShared = 3600;
constexpr std::size_t kRowsInMemory = 8192;
constexpr std::size_t kMaxKeptBytes = std::size_t{1} << 20;

// What changes in one directory, by name; no row: what was known of that name goes.
using DirectoryChanges = std::map<std::string, std::optional<CachedHash>, std::less<>>;

// What was remembered or forgotten and is not written yet, in the order in which it will be.
struct Pending {
  std::map<std::pair<TreeId, std::string>, DirectoryChanges> hashes;
  std::size_t rows = 0;  // in all of them
  std::map<std::string, FileSystemLimits, std::less<>> limits;
  std::map<std::string, std::string, std::less<>> facts;

  void put(TreeId tree, const std::string& directory, std::string name,
           std::optional<CachedHash> row) {
    const auto [change, added] =
        hashes[{tree, directory}].insert_or_assign(std::move(name), std::move(row));
    if (added) ++rows;
  }

  [[nodiscard]] bool empty() const { return rows == 0 && limits.empty() && facts.empty(); }
};

// `rows` with the changes made to them; both are by name.
std::vector<CachedHash> merged(std::vector<CachedHash> rows, const DirectoryChanges& changes) {
  std::vector<CachedHash> result;
  result.reserve(rows.size() + changes.size());
  auto row = rows.begin();
  for (const auto& [name, change] : changes) {
    for (; row != rows.end() && row->name < name; ++row) result.push_back(std::move(*row));
    if (row != rows.end() && row->name == name) ++row;
    if (change) result.push_back(*change);
  }
  std::move(row, rows.end(), std::back_inserter(result));
  return result;
}

struct KnownTree {
  std::string identity;
  std::optional<std::int64_t> id;  // in the database, once it is known to be there
};

class SqliteHashCache final : public HashCache {
 public:
  SqliteHashCache(std::unique_ptr<FileSystem> system, StateFolder folder, OpenedTables opened)
      : system_(std::move(system)),
        folder_(std::move(folder)),
        tables_(std::move(opened.tables)),
        file_(opened.file),
        write_failure_(std::move(opened.write_obstacle)),
        only_read_(write_failure_.has_value()) {}

  TreeId tree(std::string_view identity) override;
  std::vector<CachedHash> directory(TreeId tree, const RelPath& directory) override;
  void remember(TreeId tree, const RelPath& directory, CachedHash row) override;
  void forget(TreeId tree, const RelPath& directory, std::string_view name) override;
  FileSystemLimits limits(std::string_view identity) override;
  void set_limits(std::string_view identity, const FileSystemLimits& limits) override;
  std::optional<std::string> fact(std::string_view key) override;
  void set_fact(std::string_view key, std::string_view value) override;
  Status save() override;

 private:
  // All of these want mutex_ held.
  KnownTree* known(TreeId tree);
  std::vector<CachedHash> stored(KnownTree& tree, const std::string& directory);
  [[nodiscard]] bool may_change(TreeId tree, const RelPath& directory);
  void turn_off(Error error);
  void write_pending();
  Status write_all();
  Status write_hashes();

  std::mutex mutex_;
  std::unique_ptr<FileSystem> system_;
  StateFolder folder_;
  std::optional<Tables> tables_;  // empty once the cache has turned itself off
  FileStatus file_;
  std::optional<Error> write_failure_;  // set: nothing more is written
  bool only_read_;
  std::vector<KnownTree> trees_;  // TreeId counts from 1
  std::map<std::string, TreeId, std::less<>> tree_ids_;
  Pending pending_;
};

KnownTree* SqliteHashCache::known(TreeId tree) {
  const auto number = static_cast<std::int64_t>(tree);
  if (number < 1 || number > std::ssize(trees_)) return nullptr;
  return &trees_[static_cast<std::size_t>(number - 1)];
}

// Another process may be writing to a damaged file too: it keeps what it has open, and SQLite
// notices the new name before it touches anything by the old one.
void SqliteHashCache::turn_off(Error error) {
  const bool damaged = tables_->database().trouble() == Trouble::kDamaged;
  tables_.reset();
  pending_ = {};
  if (damaged && !only_read_) {
    error.detail.append("; ").append(set_database_aside(folder_, file_));
  }
  if (!write_failure_) write_failure_ = std::move(error);
}

TreeId SqliteHashCache::tree(std::string_view identity) {
  const std::lock_guard lock(mutex_);
  if (const auto found = tree_ids_.find(identity); found != tree_ids_.end()) return found->second;
  trees_.push_back({std::string(identity), std::nullopt});
  const auto id = static_cast<TreeId>(std::ssize(trees_));
  tree_ids_.emplace(identity, id);
  return id;
}

std::vector<CachedHash> SqliteHashCache::stored(KnownTree& tree, const std::string& directory) {
  if (!tree.id) {
    const Result<std::optional<std::int64_t>> id = tables_->find_tree(tree.identity);
    if (!id) {
      turn_off(id.error());
      return {};
    }
    if (!id->has_value()) return {};
    tree.id = **id;
  }
  Result<std::vector<CachedHash>> rows = tables_->directory({*tree.id, tree.identity}, directory);
  if (rows) return std::move(*rows);
  turn_off(std::move(rows).error());
  return {};
}

std::vector<CachedHash> SqliteHashCache::directory(TreeId tree, const RelPath& directory) {
  const std::lock_guard lock(mutex_);
  KnownTree* const known_tree = known(tree);
  if (!tables_ || known_tree == nullptr) return {};
  std::vector<CachedHash> rows = stored(*known_tree, directory.bytes());
  const auto newer = pending_.hashes.find({tree, directory.bytes()});
  if (newer == pending_.hashes.end()) return rows;
  return merged(std::move(rows), newer->second);
}

bool SqliteHashCache::may_change(TreeId tree, const RelPath& directory) {
  return tables_ && !write_failure_ && known(tree) != nullptr &&
         directory.bytes().size() <= kMaxKeptBytes;
}

void SqliteHashCache::remember(TreeId tree, const RelPath& directory, CachedHash row) {
  const std::lock_guard lock(mutex_);
  if (!may_change(tree, directory)) return;
  std::string name = row.name;
  pending_.put(tree, directory.bytes(), std::move(name), std::move(row));
  if (pending_.rows >= kRowsInMemory) write_pending();
}

void SqliteHashCache::forget(TreeId tree, const RelPath& directory, std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (!may_change(tree, directory)) return;
  pending_.put(tree, directory.bytes(), std::string(name), std::nullopt);
  if (pending_.rows >= kRowsInMemory) write_pending();
}

FileSystemLimits SqliteHashCache::limits(std::string_view identity) {
  const std::lock_guard lock(mutex_);
  const auto newer = pending_.limits.find(identity);
  if (newer != pending_.limits.end()) return newer->second;
  if (!tables_) return {};
  Result<std::optional<FileSystemLimits>> limits = tables_->limits(identity);
  if (limits) return limits->value_or(FileSystemLimits{});
  turn_off(std::move(limits).error());
  return {};
}

void SqliteHashCache::set_limits(std::string_view identity, const FileSystemLimits& limits) {
  const std::lock_guard lock(mutex_);
  if (!tables_ || write_failure_ || identity.size() > kMaxKeptBytes) return;
  pending_.limits.insert_or_assign(std::string(identity), limits);
}

std::optional<std::string> SqliteHashCache::fact(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto newer = pending_.facts.find(key);
  if (newer != pending_.facts.end()) return newer->second;
  if (!tables_) return std::nullopt;
  Result<std::optional<std::string>> value = tables_->fact(key);
  if (value) return std::move(*value);
  turn_off(std::move(value).error());
  return std::nullopt;
}

void SqliteHashCache::set_fact(std::string_view key, std::string_view value) {
  const std::lock_guard lock(mutex_);
  if (!tables_ || write_failure_ || key.size() + value.size() > kMaxKeptBytes) return;
  pending_.facts.insert_or_assign(std::string(key), std::string(value));
}

Status SqliteHashCache::save() {
  const std::lock_guard lock(mutex_);
  write_pending();
  if (write_failure_) return *write_failure_;
  return success();
}

// Whatever comes of it, nothing is pending afterwards.
void SqliteHashCache::write_pending() {
  if (!tables_ || write_failure_ || pending_.empty()) return;
  Status written = write_all();
  pending_ = {};
  if (written) return;
  write_failure_ = written.error();
  if (tables_->database().trouble() == Trouble::kDamaged) {
    write_failure_.reset();
    turn_off(std::move(written).error());
  }
}

Status SqliteHashCache::write_all() {
  Database& database = tables_->database();
  Transaction transaction = TRY(Transaction::begin(database, Purpose::kWrite));
  const SchemaState schema = TRY(inspect_schema(database));
  if (schema != SchemaState::kCurrent) {
    return Error{ErrorCode::kState, "write", {}, 0, "another version has changed the database"};
  }
  TRY(write_hashes());
  for (const auto& [identity, limits] : pending_.limits) {
    TRY(tables_->put_limits(identity, limits));
  }
  for (const auto& [key, value] : pending_.facts) {
    TRY(tables_->put_fact(key, value));
  }
  return transaction.commit();
}

Status SqliteHashCache::write_hashes() {
  std::map<TreeId, std::int64_t> ids;  // not yet of use to readers: they hold once committed
  for (const auto& [place, changes] : pending_.hashes) {
    const std::string& identity = known(place.first)->identity;
    auto id = ids.find(place.first);
    if (id == ids.end()) {
      const std::int64_t added = TRY(tables_->add_tree(identity));
      id = ids.emplace(place.first, added).first;
    }
    const StoredTree tree{id->second, identity};
    for (const auto& [name, row] : changes) {
      TRY(row ? tables_->put(tree, place.second, *row) : tables_->remove(tree, place.second, name));
    }
  }
  return success();
}

HashCache::Opened open_cache(const std::string& folder, int busy_milliseconds) {
  auto system = std::make_unique<PosixFileSystem>();
  Result<StateFolder> state_folder = StateFolder::open(*system, folder);
  if (!state_folder) {
    return {nullptr, "the hash cache is not used: " + sentence(state_folder.error())};
  }
  OpenedTables opened = open_tables(*state_folder, busy_milliseconds);
  HashCache::Opened result;
  const bool usable = opened.tables.has_value();
  if (!opened.warning.empty()) {
    result.warning = usable ? "the hash cache: " : "the hash cache is not used: ";
    result.warning += opened.warning;
  }
  if (usable) {
    result.cache = std::make_unique<SqliteHashCache>(std::move(system), std::move(*state_folder),
                                                     std::move(opened));
  }
  return result;
}

}  // namespace

FileStamp stamp_of(const FileStatus& status) {
  return {status.size, status.mtime, status.ctime, status.inode};
}

bool is_settled(const FileStamp& stamp, FileTime read_at, Sharing sharing) {
  if (sharing == Sharing::kUnstamped) return false;
  const std::int64_t wait =
      sharing == Sharing::kLocal ? kSettledSeconds : kSettledSecondsWhereShared;
  if (read_at.seconds < std::numeric_limits<std::int64_t>::min() + wait) return false;
  const FileTime latest{read_at.seconds - wait, read_at.nanoseconds};
  return stamp.mtime <= latest && stamp.ctime <= latest;
}

HashCache::Opened HashCache::open(const std::string& folder, int busy_milliseconds) {
  try {
    return open_cache(folder, busy_milliseconds);
  } catch (const std::exception& error) {  // no MD5 in this OpenSSL
    return {nullptr, std::string("the hash cache is not used: ") + error.what()};
  }
}

}  // namespace foldersync
