#include "cli/console/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "cli/console/console.h"
#include "core/columns.h"
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

// Where the terminal became narrower, what was one line is several by now, of which the cursor
// stands in the first, since it was left at its beginning.
constexpr const char* kErase = "\r\033[J";

void hide_locked(LineState& state) {
  if (!state.visible) return;
  put(kErase);
  state.visible = false;
}

sigset_t resize_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGWINCH);
  return signals;
}

// A line that reaches into the last column is broken by some terminals.
std::string line_for(const Progressed& now, const Estimate& estimate) {
  const auto screen = screen_of(STDERR_FILENO);
  return progress_line(now, estimate, screen ? screen->columns - 1 : kAnyWidth);
}

}  // namespace

TerminalLine::Pause::Pause() : lock_(line_state().mutex) { hide_locked(line_state()); }

void TerminalLine::draw(const std::string& text) {
  LineState& state = line_state();
  const std::lock_guard lock(state.mutex);
  put(kErase + text + "\r");
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

void ProgressCounts::begin(std::uint64_t count, std::uint64_t bytes_to_write) {
  total_actions = 0;
  file.reset();
  bytes = 0;
  prepared = 0;
  actions = 0;
  compared.entries = 0;
  compared.read.files = 0;
  compared.read.bytes = 0;
  total_bytes = bytes_to_write;
  total_actions = count;
}

void ProgressCounts::settle(std::uint64_t unwritten) {
  if (unwritten > 0) total_bytes -= std::min<std::uint64_t>(unwritten, total_bytes);
  ++actions;
}

Progressed ProgressCounts::now() const {
  Progressed now{.entries = compared.entries,
                 .files_read = compared.read.files,
                 .bytes_read = compared.read.bytes,
                 .total_actions = total_actions,
                 .prepared = prepared,
                 .settled = actions,
                 .total_bytes = total_bytes,
                 .bytes = file.bytes_with(bytes)};
  if (const auto seen = file.seen()) {
    now.path = escaped(seen->path);
    now.size = seen->size;
    now.copied = seen->bytes;
  }
  return now;
}

Progress::Progress(const ProgressCounts& counts, const Signals& signals, bool draws)
    : counts_(counts), signals_(signals), draws_(draws) {
  // The threads that are started from here on are not told: a call that waits for a file system in
  // user space would end early by it.
  const sigset_t resized = resize_signal();
  ::pthread_sigmask(SIG_BLOCK, &resized, &before_);
  try {
    thread_ = std::thread([this] { loop(); });
  } catch (const std::system_error&) {
    // The system gives no more threads: then nobody draws.
  }
}

Progress::~Progress() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  if (!thread_.joinable()) return;
  ended_ = true;
  signals_.wake();
  thread_.join();
  signals_.forget_wakes();
  TerminalLine::hide();
}

void Progress::loop() {
  const sigset_t resized = resize_signal();
  ::pthread_sigmask(SIG_UNBLOCK, &resized, nullptr);
  const auto start = std::chrono::steady_clock::now();
  Estimate estimate;
  estimate.see(point_of(counts_.now(), 0));
  const std::optional<double> step = draws_ ? std::optional(0.5) : std::nullopt;
  while (signals_.wait_for_wish(ended_, step)) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const Progressed now = counts_.now();
    estimate.see(point_of(now, elapsed.count()));
    if (signals_.take_progress_wish()) {
      const TerminalLine::Pause pause;
      tell(progress_text(now, estimate), Level::kInfo);
    }
    if (draws_) TerminalLine::draw(line_for(now, estimate));
  }
}

}  // namespace foldersync
