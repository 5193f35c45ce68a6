// The one line of a terminal that changes: progress. And how large a terminal is.
#pragma once

#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "cli/console/progress_text.h"
#include "cli/process/signals.h"
#include "fs/copy.h"
#include "fs/file_under_way.h"
#include "planner/planner.h"
#include "show/render_review.h"

namespace foldersync {

// Draws and hides the line on standard error; lines of the log go between. Any thread.
class TerminalLine {
 public:
  // While one lives, the line is hidden and nobody draws.
  class Pause {
   public:
    Pause();

   private:
    std::unique_lock<std::mutex> lock_;
  };

  // In one line: whoever draws knows how long that is.
  static void draw(const std::string& text);
  static void hide();
};

// What a run has done so far; written by its threads, read by the progress line. In memory that
// two processes share, also by the other one.
struct ProgressCounts {
  ByteCounter bytes{0};  // written, but for the file under way
  FileUnderWay file;
  std::atomic<std::uint64_t> prepared{0};  // see ApplyRequest
  std::atomic<std::uint64_t> actions{0};   // that were reported
  std::atomic<std::uint64_t> total_actions{0};
  std::atomic<std::uint64_t> total_bytes{0};
  ComparingCounts compared;

  // Of what comes next; 0 actions: of a comparison.
  void begin(std::uint64_t count = 0, std::uint64_t bytes_to_write = 0);
  // It is known what became of an action, of which so many bytes were not written.
  void settle(std::uint64_t unwritten);
  [[nodiscard]] Progressed now() const;
};

// While it lives: draws a progress line twice a second, and when the terminal has another size,
// where one is wanted, and tells it once, as a line of standard error, to who asks by SIGUSR1.
// Where none is wanted and nobody asks, it sleeps all the time.
class Progress {
 public:
  Progress(const ProgressCounts& counts, const Signals& signals, bool draws);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void loop();

  const ProgressCounts& counts_;
  const Signals& signals_;
  const bool draws_;
  sigset_t before_{};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

// Rows and columns of the terminal that `fd` is; 24 and 80 where it doesn't tell; nothing where
// `fd` is no terminal.
std::optional<Screen> screen_of(int fd);

}  // namespace foldersync
