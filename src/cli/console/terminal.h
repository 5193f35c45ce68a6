// The one line of a terminal that changes: progress. And how large a terminal is.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "cli/process/signals.h"
#include "fs/copy.h"
#include "scan/content.h"
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

  static void draw(const std::string& text);
  static void hide();
};

// What a run has done so far; written by its threads, read by the progress line. In memory that
// two processes share, also by the other one.
struct ProgressCounts {
  ByteCounter bytes{0};
  std::atomic<std::uint64_t> actions{0};
  std::atomic<std::uint64_t> total_actions{0};
  std::atomic<std::uint64_t> total_bytes{0};
  ReadingCounts read;  // where files are read to be compared

  // Of what comes next; 0 actions: of a comparison.
  void begin(std::uint64_t count = 0, std::uint64_t bytes_to_write = 0);
};

// While it lives: draws a progress line twice a second, where one is wanted (actions, bytes, rate,
// time left), and tells it once, as a line of standard error, to who asks by SIGUSR1. Where none is
// wanted and nobody asks, it sleeps all the time.
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
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

// Rows and columns of the terminal that `fd` is; 24 and 80 where it doesn't tell; nothing where
// `fd` is no terminal.
std::optional<Screen> screen_of(int fd);

// The line itself, `seconds` after the start. Pure.
std::string progress_text(const ProgressCounts& counts, double seconds);

}  // namespace foldersync
