#include "cli/console/journal.h"

#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>

#include "core/parts.h"

namespace foldersync {

std::string_view journal_prefix(Level level) {
  switch (level) {
    case Level::kInfo:
      return "<6>";
    case Level::kWarning:
      return "<4>";
    case Level::kError:
      break;
  }
  return "<3>";
}

bool goes_to_journal(int fd) {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(fd, &status) < 0) return false;
  std::string_view inode = stream;
  const auto device = number_in<std::uint64_t>(take_until(inode, ':'));
  const auto number = number_in<std::uint64_t>(inode);
  // It may be inherited by who writes elsewhere.
  return device == std::uint64_t{status.st_dev} && number == std::uint64_t{status.st_ino};
}

}  // namespace foldersync
