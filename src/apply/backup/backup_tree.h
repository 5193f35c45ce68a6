// The folder of a backup that holds what an apply replaced or deleted, each entry under its path.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "apply/stage/limit_book.h"
#include "apply/steps/publisher.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/directory_cursor.h"
#include "fs/file_system.h"
#include "fs/wind_up.h"
#include "fs/xattrs.h"
#include "plan/facts.h"

namespace foldersync {

enum class HowKept : std::uint8_t {
  kLink,  // as one more name where that can be
  kCopy,
};

// A file is kept as one more name of it where that can be, so that it stays whatever it was without
// a byte being copied; elsewhere as a copy with all its metadata. Directories are there for what
// they hold; their own metadata but for attributes is not kept here.
class BackupTree {
 public:
  // `root` is the tree's folder. `durable`: what is kept is on disk when make_durable() is done.
  BackupTree(FileSystem& fs, Fd root, const Policy& policy, bool durable, const WindUp& wind_up);

  // See Backup.
  void heed(const WindUp& wind_up) { wind_up_ = &wind_up; }

  // Keeps an entry that is no directory and that nobody else reaches any more. One that is kept
  // already stays as it is.
  Status keep(const Place& from, const FileStatus& status, const RelPath& path, HowKept how);

  // Keeps attributes, on a directory or an empty entry that is made for them. The type is that of
  // what has them; only files and directories have any that are mirrored.
  Status keep_attributes(const RelPath& path, FileType type, const std::vector<Xattr>& xattrs);

  // An empty directory, and what is missing above it.
  Status make_directory(const RelPath& path);

  // What is kept under a path; nothing where nothing is.
  Result<std::optional<FileStatus>> status(const RelPath& path);

  Status make_durable();

 private:
  Result<int> directory(const RelPath& path);
  Result<bool> is_kept(int parent, const std::string& name, const FileStatus& status);
  Status link_to_copy(const FileStatus& status, const RelPath& path, bool& linked);
  Status copy(const Place& from, const FileStatus& status, int parent, const std::string& name);
  Status copy_file(const Place& from, const FileStatus& status, int parent,
                   const std::string& name);
  Status copy_other(const Place& from, const FileStatus& status, int parent,
                    const std::string& name);
  Result<Fd> open_to_read(const Place& from, const FileStatus& status);
  Status give_metadata(Handle from, const FileStatus& status, Handle to);

  FileSystem& fs_;
  Fd root_;
  Policy policy_;
  LimitBook book_;  // of the backup's file system; what it can't hold stands in the undo document
  DirectoryCursor cursor_;
  bool durable_;
  const WindUp* wind_up_;
  bool has_sync_all_ = false;
  std::set<RelPath> touched_;           // directories with new entries
  std::map<ObjectId, RelPath> copies_;  // of files with more names
  std::vector<std::byte> buffer_;
};

}  // namespace foldersync
