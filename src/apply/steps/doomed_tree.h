// A directory that a window takes away by one rename, together with all that it deletes in it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "apply/stage/record.h"
#include "apply/stage/slot.h"
#include "apply/steps/publisher.h"
#include "core/file_status.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/directory_cursor.h"
#include "fs/fd.h"
#include "fs/file_system.h"
#include "fs/wind_up.h"

namespace foldersync {

// One of the entries that are deleted, as it was seen before.
struct DoomedEntry {
  RelPath path;  // below the directory; the root is the directory itself
  FileStatus seen;
};

// Of the entry at `path` in the directory `top`, or of that itself; both are paths in the replica.
DoomedEntry doomed_entry(const RelPath& top, const RelPath& path, const FileStatus& seen);

// What a window deletes, by its record.
class Deletions {
 public:
  // Error kStopped: `wind_up` is over. `record` must outlive this.
  static Result<Deletions> of(const WindowRecord& record, const WindUp& wind_up);
  // A directory with all that the window deletes in it, as DoomedTree takes it.
  [[nodiscard]] std::vector<DoomedEntry> in(const RelPath& top) const;

 private:
  explicit Deletions(const WindowRecord& record) : record_(&record) {}

  const WindowRecord* record_;
  std::vector<std::size_t> due_;  // places in the record, in path order
};

// Such a directory in the staging folder, where nothing in it may be removed that the plan does not
// delete.
class DoomedTree {
 public:
  // Where it lies, in a staging folder that stays open, and what is deleted: in reverse path order,
  // so that the directory itself is the last. So many threads look through it where that is worth
  // it. `wind_up` may be null: nobody tells.
  DoomedTree(FileSystem& fs, Place place, std::vector<DoomedEntry> entries, std::size_t threads,
             const WindUp* wind_up)
      : fs_(fs),
        place_(std::move(place)),
        entries_(std::move(entries)),
        threads_(threads),
        wind_up_(wind_up) {}

  // Whether everything in it is one of the entries and as it was seen; some may be gone.
  // Error kStopped: `wind_up` is over.
  [[nodiscard]] Result<bool> holds_nothing_else() const;

  // Error kStopped where it is over.
  [[nodiscard]] Status heed() const;

  [[nodiscard]] const Place& place() const { return place_; }
  [[nodiscard]] const std::vector<DoomedEntry>& entries() const { return entries_; }

 private:
  class Visitor;
  [[nodiscard]] const DoomedEntry* find(const RelPath& path) const;

  FileSystem& fs_;
  Place place_;
  std::vector<DoomedEntry> entries_;
  std::size_t threads_;
  const WindUp* wind_up_;
};

// Removes entries of one tree; one thread's.
class DoomedTreeRemover {
 public:
  DoomedTreeRemover(FileSystem& fs, const DoomedTree& tree, std::size_t max_open)
      : fs_(fs), tree_(tree), max_open_(max_open) {}

  // Removes the entry `index` where it is as it was seen; one that is gone is removed. A directory
  // must be empty. Error kChanged: it is not as it was seen.
  Status remove(std::size_t index);
  // Gives its directories u+rwx, those that others have taken it away from since they were seen.
  void open_up();

 private:
  [[nodiscard]] std::string name_of(const DoomedEntry& entry) const;
  Result<int> parent_of(const RelPath& path);
  Status remove_from(const Result<int>& parent, const DoomedEntry& entry);

  FileSystem& fs_;
  const DoomedTree& tree_;
  std::size_t max_open_;
  Fd top_;
  std::optional<DirectoryCursor> cursor_;
};

// A range of a window's slots: the deletion of a directory, after those of what is in it.
struct DoomedRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The largest such ranges, one after another, whose actions may all be done and whose entries this
// process is able to remove wherever they lie; no subvolume goes with what is above. `owner` is the
// user whose directories it may change, nothing: everybody's.
std::vector<DoomedRange> doomed_ranges(const std::vector<Slot>& slots,
                                       std::optional<std::uint32_t> owner);

}  // namespace foldersync
