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
#include <string_view>
#include <utility>
#include <vector>

#include "cli/console/console.h"
#include "cli/console/journal.h"
#include "cli/console/log_file.h"
#include "cli/console/log_json.h"
#include "cli/console/terminal.h"
#include "fs/copy.h"

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v)";
// The journal has the time itself.
constexpr const char* kJournalPattern = "%v";

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

// Standard output or standard error, as the console's lines go there.
class Stream {
 public:
  Stream(int fd, const LogSettings& settings)
      : is_journal_(goes_to_journal(fd)),
        colour_(settings.colour && !is_journal_ && settings.form == LogForm::kText),
        formatter_(formatter_of(pattern_for(settings))) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) {
    if (is_journal_) append(journal_prefix(level_of(message)), out);
    const char* code = message.level >= spdlog::level::err    ? "\033[31m"
                       : message.level >= spdlog::level::warn ? "\033[33m"
                                                              : nullptr;
    const bool coloured = colour_ && code != nullptr;
    if (coloured) append(code, out);
    formatter_->format(message, out);
    if (coloured) append("\033[0m", out);
  }

 private:
  [[nodiscard]] const char* pattern_for(const LogSettings& settings) const {
    if (settings.is_console && settings.form == LogForm::kJson) return kJsonPattern;
    return is_journal_ ? kJournalPattern : kTextPattern;
  }
  static Level level_of(const spdlog::details::log_msg& message) {
    if (message.level >= spdlog::level::err) return Level::kError;
    return message.level >= spdlog::level::warn ? Level::kWarning : Level::kInfo;
  }
  static void append(std::string_view text, spdlog::memory_buf_t& out) {
    out.append(text.data(), text.data() + text.size());
  }

  bool is_journal_;
  bool colour_;
  std::unique_ptr<spdlog::formatter> formatter_;
};

// Several lines are written at a time, but for a terminal, and for trouble.
class ConsoleSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit ConsoleSink(const LogSettings& settings)
      : output_(STDOUT_FILENO, settings),
        trouble_(STDERR_FILENO, settings),
        is_all_(settings.is_console),
        terminal_(::isatty(STDOUT_FILENO) == 1) {}

  ConsoleState state() {
    const std::lock_guard lock(mutex_);
    return state_;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const bool is_trouble = message.level >= spdlog::level::warn;
    if (is_trouble && !is_all_) {
      flush_();
      spdlog::memory_buf_t line;
      trouble_.format(message, line);
      const TerminalLine::Pause pause;
      (void)write_all(STDERR_FILENO, {line.data(), line.size()});
      return;
    }
    output_.format(message, buffer_);
    if (terminal_ || is_trouble || buffer_.size() >= kBufferBytes) flush_();
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
  Stream output_;
  Stream trouble_;
  bool is_all_;  // standard output has trouble, too
  bool terminal_;
  ConsoleState state_ = ConsoleState::kWorks;
  spdlog::memory_buf_t buffer_;
};

// A level as each form has it.
struct LevelWords {
  const char* text;
  const char* json;
  spdlog::level::level_enum level;
};

LevelWords words_of(Level level) {
  switch (level) {
    case Level::kInfo:
      return {"INFO ", "info", spdlog::level::info};
    case Level::kWarning:
      return {"WARN ", "warning", spdlog::level::warn};
    case Level::kError:
      break;
  }
  return {"ERROR ", "error", spdlog::level::err};
}

class SpdLog final : public Log {
 public:
  SpdLog(const LogSettings& settings, std::shared_ptr<FileSink> file)
      : file_(std::move(file)), console_(std::make_shared<ConsoleSink>(settings)) {
    console_->set_level(settings.is_console                         ? spdlog::level::debug
                        : settings.verbosity == Verbosity::kQuiet   ? spdlog::level::warn
                        : settings.verbosity == Verbosity::kVerbose ? spdlog::level::debug
                                                                    : spdlog::level::info);
    sinks_.push_back({console_.get(), settings.is_console ? settings.form : LogForm::kText});
    if (!file_) return;
    file_->set_level(spdlog::level::debug);
    file_->set_formatter(formatter_of(pattern_of(settings.form)));
    sinks_.push_back({file_.get(), settings.form});
  }
  ~SpdLog() override { flush_all(); }

  using Log::detail;
  using Log::write;
  void write(Level level, const std::string& line, const std::string& fields) override {
    send(words_of(level), line, fields);
  }
  void detail(const std::string& line, const std::string& fields) override {
    LevelWords words = words_of(Level::kInfo);
    words.level = spdlog::level::debug;
    send(words, line, fields);
  }
  void flush() override { flush_all(); }
  Status reopen() override { return file_ ? file_->reopen() : success(); }
  Result<bool> reopen_if_moved() override {
    if (!file_ || !file_->is_moved()) return false;
    TRY(file_->reopen());
    return true;
  }
  bool file_fails() const override { return file_ && file_->fails(); }
  void know_file_fails(bool fails) override {
    if (file_) file_->know_it_fails(fails);
  }
  ConsoleState console_state() const override { return console_->state(); }

 private:
  struct Sink {
    spdlog::sinks::sink* sink;
    LogForm form;
  };

  void send(const LevelWords& words, const std::string& line, const std::string& fields) {
    for (const auto& [sink, form] : sinks_) {
      if (!sink->should_log(words.level)) continue;
      const std::string text =
          form == LogForm::kJson ? log_line(words.json, line, fields) : words.text + line;
      sink->log(spdlog::details::log_msg("", words.level, text));
    }
  }

  void flush_all() {
    for (const auto& each : sinks_) each.sink->flush();
  }

  std::shared_ptr<FileSink> file_;
  std::shared_ptr<ConsoleSink> console_;
  std::vector<Sink> sinks_;
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
