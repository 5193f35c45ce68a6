#include "fs/boot.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "fs/fd.h"

namespace foldersync {

std::string boot_id() {
  const Fd file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return {};
  std::array<char, 64> text{};
  const ssize_t count = ::read(file.get(), text.data(), text.size());
  return count > 0 ? std::string(text.data(), static_cast<std::size_t>(count)) : std::string();
}

}  // namespace foldersync
