#include "cli/walls/output.h"

#include <unistd.h>

#include <optional>
#include <utility>

#include "cli/console/console.h"
#include "fs/copy.h"
#include "fs/named_file.h"
#include "fs/posix_file_system.h"

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

class BufferedOutput final : public Output {
 public:
  BufferedOutput() : name_(kStandardOutput) {}
  explicit BufferedOutput(std::string name) : name_(std::move(name)) {}

  Status open() {
    file_.emplace(TRY(NewFile::begin(fs_, name_)));
    fd_ = file_->fd();
    return success();
  }

  [[nodiscard]] std::string temporary() const override {
    if (!file_ || file_->temporary().empty()) return {};
    return name_.substr(0, name_.rfind('/') + 1) + file_->temporary();
  }

  [[nodiscard]] bool is_terminal() const override { return ::isatty(fd_) == 1; }

  Status write(std::string_view text) override {
    buffer_ += text;
    return buffer_.size() >= kBufferBytes ? flush() : success();
  }

  Status finish() override {
    TRY(flush());
    Status finished = file_ ? file_->finish() : success();
    return finished ? success() : std::move(finished).error().at(name_);
  }

 private:
  Status flush() {
    Status written = write_all(fd_, buffer_);
    if (!written) return std::move(written).error().at(name_);
    buffer_.clear();
    return success();
  }

  FileSystem& fs_ = posix_file_system();
  std::string name_;
  std::optional<NewFile> file_;
  int fd_ = STDOUT_FILENO;
  std::string buffer_;
};

}  // namespace

Result<std::unique_ptr<Output>> Output::open(const std::string& file) {
  if (file.empty()) return std::unique_ptr<Output>(std::make_unique<BufferedOutput>());
  auto output = std::make_unique<BufferedOutput>(file);
  TRY(output->open());
  return std::unique_ptr<Output>(std::move(output));
}

}  // namespace foldersync
