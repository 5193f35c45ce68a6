#include "fs/io_priority.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace foldersync {

Status set_io_priority(IoPriority priority) {
  // glibc has no names for these.
  constexpr int kWhoProcess = 1;
  constexpr int kClassShift = 13;
  const int level = priority.io_class == IoClass::kIdle ? 0 : priority.level;
  const int value = (static_cast<int>(priority.io_class) << kClassShift) | level;
  if (::syscall(SYS_ioprio_set, kWhoProcess, 0, value) < 0) {
    return system_error("ioprio_set", errno);
  }
  return success();
}

}  // namespace foldersync
