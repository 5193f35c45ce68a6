// The entries of one directory, with what the file system says of each.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "scan/directory_names.h"
#include "scan/readable_tree.h"
#include "scan/status_ahead.h"

namespace foldersync {

struct ListedEntry {
  std::string_view name;  // followed by NUL
  FileStatus status;      // Requires: error_number == 0
  int error_number = 0;   // errno of the look at it: the entry is unknown, or (ENOENT) has vanished
};

// What becomes of a name whose entry has vanished since the names were read.
enum class Vanished : std::uint8_t { kLeftOut, kTold };

// Looks at one entry after another, in the order of the names.
class EntryReader {
 public:
  // Of a directory that is not there, or can't be read.
  EntryReader() = default;
  // Requires: `names` are those of `directory`; both outlive the object. `looks_ahead`: a thread of
  // its own may look at what a large directory holds.
  EntryReader(ReadableDirectory& directory, const DirectoryNames& names, bool looks_ahead = false,
              Vanished vanished = Vanished::kLeftOut)
      : directory_(&directory), names_(&names), looks_ahead_(looks_ahead), vanished_(vanished) {}

  // The next one, until the next call; null after the last.
  const ListedEntry* next();

 private:
  void begin();

  ReadableDirectory* directory_ = nullptr;
  const DirectoryNames* names_ = nullptr;
  std::size_t next_ = 0;
  bool looks_ahead_ = false;
  Vanished vanished_ = Vanished::kLeftOut;
  std::shared_ptr<StatusAhead> ahead_;
  ListedEntry entry_;
};

// All of them at once, for directories that hold little.
class Listing {
 public:
  // `stop` is set by others; null: nobody tells.
  explicit Listing(const std::atomic<bool>* stop = nullptr) : stop_(stop), names_(stop) {}

  // Reads `directory` from where it stands. Entries that vanish meanwhile are left out. Error
  // kStopped: told to stop.
  Status read(FileSystem& fs, int directory);
  // The same of all of it, whoever has read it before: by a descriptor of its own, since not every
  // file system gives a directory twice by one (sshfs).
  Status read_anew(FileSystem& fs, int directory);

  [[nodiscard]] const std::vector<ListedEntry>& entries() const { return entries_; }

 private:
  const std::atomic<bool>* stop_;
  DirectoryNames names_;
  std::vector<ListedEntry> entries_;
};

}  // namespace foldersync
