// Names that a file system leaves by itself, where what had another one is still open.
#pragma once

#include <functional>
#include <string_view>

#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

// ".fuse_hidden" and 16 hexadecimal digits (libfuse), ".nfs" and 16 to 24 (the kernel's NFS
// client): what was removed or replaced while somebody had it open keeps such a name until it is
// closed.
bool is_left_name(std::string_view name);

struct NamedDirectory {
  int above;
  const char* name;
};

// Calls remove() again, which failed, for as long as nothing but such names is in the directory: a
// FUSE file system is told late that a file was closed. Error ENOTEMPTY where something else is in
// it, whatever the file system says then; after half a second that of remove().
Status remove_once_empty(FileSystem& fs, const NamedDirectory& directory,
                         const std::function<Status()>& remove);

}  // namespace foldersync
