#include "state/hash_cache.h"

#include <exception>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <utility>

#include "fs/posix_file_system.h"
#include "state/hash_rows.h"
#include "state/open_database.h"
#include "state/state_folder.h"

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

  void put(TreeId tree, const std::string& directory, std::string name,
           std::optional<CachedHash> row) {
    const auto [change, added] =
        hashes[{tree, directory}].insert_or_assign(std::move(name), std::move(row));
    if (added) ++rows;
  }
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
  SqliteHashCache(std::string folder, int busy_milliseconds)
      : folder_name_(std::move(folder)), busy_milliseconds_(busy_milliseconds) {}

  TreeId tree(std::string_view identity) override {
    const std::lock_guard lock(mutex_);
    if (const auto found = tree_ids_.find(identity); found != tree_ids_.end()) return found->second;
    trees_.push_back({std::string(identity), std::nullopt});
    const auto id = static_cast<TreeId>(std::ssize(trees_));
    tree_ids_.emplace(identity, id);
    return id;
  }

  std::vector<CachedHash> directory(TreeId tree, const RelPath& directory) override {
    const std::lock_guard lock(mutex_);
    KnownTree* const known_tree = known(tree);
    if (known_tree == nullptr || !opened()) return {};
    std::vector<CachedHash> rows = stored(*known_tree, directory.bytes());
    const auto newer = pending_.hashes.find({tree, directory.bytes()});
    if (newer == pending_.hashes.end()) return rows;
    return merged(std::move(rows), newer->second);
  }

  void remember(TreeId tree, const RelPath& directory, CachedHash row) override {
    const std::lock_guard lock(mutex_);
    if (!may_change(tree, directory)) return;
    std::string name = row.name;
    pending_.put(tree, directory.bytes(), std::move(name), std::move(row));
    if (pending_.rows >= kRowsInMemory) write_pending();
  }

  void forget(TreeId tree, const RelPath& directory, std::string_view name) override {
    const std::lock_guard lock(mutex_);
    if (!may_change(tree, directory)) return;
    pending_.put(tree, directory.bytes(), std::string(name), std::nullopt);
    if (pending_.rows >= kRowsInMemory) write_pending();
  }

  Status save() override {
    const std::lock_guard lock(mutex_);
    write_pending();
    if (write_failure_) return *write_failure_;
    return success();
  }

  std::string take_warning() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(warning_, {});
  }

 private:
  // All of these want mutex_ held.

  // Whether there is a database to ask.
  bool opened() {
    if (was_asked_) return rows_.has_value();
    was_asked_ = true;
    Status made = success();
    try {
      made = open();
    } catch (const std::exception& error) {  // no MD5 in this OpenSSL
      made = state_error("open", error.what());
    }
    if (made) return true;
    warning_ =
        "the hash cache is not used: " + (warning_.empty() ? sentence(made.error()) : warning_);
    write_failure_ = std::move(made).error();
    return false;
  }

  Status open() {
    folder_ = TRY(StateFolder::open(system_, folder_name_));
    OpenedDatabase found = open_database(*folder_, kCacheDatabase, busy_milliseconds_);
    warning_ = std::move(found.warning);
    if (found.usable != Usable::kYes) return std::move(*found.reason);
    rows_ = TRY(HashRows::prepare(std::move(*found.database)));
    file_ = found.file;
    only_read_ = found.write_obstacle.has_value();
    write_failure_ = std::move(found.write_obstacle);
    if (write_failure_) {
      add_sentence(warning_, "nothing new can be remembered: " + sentence(*write_failure_));
    }
    if (!warning_.empty()) warning_ = "the hash cache: " + warning_;
    return success();
  }

  KnownTree* known(TreeId tree) {
    const auto number = static_cast<std::int64_t>(tree);
    if (number < 1 || number > std::ssize(trees_)) return nullptr;
    return &trees_[static_cast<std::size_t>(number - 1)];
  }

  std::vector<CachedHash> stored(KnownTree& tree, const std::string& directory) {
    if (!tree.id) {
      const Result<std::optional<std::int64_t>> id = rows_->find_tree(tree.identity);
      if (!id) {
        turn_off(id.error());
        return {};
      }
      if (!id->has_value()) return {};
      tree.id = **id;
    }
    Result<std::vector<CachedHash>> rows = rows_->directory({*tree.id, tree.identity}, directory);
    if (rows) return std::move(*rows);
    turn_off(std::move(rows).error());
    return {};
  }

  [[nodiscard]] bool may_change(TreeId tree, const RelPath& directory) {
    return known(tree) != nullptr && directory.bytes().size() <= kMaxKeptBytes && opened() &&
           !write_failure_;
  }

  // Another process may be writing to a damaged file too: it keeps what it has open, and SQLite
  // notices the new name before it touches anything by the old one.
  void turn_off(Error error) {
    const bool damaged = rows_->database().trouble() == Trouble::kDamaged;
    rows_.reset();
    pending_ = {};
    if (damaged && !only_read_) {
      add_sentence(error.detail, fate_of(set_database_aside(*folder_, kCacheDatabase.name, file_)));
    }
    if (!write_failure_) write_failure_ = std::move(error);
  }

  // Whatever comes of it, nothing is pending afterwards.
  void write_pending() {
    if (!rows_ || write_failure_ || pending_.rows == 0) return;
    Status written = write_all();
    pending_ = {};
    if (written) return;
    write_failure_ = written.error();
    if (rows_->database().trouble() == Trouble::kDamaged) {
      write_failure_.reset();
      turn_off(std::move(written).error());
    }
  }

  Status write_all() {
    Database& database = rows_->database();
    DatabaseTransaction transaction = TRY(DatabaseTransaction::begin(database, Purpose::kWrite));
    TRY(still_current(database, kCacheDatabase.schema));
    std::map<TreeId, std::int64_t> ids;  // not yet of use to readers: they hold once committed
    for (const auto& [place, changes] : pending_.hashes) {
      const std::string& identity = known(place.first)->identity;
      auto id = ids.find(place.first);
      if (id == ids.end()) {
        const std::int64_t added = TRY(rows_->add_tree(identity));
        id = ids.emplace(place.first, added).first;
      }
      const StoredTree tree{id->second, identity};
      for (const auto& [name, row] : changes) {
        TRY(row ? rows_->put(tree, place.second, *row) : rows_->remove(tree, place.second, name));
      }
    }
    return transaction.commit();
  }

  std::mutex mutex_;
  FileSystem& system_ = posix_file_system();
  std::string folder_name_;
  int busy_milliseconds_;
  bool was_asked_ = false;  // it has been opened then, or can't be
  std::string warning_;
  std::optional<StateFolder> folder_;
  std::optional<HashRows> rows_;  // empty once the cache has turned itself off
  FileStatus file_;
  std::optional<Error> write_failure_;  // set: nothing more is written
  bool only_read_ = false;
  std::vector<KnownTree> trees_;  // TreeId counts from 1
  std::map<std::string, TreeId, std::less<>> tree_ids_;
  Pending pending_;
};

}  // namespace

FileStamp stamp_of(const FileStatus& status) {
  return {status.size, status.mtime, status.ctime, status.by_path ? 0 : status.inode};
}

bool is_trustworthy(const FileStamp& stamp, FileTime read_at, Sharing sharing) {
  if (sharing == Sharing::kUnstamped) return false;
  const std::int64_t wait =
      sharing == Sharing::kLocal ? kSettledSeconds : kSettledSecondsWhereShared;
  if (read_at.seconds < std::numeric_limits<std::int64_t>::min() + wait) return false;
  const FileTime latest{read_at.seconds - wait, read_at.nanoseconds};
  return stamp.mtime <= latest && stamp.ctime <= latest;
}

std::unique_ptr<HashCache> HashCache::in(std::string folder, int busy_milliseconds) {
  return std::make_unique<SqliteHashCache>(std::move(folder), busy_milliseconds);
}

}  // namespace foldersync
