#include "cli/console/console_lines.h"

#include <unistd.h>

#include <cerrno>

#include "cli/console/journal.h"
#include "cli/console/log_json.h"
#include "cli/console/terminal.h"
#include "fs/clock.h"
#include "fs/copy.h"

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

// "2026-11-22T18:40:00.123Z".
std::string time_text() {
  std::string text = to_string(wall_clock_now());
  text.resize(sizeof "2026-11-22T18:40:00.123" - 1);
  return text + "Z";
}

Tone tone_of(Level level) {
  if (level == Level::kInfo) return Tone::kPlain;
  return level == Level::kWarning ? Tone::kChange : Tone::kTrouble;
}

}  // namespace

LevelWords words_of(Level level) {
  switch (level) {
    case Level::kInfo:
      return {"INFO", "info"};
    case Level::kWarning:
      return {"WARN", "warning"};
    case Level::kError:
      break;
  }
  return {"ERROR", "error"};
}

ConsoleLines::Stream::Stream(int descriptor)
    : fd(descriptor), is_journal(goes_to_journal(fd)), is_terminal(::isatty(fd) == 1) {}

ConsoleLines::ConsoleLines(const LogSettings& settings)
    : settings_(settings), output_(STDOUT_FILENO), trouble_(STDERR_FILENO) {}

void ConsoleLines::write(Level level, bool is_listed, const std::string& line,
                         const std::string& fields) {
  const bool is_quiet = settings_.verbosity == Verbosity::kQuiet && !settings_.is_console;
  if (level == Level::kInfo && is_quiet) return;
  const bool is_left_out = is_listed && !lists_all_ && stream_of(level).is_terminal;
  if (!is_left_out) put(level, line, fields);
}

void ConsoleLines::detail(const std::string& line, const std::string& fields) {
  if (settings_.verbosity == Verbosity::kVerbose || settings_.is_console)
    put(Level::kInfo, line, fields);
}

void ConsoleLines::expect(std::uint64_t listed) {
  lists_all_ =
      listed <= kMostListed || settings_.verbosity == Verbosity::kVerbose || settings_.is_console;
}

void ConsoleLines::close(const Closing& closing) {
  const Stream* const terminal = terminal_for(closing);
  // Who reads the block needs no line, and who reads elsewhere has no block.
  const auto write_elsewhere = [&](Level level, const std::string& line) {
    if (terminal == nullptr || !stream_of(level).is_terminal) write(level, false, line, {});
  };
  for (const std::string& note : closing.notes) write_elsewhere(Level::kInfo, note);
  for (const std::string& warning : closing.warnings) write_elsewhere(Level::kWarning, warning);
  write_elsewhere(closing.level, closing.summary);
  flush();
  if (terminal == nullptr) return;
  const Screen screen = screen_of(terminal->fd).value_or(Screen{});
  Closing shown = closing;
  if (settings_.is_loop) shown.summary = time_text() + " " + shown.summary;
  const TerminalLine::Pause pause;
  (void)write_all(terminal->fd, closing_block(shown, screen.columns,
                                              settings_.colour ? Colour::kOn : Colour::kOff));
}

void ConsoleLines::flush() {
  if (buffer_.empty()) return;
  const TerminalLine::Pause pause;
  if (state_ == ConsoleState::kWorks) {
    const Status written = write_all(STDOUT_FILENO, buffer_);
    if (!written) {
      state_ =
          written.error().error_number == EPIPE ? ConsoleState::kReaderLeft : ConsoleState::kFailed;
    }
  }
  buffer_.clear();
}

void ConsoleLines::put(Level level, const std::string& line, const std::string& fields) {
  const Stream& stream = stream_of(level);
  const bool is_trouble = level != Level::kInfo;
  const std::string text = text_of(stream, level, line, fields);
  if (stream.fd == STDERR_FILENO) {
    flush();
    const TerminalLine::Pause pause;
    (void)write_all(STDERR_FILENO, text);
    return;
  }
  buffer_ += text;
  if (stream.is_terminal || is_trouble || buffer_.size() >= kBufferBytes) flush();
}

std::string ConsoleLines::text_of(const Stream& stream, Level level, const std::string& line,
                                  const std::string& fields) const {
  std::string text(stream.is_journal ? journal_prefix(level) : "");
  if (settings_.is_console && settings_.form == LogForm::kJson) {
    const std::string rest = log_line(words_of(level).json, line, fields);
    return text + "{\"time\":\"" + time_text() + "\"," + rest + "\n";
  }
  // The journal has the time itself, and so has who sits there, but for a loop.
  const bool is_watched = stream.is_terminal && !settings_.is_console;
  const bool has_time = !stream.is_journal && (!is_watched || settings_.is_loop);
  if (has_time) text += time_text() + " ";
  if (!is_watched || level != Level::kInfo) text.append(words_of(level).text) += " ";
  text += line;
  const bool is_coloured = settings_.colour && !stream.is_journal;
  return painted(text, tone_of(level), is_coloured ? Colour::kOn : Colour::kOff) + "\n";
}

const ConsoleLines::Stream& ConsoleLines::stream_of(Level level) const {
  return level == Level::kInfo || settings_.is_console ? output_ : trouble_;
}

// Where a person reads what is told of trouble, or of the rest; null: nowhere.
const ConsoleLines::Stream* ConsoleLines::terminal_for(const Closing& closing) const {
  if (settings_.is_console) return nullptr;
  const bool is_trouble = closing.level != Level::kInfo;
  if (is_trouble && trouble_.is_terminal) return &trouble_;
  const bool is_wanted = settings_.verbosity != Verbosity::kQuiet;
  return is_wanted && output_.is_terminal ? &output_ : nullptr;
}

}  // namespace foldersync
