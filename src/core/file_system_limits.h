// What a file system is unable to hold, learned by reading back what was set on it.
#pragma once

#include "core/file_time.h"

namespace foldersync {

struct FileSystemLimits {
  TimeLimits times;
  bool holds_owners = true;  // false: owner and group can't be set (exFAT, SMB)
  bool holds_modes = true;   // false: permission bits can't be set
  bool holds_xattrs = true;  // false: extended attributes and ACLs can't be set

  friend bool operator==(const FileSystemLimits&, const FileSystemLimits&) = default;
};

}  // namespace foldersync
