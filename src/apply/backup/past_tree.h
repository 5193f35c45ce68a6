// What the past of a replica holds, read from where it lies now; and copies of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apply/backup/backup_tree.h"
#include "core/result.h"
#include "fs/directory_cursor.h"
#include "fs/file_system.h"
#include "fs/place.h"
#include "fs/wind_up.h"
#include "plan/facts.h"
#include "plan/past.h"

namespace foldersync {

// One thread at a time.
class PastTree {
 public:
  // `names`: of the backups in the open folder, one for each run of the past. Requires: both
  // descriptors stay open.
  PastTree(FileSystem& fs, int replica, int folder, std::vector<std::string> names)
      : fs_(fs), folder_(folder), names_(std::move(names)), replica_(fs, replica, {}, kOpen) {}

  // With the metadata that it had; nothing: it is not there. Error kChanged: it is not what the
  // undo says.
  Result<std::optional<FileStatus>> status(const Origin& origin);
  // Where it is; open until the next call. Requires: it is no root.
  Result<Place> place(const Origin& origin);
  // The directory; nothing: it is not there.
  Result<std::optional<int>> directory(std::optional<std::size_t> run, const RelPath& path);
  // The names in a directory of the replica, without our own; none where there is none.
  Result<std::vector<std::string>> names_today(const RelPath& directory);

 private:
  static constexpr std::size_t kOpen = 16;

  struct Tree {
    Fd root;
    std::unique_ptr<DirectoryCursor> cursor;
  };
  Result<DirectoryCursor*> cursor_of(std::optional<std::size_t> run);

  FileSystem& fs_;
  int folder_;
  std::vector<std::string> names_;
  DirectoryCursor replica_;
  std::map<std::size_t, Tree> trees_;
};

struct RestoredCounts {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;           // of files
  std::vector<Error> left_out = {};  // what could not be read
};

struct RestoreRequest {
  FileSystem& fs;
  PastTree& tree;
  const Past& past;
  RelPath path;      // as it was before the first run of the past
  int target;        // an empty folder of the caller's alone
  std::string name;  // that it gets there
  Policy policy;
  const WindUp& wind_up;
};

// Copies what was there, with all that is in a folder; directories have u+rwx until they are
// finished. Error ENOENT: nothing was there.
Result<RestoredCounts> restore_into(const RestoreRequest& request);
// Gives the directories in it their metadata, but not that at the top: open, so that it gets it
// wherever it has been moved to by then, which takes u+rwx. Not open: it is no directory.
Result<Fd> finish_below(const RestoreRequest& request);
Status finish_top(const RestoreRequest& request, int top);

}  // namespace foldersync
