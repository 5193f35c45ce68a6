#include "cli/console/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <system_error>

#include "cli/console/console.h"
#include "core/text.h"

namespace foldersync {
namespace {

struct LineState {
  std::mutex mutex;
  bool visible = false;
};

LineState& line_state() {
  static LineState state;
  return state;
}

void put(const std::string& text) { (void)!::write(STDERR_FILENO, text.data(), text.size()); }

void hide_locked(LineState& state) {
  if (!state.visible) return;
  put("\r\033[K");
  state.visible = false;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::ceil(seconds));
  const std::string rest = std::to_string(whole % 60);
  return std::to_string(whole / 60) + ":" + (rest.size() < 2 ? "0" : "") + rest;
}

}  // namespace

TerminalLine::Pause::Pause() : lock_(line_state().mutex) { hide_locked(line_state()); }

void TerminalLine::draw(const std::string& text) {
  LineState& state = line_state();
  const std::lock_guard lock(state.mutex);
  put("\r" + text + "\033[K");
  state.visible = true;
}

void TerminalLine::hide() { const Pause pause; }

std::optional<Screen> screen_of(int fd) {
  if (::isatty(fd) != 1) return std::nullopt;
  Screen screen;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) < 0) return screen;
  if (size.ws_row > 0) screen.rows = size.ws_row;
  if (size.ws_col > 0) screen.columns = size.ws_col;
  return screen;
}

std::string progress_text(const ProgressCounts& counts, double seconds) {
  const std::uint64_t done = counts.actions;
  const std::uint64_t total = counts.total_actions;
  const std::uint64_t bytes = counts.bytes;
  const std::uint64_t total_bytes = counts.total_bytes;
  const auto rate_of = [seconds](std::uint64_t count) {
    const double rate = seconds > 0 ? static_cast<double>(count) / seconds : 0;
    return human_bytes(static_cast<std::uint64_t>(rate)) + "/s";
  };
  if (const std::uint64_t read = counts.read.bytes; total == 0 && read > 0) {
    return "verifying: " + human_count(counts.read.files) + " files, " + human_bytes(read) +
           " read, " + rate_of(read);
  }
  if (total == 0) return "comparing";
  std::string text = human_count(done) + " of " + human_count(total) + " actions, " +
                     human_bytes(bytes) + " of " + human_bytes(total_bytes) + ", " + rate_of(bytes);
  // Bytes tell more than actions where there are any.
  const double share = total_bytes > 0
                           ? static_cast<double>(bytes) / static_cast<double>(total_bytes)
                           : static_cast<double>(done) / static_cast<double>(total);
  if (share > 0 && share < 1) text += ", " + clock_text(seconds * (1 - share) / share) + " left";
  return text;
}

void ProgressCounts::begin(std::uint64_t count, std::uint64_t bytes_to_write) {
  total_actions = 0;
  bytes = 0;
  actions = 0;
  read.files = 0;
  read.bytes = 0;
  total_bytes = bytes_to_write;
  total_actions = count;
}

Progress::Progress(const ProgressCounts& counts, const Signals& signals, bool draws)
    : counts_(counts), signals_(signals), draws_(draws) {
  try {
    thread_ = std::thread([this] { loop(); });
  } catch (const std::system_error&) {
    // The system gives no more threads: then nobody draws.
  }
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  ended_ = true;
  signals_.wake();
  thread_.join();
  TerminalLine::hide();
}

void Progress::loop() {
  const auto start = std::chrono::steady_clock::now();
  const std::optional<double> step = draws_ ? std::optional(0.5) : std::nullopt;
  while (signals_.wait_for_wish(ended_, step)) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const std::string text = progress_text(counts_, elapsed.count());
    if (signals_.take_progress_wish()) {
      const TerminalLine::Pause pause;
      tell(text, Level::kInfo);
    }
    if (draws_) TerminalLine::draw(text);
  }
}

}  // namespace foldersync
