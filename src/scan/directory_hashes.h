// The hash cache as one directory after the other is asked for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/hash.h"
#include "fs/file_system.h"
#include "scan/directory_names.h"
#include "scan/readable_tree.h"
#include "scan/roots.h"
#include "state/hash_cache.h"

namespace foldersync {

// What becomes of a file that another program (a file server, say) holds a lease on, which the
// system asks it to give back.
enum class Leased : std::uint8_t { kIsWaitedFor, kFails };

// Whether a remembered hash counts as what was read, or is only what the file once held.
enum class Remembered : std::uint8_t { kIsBelieved, kIsReadAgain };

// A regular file as a listing saw it. Requires: status.is_file(), name ends with NUL.
struct FileToRead {
  ReadableDirectory* directory = nullptr;  // null: it is not to be opened any more
  std::string_view name;
  FileStatus status;
  Leased leased = Leased::kIsWaitedFor;  // kFails: with EAGAIN, at once
  // Of this file; it is believed where its tree's are, too.
  Remembered remembered = Remembered::kIsBelieved;
};

// Where a tree's hashes are remembered; no cache: nothing is.
struct CachedTree {
  HashCache* cache = nullptr;
  TreeId tree{};
  std::uint64_t device = 0;  // of the tree's root, which `sharing` is about
  Sharing sharing = Sharing::kShared;
  Remembered remembered = Remembered::kIsBelieved;
};

CachedTree cached_tree(HashCache* cache, const Root& root,
                       Remembered remembered = Remembered::kIsBelieved);

// What was read of a file.
struct ReadHash {
  Md5 md5;
  FileTime read_at;               // the time before
  std::optional<Md5> remembered;  // what was known of it by then, see DirectoryHashes::remembered()
};

// The hashes that the cache holds of one directory, read when the first one is asked for.
class DirectoryHashes {
 public:
  explicit DirectoryHashes(CachedTree tree) : tree_(tree) {}

  // Forgets the directory it served before.
  void begin(std::string_view directory);
  // What is remembered of a name, whatever stamps it had then; null: nothing. Lasts as long as the
  // directory is served.
  const CachedHash* last(std::string_view name) {
    load();
    return row(name);
  }
  // The hash of `file`, where it was read with the very same stamps, and these tell of changes.
  std::optional<Md5> remembered(const FileToRead& file);
  // The same where it is believed: instead of reading the file.
  std::optional<Md5> find(const FileToRead& file) {
    const bool is_believed =
        tree_.remembered == Remembered::kIsBelieved && file.remembered == Remembered::kIsBelieved;
    return is_believed ? remembered(file) : std::nullopt;
  }
  // Remembers what was read from `read_at` on, where it may be trusted (see is_trustworthy). What
  // is known of a file that has the same stamps and holds something else by now stays known: only
  // that tells its decay.
  void remember(const FileToRead& file, const Md5& md5, FileTime read_at) {
    remember_in(directory_, file, {md5, read_at, remembered(file)});
  }
  // The same, of a file in another directory of the tree; find() was asked for it before.
  void remember_in(std::string_view directory, const FileToRead& file, const ReadHash& read);

  // Asks the cache now, so that forget_missing() knows what there is.
  void load();
  // Takes the row of one name out of the cache.
  void forget(std::string_view name);
  // Takes out the rows of names that are no longer files of the directory, as far as it says what
  // they are, or all of them where there is no directory any more (null). Does nothing where the
  // cache was not asked.
  void forget_missing(const DirectoryNames* names);

 private:
  [[nodiscard]] const CachedHash* row(std::string_view name) const;
  Sharing sharing_of(const FileToRead& file);

  CachedTree tree_;
  std::string directory_;
  bool loaded_ = false;
  std::vector<CachedHash> rows_;
  std::map<std::uint64_t, Sharing> others_;  // by device
};

}  // namespace foldersync
