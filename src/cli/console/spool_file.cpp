#include "cli/console/spool_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "fs/copy.h"
#include "fs/fd.h"

namespace foldersync {
namespace {

class SpoolFile final : public Spool {
 public:
  SpoolFile(Fd fd, std::string folder) : fd_(std::move(fd)), folder_(std::move(folder)) {}

  Status append(std::string_view bytes) override {
    const Status written = write_all(fd_.get(), bytes);
    return written ? success() : failed("spool the plan", written.error().error_number);
  }

  Status read(std::uint64_t offset, std::span<char> buffer) override {
    while (!buffer.empty()) {
      const ssize_t count =
          ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return failed("read the spooled plan", count < 0 ? errno : EIO);
      buffer = buffer.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
    return success();
  }

 private:
  [[nodiscard]] Error failed(const char* operation, int error_number) const {
    return system_error(operation, error_number).at(folder_);
  }

  Fd fd_;
  std::string folder_;
};

}  // namespace

Fd nameless_file(const std::string& folder) {
  Fd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd.is_open()) return fd;
  // Not every file system can make one without a name.
  std::string name = folder + "/foldersync-spool.XXXXXX";
  fd = Fd(::mkostemp(name.data(), O_CLOEXEC));
  // CRASH: killed before the name is removed, an empty file stays.
  if (fd.is_open() && ::unlink(name.c_str()) < 0) return Fd();
  return fd;
}

Spooling spooling_in(std::string state_folder) {
  return {[folder = std::move(state_folder)] {
    const char* const temporary = std::getenv("TMPDIR");
    return make_spool_file({folder, temporary != nullptr ? temporary : "", "/tmp"});
  }};
}

Result<std::unique_ptr<Spool>> make_spool_file(const std::vector<std::string>& folders) {
  Error error = system_error("spool the plan", ENOENT);
  for (const std::string& folder : folders) {
    if (folder.empty()) continue;
    Fd fd = nameless_file(folder);
    if (fd.is_open()) {
      return std::unique_ptr<Spool>(std::make_unique<SpoolFile>(std::move(fd), folder));
    }
    error = system_error("spool the plan", errno).at(folder);
  }
  return error;
}

}  // namespace foldersync
