// Who holds a lock that this process can't have, as far as the kernel tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/file_time.h"

namespace foldersync {

struct LockHolder {
  std::int64_t process = 0;
  std::string command;  // its arguments with blanks between them; any bytes; empty: not told
  std::optional<FileTime> started;

  friend bool operator==(const LockHolder&, const LockHolder&) = default;
};

// A line of /proc/locks about a held lock of the kind that FileSystem::lock() takes.
struct HeldLock {
  std::int64_t process = 0;
  std::uint64_t device = 0;  // as makedev() packs it; of some file systems not what stat() gives
  std::uint64_t inode = 0;

  friend bool operator==(const HeldLock&, const HeldLock&) = default;
};

// What a text in the form of /proc/locks says, in its order; what is only waited for is left out.
std::vector<HeldLock> held_locks(std::string_view text);

// Who holds the lock of `locked`: nothing where the kernel shows no such process, because it runs
// on another machine or in another container, say. It may end at any moment.
std::optional<LockHolder> find_lock_holder(const FileStatus& locked);

}  // namespace foldersync
