// What files hold: reading, comparing, hashing, with the hash cache's help.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/hash.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "state/hash_cache.h"

namespace foldersync {

// A regular file as a listing saw it. Requires: status.is_file(), name ends with NUL.
struct FileToRead {
  int directory = -1;
  std::string_view name;
  FileStatus status;
};

// Where a tree's hashes are remembered; no cache: nothing is.
struct CachedTree {
  HashCache* cache = nullptr;
  TreeId tree{};
};

// The hashes that the cache holds of one directory, read when the first one is asked for.
class DirectoryHashes {
 public:
  explicit DirectoryHashes(CachedTree tree) : tree_(tree) {}

  // Forgets the directory it served before.
  void begin(std::string_view directory);
  // The hash of `file`, where it was read with the very same stamps.
  std::optional<Md5> find(const FileToRead& file);
  // Remembers what was read from `read_at` on, where it may be trusted (see is_settled).
  void remember(const FileToRead& file, const Md5& md5, FileTime read_at);

 private:
  CachedTree tree_;
  std::string directory_;
  bool loaded_ = false;
  std::vector<CachedHash> rows_;
};

// Decides by content. One thread at a time; holds two buffers of 256 KiB once it has read.
class ContentJudge {
 public:
  explicit ContentJudge(FileSystem& fs);

  // The MD5 that both files have, or nothing where they differ. Known hashes are used; otherwise
  // both are read side by side up to the first difference, and one hash serves both.
  // Errors: of reading, with `side_of_error` telling whose; kChanged where a file changed
  // meanwhile.
  Result<std::optional<Md5>> common_md5(const FileToRead& source, DirectoryHashes& source_hashes,
                                        const FileToRead& replica, DirectoryHashes& replica_hashes);

  // The MD5 of one file.
  Result<Md5> md5(const FileToRead& file, DirectoryHashes& hashes);

  // Whether the last error of common_md5() came from the replica's file.
  [[nodiscard]] bool error_was_replica() const { return error_was_replica_; }

 private:
  Result<Md5> read_all(const FileToRead& file);
  Result<std::optional<Md5>> read_both(const FileToRead& source, const FileToRead& replica);

  FileSystem& fs_;
  Md5Hasher hasher_;
  std::vector<std::byte> first_;
  std::vector<std::byte> second_;
  bool error_was_replica_ = false;
};

struct OpenedFile {
  Fd fd;
  FileStatus status;  // as it is now that it is open
};

// Opens a file that was looked at before. Error kChanged where something else is there by now.
Result<OpenedFile> open_looked_at(FileSystem& fs, const FileToRead& file);

}  // namespace foldersync
