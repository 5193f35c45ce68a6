// Copying what a file holds.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/file_status.h"
#include "core/hash.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "fs/pace.h"
#include "fs/readable_entry.h"

namespace foldersync {

// Counts bytes as they are copied, for a progress line; any thread.
using ByteCounter = std::atomic<std::uint64_t>;

struct CopyRequest {
  ReadableEntry* from = nullptr;            // open for its content, at `start`
  int to = -1;                              // new, with nothing after `start`, open for writing
  const FileStatus* source = nullptr;       // as `from` was when it was opened
  Md5Hasher* hasher = nullptr;              // gets every byte copied, holes as zeros
  const std::atomic<bool>* stop = nullptr;  // set by others: the copy ends with kStopped
  ByteCounter* copied = nullptr;
  // So much is there already, and both are at this offset. Requires: no holes, no hasher.
  std::uint64_t start = 0;
  Pace* pace = nullptr;  // is kept
};

// Writes all of the text.
Status write_all(FileSystem& fs, int fd, std::string_view text);
// The same of a descriptor of the program's own: a terminal, a pipe, a file of its state.
Status write_all(int fd, std::string_view text);

// `fs` is that of `to`. Copies up to source->size bytes and says how many there are then: fewer
// where the file has shrunk. Holes stay holes. Clones where the file system does so by itself.
// `buffer` is for small files and where the kernel can't copy; 256 KiB is a good size.
Result<std::uint64_t> copy_content(FileSystem& fs, const CopyRequest& request,
                                   std::span<std::byte> buffer);

}  // namespace foldersync
