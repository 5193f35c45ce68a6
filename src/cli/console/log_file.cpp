#include "cli/console/log_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "fs/named_file.h"
#include "fs/posix_file_system.h"

namespace foldersync {
namespace {

Error cannot_open(const std::string& file, std::string detail, int error_number) {
  return refused_error("open log", std::move(detail), error_number).at(file);
}

// Whether the file is empty or begins with a line of a log, in either form.
bool is_log(int fd, off_t size) {
  if (size == 0) return true;
  constexpr std::string_view kTime = "0000-00-00T00:00:00.000Z";
  constexpr std::string_view kObject = R"({"time":")";
  std::array<char, kObject.size() + kTime.size() + 16> text{};
  const ssize_t count = ::pread(fd, text.data(), text.size(), 0);
  std::string_view beginning(text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  const bool is_json = beginning.starts_with(kObject);
  if (is_json) beginning.remove_prefix(kObject.size());
  const std::string_view time = beginning.substr(0, kTime.size());
  const bool has_time =
      std::equal(kTime.begin(), kTime.end(), time.begin(), time.end(), [](char wanted, char found) {
        return wanted == '0' ? found >= '0' && found <= '9' : found == wanted;
      });
  if (!has_time) return false;
  const std::string_view rest = beginning.substr(kTime.size());
  if (is_json) return rest.starts_with(R"(","level":")");
  return rest.starts_with(" INFO ") || rest.starts_with(" WARN ") || rest.starts_with(" ERROR ");
}

}  // namespace

Result<Fd> open_log_file(const std::string& file, bool must_be_log) {
  FileSystem& fs = posix_file_system();
  auto opened = open_to_append(fs, file);
  if (!opened)
    return cannot_open(file, "the log file: " + opened.error().detail, opened.error().error_number);
  Fd fd = std::move(*opened);
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0)
    return cannot_open(file, "the log file can't be examined", errno);
  if (must_be_log && !is_log(fd.get(), status.st_size)) {
    return cannot_open(file, "there is a file of that name, and it is no log of this program", 0);
  }
  // A run that was killed may have left a line without its end.
  char last = '\n';
  if (status.st_size > 0 && ::pread(fd.get(), &last, 1, status.st_size - 1) == 1 && last != '\n') {
    (void)!::write(fd.get(), "\n", 1);
  }
  return fd;
}

}  // namespace foldersync
