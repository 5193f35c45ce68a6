// What is known, or feared, of the content of single files.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file_status.h"
#include "core/path.h"
#include "state/verify_memory.h"

namespace foldersync {

struct Doubts {
  // Paths below both roots, as bytes. These are read, whatever size, times and memory say.
  std::set<std::string, std::less<>> read = {};
  // Files of the source whose content counts as changed where it would count as decayed; read, too.
  std::set<std::string, std::less<>> accepted = {};
  // Files of the source that went bad, by size and modification time: see DecayCheck::is_held.
  std::map<std::pair<std::uint64_t, FileTime>, std::vector<HeldFile>> held = {};

  [[nodiscard]] bool are_read(std::string_view path) const {
    return read.contains(path) || accepted.contains(path);
  }
  [[nodiscard]] bool is_empty() const { return read.empty() && accepted.empty() && held.empty(); }
  // The held file that `file` is, by its path or its inode; null: none.
  [[nodiscard]] const HeldFile* held_like(const RelPath& path, const FileStatus& file) const {
    const auto found = held.find({file.size, file.mtime});
    if (found == held.end()) return nullptr;
    const std::uint64_t inode = stamp_of(file).inode;
    for (const HeldFile& one : found->second) {
      if (one.path == path || (inode != 0 && one.stamp.inode == inode)) return &one;
    }
    return nullptr;
  }
};

}  // namespace foldersync
