// Landlock: a process that names the folders in which it may still change something, and nothing
// elsewhere from then on, whoever it runs as.
#pragma once

#include <cstdint>
#include <vector>

#include "core/result.h"

namespace foldersync {

// The version of Landlock's interface that the kernel has. Errors: ENOSYS where it was built
// without, EOPNOTSUPP where it was started without.
Result<int> landlock_version();

// What is taken away, of the rights of linux/landlock.h, by a kernel of that version: of files, of
// the network, and of other processes. Reading is none of it. Pure.
struct LandlockRights {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t processes = 0;
};
// Nothing at all below version 2, which lets no file be renamed from one folder into another.
LandlockRights landlock_rights(int version);

enum class Writable : std::uint8_t {
  kTree,   // whatever it is, can be made, written, renamed and removed in the folder and below it
  kFiles,  // regular files can be made, written and removed there
  kItself  // is no folder, and can be written
};

struct WritablePlace {
  int fd;  // open; O_PATH will do
  Writable how = Writable::kTree;
};

// From now on the thread that calls, and all that it starts, make, write, rename and remove nothing
// but in these places, execute nothing and make no connection, where the kernel's `version` has
// that. What is open stays open as it is. Mode, owner, attributes and times are not restricted, nor
// is reading. Between two trees can be renamed. For good, and at most 16 times in a line of
// processes. Requires: no other thread was started; a version of 2 or more.
Status write_only_in(const std::vector<WritablePlace>& places, int version);

}  // namespace foldersync
