// What a replica's file system has none of.
#pragma once

#include "core/file_status.h"
#include "core/file_system_limits.h"

namespace foldersync {

inline bool is_refused_type(FileType type, const FileSystemLimits& limits) {
  if (type == FileType::kFile || type == FileType::kDirectory) return false;
  return type == FileType::kSymlink ? limits.refuses_symlinks : limits.refuses_nodes;
}

}  // namespace foldersync
