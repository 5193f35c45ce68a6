#include "cli/console/log.h"

#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <utility>

#include "cli/console/console.h"
#include "cli/console/console_lines.h"
#include "cli/console/log_file.h"
#include "cli/console/log_json.h"
#include "fs/copy.h"

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v)";

std::unique_ptr<spdlog::formatter> formatter_of(const char* pattern) {
  return std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc);
}
const char* pattern_of(LogForm form) {
  return form == LogForm::kJson ? kJsonPattern : kTextPattern;
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
      tell(std::string("the log file can't be written: ") +
               std::strerror(written.error().error_number),
           Level::kError);
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

spdlog::level::level_enum level_of(Level level) {
  if (level == Level::kInfo) return spdlog::level::info;
  return level == Level::kWarning ? spdlog::level::warn : spdlog::level::err;
}

class SpdLog final : public Log {
 public:
  SpdLog(const LogSettings& settings, std::shared_ptr<FileSink> file)
      : file_(std::move(file)), name_(settings.file), form_(settings.form), console_(settings) {
    if (file_) file_->set_formatter(formatter_of(pattern_of(form_)));
  }
  ~SpdLog() override { flush_all(); }

  using Log::detail;
  using Log::write;
  void write(Level level, const std::string& line, const std::string& fields) override {
    console_.write(level, !fields.empty(), line, fields);
    keep(level, line, fields);
  }
  void detail(const std::string& line, const std::string& fields) override {
    console_.detail(line, fields);
    keep(Level::kInfo, line, fields);
  }
  void expect(std::uint64_t listed) override { console_.expect(listed); }
  void close(const Closing& closing) override {
    console_.close(closing);
    for (const std::string& note : closing.notes) keep(Level::kInfo, note, {});
    for (const std::string& warning : closing.warnings) keep(Level::kWarning, warning, {});
    keep(closing.level, closing.summary, {});
    flush_all();
  }
  void flush() override { flush_all(); }
  Status reopen() override { return file_ ? file_->reopen() : success(); }
  Result<bool> reopen_if_moved() override {
    if (!file_ || !file_->is_moved()) return false;
    TRY(file_->reopen());
    return true;
  }
  std::string listing_command() const override {
    if (!file_) return {};
    return std::string("grep ") + (form_ == LogForm::kJson ? R"('"level":"error"' )" : "ERROR ") +
           shell_word(name_);
  }
  bool file_fails() const override { return file_ && file_->fails(); }
  void know_file_fails(bool fails) override {
    if (file_) file_->know_it_fails(fails);
  }
  ConsoleState console_state() const override { return console_.state(); }

 private:
  void keep(Level level, const std::string& line, const std::string& fields) {
    if (!file_) return;
    const LevelWords words = words_of(level);
    const std::string text = form_ == LogForm::kJson ? log_line(words.json, line, fields)
                                                     : std::string(words.text) + " " + line;
    file_->log(spdlog::details::log_msg("", level_of(level), text));
  }

  void flush_all() {
    console_.flush();
    if (file_) file_->flush();
  }

  std::shared_ptr<FileSink> file_;
  std::string name_;
  LogForm form_;
  ConsoleLines console_;
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
