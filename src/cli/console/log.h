// Log file and console: the one file pair that knows the logging library.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli/console/closing.h"
#include "cli/values/options.h"
#include "core/result.h"

namespace foldersync {

// Whether standard output takes what is written.
enum class ConsoleState : std::uint8_t {
  kWorks,
  kReaderLeft,  // a pipe that nobody reads any more
  kFailed,      // a full disk, say
};

struct LogSettings {
  std::string file;  // bytes; empty: no log file
  Verbosity verbosity = Verbosity::kNormal;
  bool colour = false;
  bool must_be_log = false;  // a file that is there and begins with no line of a log is refused
  LogForm form = LogForm::kText;
  bool is_console = false;  // it goes to standard output, in that form, and nothing else does
  bool is_loop = false;     // what it tells at a terminal is told over hours
};

// What was told of before.
class ProblemFilter {
 public:
  virtual ~ProblemFilter() = default;
  // Whether it is to be told. `key`: the same for the same problem.
  virtual bool is_news(const std::string& key, const std::string& line) = 0;
};

// Writes "2026-11-22T18:40:00.123Z INFO create docs/new/a.txt 1.2 KiB": one line an event, to the
// log file always, to the console as verbosity has it: informative lines on standard output,
// warnings and errors on standard error, where the time is missing, and how urgent it is comes
// first, where that goes to the journal. What callers pass must be escaped where it is a name.
// `fields`, of a form for programs, say what a line is about, see log_json.h; a line that has some
// is one of a list, of actions or of problems. A terminal gets neither times, unless it is a
// loop's, nor a long list. One thread.
class Log {
 public:
  // Error kRefused where the file can't be opened or is no regular file: it is opened for
  // appending, made with mode 0600, never followed as a link, never waited for.
  static Result<std::unique_ptr<Log>> open(const LogSettings& settings);

  virtual ~Log() = default;
  virtual void write(Level level, const std::string& line, const std::string& fields) = 0;
  // Only where the console is verbose, and always to the file.
  virtual void detail(const std::string& line, const std::string& fields) = 0;
  // So many lines of lists come, or less: above a hundred, a terminal that is not to be told
  // everything gets none of them.
  virtual void expect(std::uint64_t listed) = 0;
  // How a cycle ended: a closing block at a terminal, lines everywhere else.
  virtual void close(const Closing& closing) = 0;
  // Hands what was written to the system.
  virtual void flush() = 0;
  // Opens the file by its name again, after somebody moved it away.
  virtual Status reopen() = 0;
  // Likewise, where the name stands for another file by now, or for none. The answer: whether.
  virtual Result<bool> reopen_if_moved() = 0;
  // A command that lists the errors that the file has; empty where there is no file.
  [[nodiscard]] virtual std::string listing_command() const = 0;
  // Whether the file took nothing when it was written last, which is told once until it takes
  // something again; another process that wrote to it may know.
  [[nodiscard]] virtual bool file_fails() const = 0;
  virtual void know_file_fails(bool fails) = 0;
  // Once a line was refused, no more are written.
  [[nodiscard]] virtual ConsoleState console_state() const = 0;

  void write(Level level, const std::string& line) { write(level, line, {}); }
  void info(const std::string& line) { write(Level::kInfo, line, {}); }
  void warn(const std::string& line) { write(Level::kWarning, line, {}); }
  void error(const std::string& line) { write(Level::kError, line, {}); }
  void detail(const std::string& line) { detail(line, {}); }

  // An error that may be the same in each cycle, see ProblemFilter.
  void problem(const std::string& key, const std::string& line, const std::string& fields) {
    if (filter_ == nullptr || filter_->is_news(key, line)) write(Level::kError, line, fields);
  }
  // Null: every problem is told. It outlives the log, or this is called again.
  void filter_problems(ProblemFilter* filter) { filter_ = filter; }

 private:
  ProblemFilter* filter_ = nullptr;
};

}  // namespace foldersync
