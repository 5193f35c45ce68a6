#include "cli/log.h"

#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string_view>

#include "cli/terminal.h"
#include "core/program_name.h"
#include "fs/copy.h"
#include "fs/named_file.h"
#include "fs/posix_file_system.h"

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%eZ %^%v%$";

Error cannot_open(const std::string& file, std::string detail, int error_number) {
  return refused_error("open log", std::move(detail), error_number).at(file);
}

// Whether the file is empty or begins with a line of a log.
bool is_log(int fd, off_t size) {
  if (size == 0) return true;
  constexpr std::string_view kTime = "0000-00-00T00:00:00.000Z ";
  std::array<char, kTime.size() + 6> text{};
  const ssize_t count = ::pread(fd, text.data(), text.size(), 0);
  const std::string_view beginning(text.data(),
                                   static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  const std::string_view time = beginning.substr(0, kTime.size());
  const bool has_time =
      std::equal(kTime.begin(), kTime.end(), time.begin(), time.end(), [](char wanted, char found) {
        return wanted == '0' ? found >= '0' && found <= '9' : found == wanted;
      });
  if (!has_time) return false;
  const std::string_view rest = beginning.substr(kTime.size());
  return rest.starts_with("INFO ") || rest.starts_with("WARN ") || rest.starts_with("ERROR ");
}

// `must_be_log`: a file of that name which is none is refused.
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

class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  FileSink(std::string file, bool must_be_log, Fd fd)
      : file_(std::move(file)), must_be_log_(must_be_log), fd_(std::move(fd)) {}

  bool is_moved() const {
    struct stat by_name {};
    struct stat by_descriptor {};
    if (::fstat(fd_.get(), &by_descriptor) < 0) return true;
    return ::lstat(file_.c_str(), &by_name) < 0 || by_name.st_ino != by_descriptor.st_ino ||
           by_name.st_dev != by_descriptor.st_dev;
  }

  bool fails() const { return fails_; }
  void know_it_fails(bool fails) { fails_ = fails; }

  Status reopen() {
    const std::lock_guard lock(mutex_);
    flush_();
    auto fd = TRY(open_log_file(file_, must_be_log_));
    fd_ = std::move(fd);
    return success();
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    formatter_->format(message, buffer_);
    if (buffer_.size() >= kBufferBytes) flush_();
  }

  void flush_() override {
    const Status written = write_all(fd_.get(), {buffer_.data(), buffer_.size()});
    const bool is_first = !written && !fails_;
    if (buffer_.size() > 0) fails_ = !written;
    if (is_first) {
      std::fprintf(stderr, "%s: the log file can't be written: %s\n", program_name().c_str(),
                   std::strerror(written.error().error_number));
    }
    buffer_.clear();
  }

 private:
  std::string file_;
  bool must_be_log_;
  Fd fd_;
  spdlog::memory_buf_t buffer_;
  std::atomic<bool> fails_{false};
};

// Standard output and standard error. Several lines are written at a time, but for a terminal.
class ConsoleSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit ConsoleSink(bool colour) : colour_(colour), terminal_(::isatty(STDOUT_FILENO) == 1) {}

  ConsoleState state() {
    const std::lock_guard lock(mutex_);
    return state_;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (message.level >= spdlog::level::warn) {
      flush_();
      spdlog::memory_buf_t line;
      format_to(message, line);
      const TerminalLine::Pause pause;
      (void)write_all(STDERR_FILENO, {line.data(), line.size()});
      return;
    }
    format_to(message, buffer_);
    if (terminal_ || buffer_.size() >= kBufferBytes) flush_();
  }

  void flush_() override {
    if (buffer_.size() == 0) return;
    const TerminalLine::Pause pause;
    if (state_ == ConsoleState::kWorks) {
      const Status written = write_all(STDOUT_FILENO, {buffer_.data(), buffer_.size()});
      if (!written) {
        state_ = written.error().error_number == EPIPE ? ConsoleState::kReaderLeft
                                                       : ConsoleState::kFailed;
      }
    }
    buffer_.clear();
  }

 private:
  void format_to(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) {
    const char* code = message.level >= spdlog::level::err    ? "\033[31m"
                       : message.level >= spdlog::level::warn ? "\033[33m"
                                                              : nullptr;
    const bool coloured = colour_ && code != nullptr;
    if (coloured) out.append(code, code + std::strlen(code));
    formatter_->format(message, out);
    if (!coloured) return;
    constexpr const char* kEnd = "\033[0m";
    out.append(kEnd, kEnd + std::strlen(kEnd));
  }

  bool colour_;
  bool terminal_;
  ConsoleState state_ = ConsoleState::kWorks;
  spdlog::memory_buf_t buffer_;
};

class SpdLog final : public Log {
 public:
  SpdLog(const LogSettings& settings, std::shared_ptr<FileSink> file)
      : file_(std::move(file)), console_(std::make_shared<ConsoleSink>(settings.colour)) {
    console_->set_level(settings.verbosity == Verbosity::kQuiet     ? spdlog::level::warn
                        : settings.verbosity == Verbosity::kVerbose ? spdlog::level::debug
                                                                    : spdlog::level::info);
    if (file_) file_->set_level(spdlog::level::debug);
    for (spdlog::sinks::sink* sink : sinks()) {
      sink->set_formatter(
          std::make_unique<spdlog::pattern_formatter>(kPattern, spdlog::pattern_time_type::utc));
    }
  }
  ~SpdLog() override { flush_all(); }

  void write(Level level, const std::string& line) override {
    switch (level) {
      case Level::kInfo:
        return send(spdlog::level::info, "INFO " + line);
      case Level::kWarning:
        return send(spdlog::level::warn, "WARN " + line);
      case Level::kError:
        return send(spdlog::level::err, "ERROR " + line);
    }
  }
  void detail(const std::string& line) override { send(spdlog::level::debug, "INFO " + line); }
  void flush() override { flush_all(); }
  Status reopen() override { return file_ ? file_->reopen() : success(); }
  Status reopen_if_moved() override {
    return file_ && file_->is_moved() ? file_->reopen() : success();
  }
  bool file_fails() const override { return file_ && file_->fails(); }
  void know_file_fails(bool fails) override {
    if (file_) file_->know_it_fails(fails);
  }
  ConsoleState console_state() const override { return console_->state(); }

 private:
  std::vector<spdlog::sinks::sink*> sinks() const {
    std::vector<spdlog::sinks::sink*> all{console_.get()};
    if (file_) all.push_back(file_.get());
    return all;
  }

  void send(spdlog::level::level_enum level, const std::string& text) {
    const spdlog::details::log_msg message("", level, text);
    for (spdlog::sinks::sink* sink : sinks()) {
      if (sink->should_log(level)) sink->log(message);
    }
  }

  void flush_all() {
    for (spdlog::sinks::sink* sink : sinks()) sink->flush();
  }

  std::shared_ptr<FileSink> file_;
  std::shared_ptr<ConsoleSink> console_;
};

}  // namespace

Result<std::unique_ptr<Log>> Log::open(const LogSettings& settings) {
  std::shared_ptr<FileSink> file;
  if (!settings.file.empty()) {
    auto fd = TRY(open_log_file(settings.file, settings.must_be_log));
    file = std::make_shared<FileSink>(settings.file, settings.must_be_log, std::move(fd));
  }
  return std::unique_ptr<Log>(std::make_unique<SpdLog>(settings, std::move(file)));
}

}  // namespace foldersync
