// One directory's entries, with what the file system says of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

// Entries in byte order of their names, "." and ".." left out. An object is used for one directory
// after another and keeps its memory, so that a walk does not allocate for each file.
class Listing {
 public:
  struct Entry {
    std::string_view name;  // followed by NUL
    FileStatus status;      // Requires: error_number == 0
    int error_number = 0;   // errno of the look at it, other than ENOENT: the entry is unknown
  };

  // Reads `directory` from its start. Entries that vanish meanwhile are left out.
  Status read(FileSystem& fs, int directory);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  struct Span {
    std::size_t offset;
    std::size_t length;
  };

  Status read_names(FileSystem& fs, int directory);
  void take_names(std::size_t bytes);

  std::vector<std::byte> buffer_;
  std::vector<char> names_;
  std::vector<Span> spans_;
  std::vector<Entry> entries_;
};

}  // namespace foldersync
