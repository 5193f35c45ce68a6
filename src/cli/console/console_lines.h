// The lines of a log as they come to standard output and standard error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/console/closing.h"
#include "cli/console/log.h"

namespace foldersync {

// A level as each form of a log has it.
struct LevelWords {
  std::string_view text;  // "INFO"
  std::string_view json;
};
LevelWords words_of(Level level);

// Informative lines go to standard output, warnings and errors to standard error; several are
// written at a time, but to a terminal, and of trouble. A terminal gets no list that is long, but a
// closing block, unless people asked for all. One thread.
class ConsoleLines {
 public:
  explicit ConsoleLines(const LogSettings& settings);

  // See Log. `is_listed`: one of a list.
  void write(Level level, bool is_listed, const std::string& line, const std::string& fields);
  void detail(const std::string& line, const std::string& fields);
  void close(const Closing& closing);
  void expect(std::uint64_t listed);
  void flush();
  [[nodiscard]] ConsoleState state() const { return state_; }

 private:
  struct Stream {
    explicit Stream(int descriptor);
    int fd;
    bool is_journal;
    bool is_terminal;
  };

  void put(Level level, const std::string& line, const std::string& fields);
  [[nodiscard]] std::string text_of(const Stream& stream, Level level, const std::string& line,
                                    const std::string& fields) const;
  [[nodiscard]] const Stream& stream_of(Level level) const;
  [[nodiscard]] const Stream* terminal_for(const Closing& closing) const;

  LogSettings settings_;
  Stream output_;
  Stream trouble_;
  bool lists_all_ = true;  // at a terminal
  ConsoleState state_ = ConsoleState::kWorks;
  std::string buffer_;  // of standard output
};

}  // namespace foldersync
