#include "fs/clock.h"

#include <ctime>

namespace foldersync {

FileTime wall_clock_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return {now.tv_sec, static_cast<std::uint32_t>(now.tv_nsec)};
}

}  // namespace foldersync
