// Making a file hold what another one holds by writing only what differs.
#pragma once

#include <cstdint>
#include <span>

#include "core/result.h"
#include "fs/copy.h"
#include "fs/file_system.h"

namespace foldersync {

struct Patched {
  std::uint64_t size = 0;     // what both hold then, as copy_content() says it
  std::uint64_t written = 0;  // bytes
};

// `fs` is that of `to`. Reads `request.from` up to source->size, and beside it what `request.to`
// holds already, and writes what differs. Where most of the beginning differs, the rest is written
// without a look. `copied` counts what was gone through. Errors: as of copy_content(). Requires:
// `to` is open for reading too; start is 0, no hasher; the buffers are of one size, a multiple of
// 4096.
Result<Patched> patch_content(FileSystem& fs, const CopyRequest& request,
                              std::span<std::byte> buffer, std::span<std::byte> other);

}  // namespace foldersync
