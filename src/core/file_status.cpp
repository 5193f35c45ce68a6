#include "core/file_status.h"

#include <cassert>

namespace foldersync {

const char* to_string(FileType type) {
  switch (type) {
    case FileType::kFile:
      return "file";
    case FileType::kDirectory:
      return "dir";
    case FileType::kSymlink:
      return "symlink";
    case FileType::kFifo:
      return "fifo";
    case FileType::kSocket:
      return "socket";
    case FileType::kCharDevice:
      return "char";
    case FileType::kBlockDevice:
      return "block";
  }
  assert(false && "not an enumerator");
  return "";
}

}  // namespace foldersync
