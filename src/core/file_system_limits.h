// What a file system is unable to hold, learned by reading back what was set on it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/file_time.h"

namespace foldersync {

// What a file system's inode numbers tell.
enum class Numbers : std::uint8_t {
  kNotAsked,
  kKept,     // an object has one number, whatever its names are
  kPassing,  // see FileStatus::by_path
};

struct FileSystemLimits {
  TimeLimits times;
  bool holds_owners = true;  // false: owner and group can't be set (exFAT, SMB)
  bool holds_modes = true;   // false: permission bits can't be set
  bool holds_xattrs = true;  // false: extended attributes and ACLs can't be set

  // What came later.
  bool refuses_times = false;        // no modification time can be set
  bool refuses_groups = false;       // who may not give owners can't give his own groups either
  bool refuses_link_times = false;   // none can be set on a symlink
  bool refuses_link_owners = false;  // likewise
  bool refuses_symlinks = false;     // none can be made
  bool refuses_nodes = false;        // neither FIFOs nor sockets nor devices
  // Ascending: those that can't be set while others can (user namespaces, NFS with id mapping).
  std::vector<std::uint32_t> refused_uids = {};
  std::vector<std::uint32_t> refused_gids = {};
  // That a file can have; 0: more than anybody has asked for, 1: there are no hard links, or
  // nothing tells that two names are one file.
  std::uint32_t most_names = 0;
  Numbers numbers = Numbers::kNotAsked;  // only asked where others have a hand in it

  [[nodiscard]] bool takes_uid(std::uint32_t uid) const {
    return refused_uids.empty() ||
           !std::binary_search(refused_uids.begin(), refused_uids.end(), uid);
  }
  [[nodiscard]] bool takes_gid(std::uint32_t gid) const {
    return refused_gids.empty() ||
           !std::binary_search(refused_gids.begin(), refused_gids.end(), gid);
  }

  friend bool operator==(const FileSystemLimits&, const FileSystemLimits&) = default;
};

}  // namespace foldersync
