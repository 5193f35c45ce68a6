#include "cli/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "fs/fd.h"

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

class DescriptorOutput final : public Output {
 public:
  // With `final_name`: what is written as `temporary` takes that name in the end.
  DescriptorOutput(Fd owned, int fd, std::string temporary, std::string final_name)
      : owned_(std::move(owned)),
        fd_(fd),
        temporary_(std::move(temporary)),
        final_name_(std::move(final_name)) {}
  ~DescriptorOutput() override {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }
  DescriptorOutput(const DescriptorOutput&) = delete;
  DescriptorOutput& operator=(const DescriptorOutput&) = delete;

  [[nodiscard]] const std::string& name() const override { return temporary_; }

  [[nodiscard]] bool is_terminal() const override { return ::isatty(fd_) == 1; }

  Status write(std::string_view text) override {
    buffer_ += text;
    return buffer_.size() >= kBufferBytes ? flush() : success();
  }

  Status finish() override {
    TRY(flush());
    if (temporary_.empty()) return success();
    if (::fsync(fd_) < 0) return failed("fsync");
    if (::rename(temporary_.c_str(), final_name_.c_str()) < 0) return failed("rename");
    temporary_.clear();
    return success();
  }

 private:
  Error failed(const char* operation) const {
    return system_error(operation, errno).at(final_name_.empty() ? "standard output" : final_name_);
  }

  Status flush() {
    for (std::size_t at = 0; at < buffer_.size();) {
      const ssize_t count = ::write(fd_, buffer_.data() + at, buffer_.size() - at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed("write");
      at += static_cast<std::size_t>(count);
    }
    buffer_.clear();
    return success();
  }

  Fd owned_;
  int fd_;
  std::string temporary_;
  std::string final_name_;
  std::string buffer_;
};

}  // namespace

Result<std::unique_ptr<Output>> Output::open(const std::string& file) {
  const auto made = [](Fd owned, int fd, std::string temporary, std::string name) {
    return std::unique_ptr<Output>(std::make_unique<DescriptorOutput>(
        std::move(owned), fd, std::move(temporary), std::move(name)));
  };
  if (file.empty()) return made(Fd(), STDOUT_FILENO, {}, {});
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd.is_open()) return system_error("open", errno).at(file);
    const int number = fd.get();
    return made(std::move(fd), number, {}, file);
  }
  std::string temporary = file + ".XXXXXX";
  Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.is_open()) return system_error("create", errno).at(file);
  const int number = fd.get();
  return made(std::move(fd), number, std::move(temporary), file);
}

}  // namespace foldersync
