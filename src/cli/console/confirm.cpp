#include "cli/console/confirm.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>

#include "cli/console/heeding_stream.h"
#include "cli/console/terminal.h"
#include "core/program_name.h"
#include "fs/copy.h"
#include "fs/stop.h"
#include "show/render_review.h"

namespace foldersync {
namespace {

constexpr std::string_view kQuestion = "Apply this plan? y, n or view: ";
constexpr std::size_t kLongestAnswer = 1000;
// What a shell ends with where there is no such program, or it can't be started.
constexpr int kNotFound = 127;
constexpr int kNotStarted = 126;

// Whether the text was shown by the pager.
bool page(Starter& starter, const char* command, int terminal,
          const std::function<Status(const ByteSink&)>& write) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return false;
  Fd input(ends[0]);
  Fd output(ends[1]);
  const bool is_started = starter.start(command, input.get(), terminal).ok();
  input.reset();
  if (!is_started) return false;
  // A pager that is left early closes the pipe, and that is no error.
  (void)write([&](std::string_view text) { return write_all(output.get(), text); });
  output.reset();
  const auto status = starter.wait();
  if (!status) return false;
  const int code = WIFEXITED(*status) ? WEXITSTATUS(*status) : 0;
  return code != kNotFound && code != kNotStarted;
}

}  // namespace

Result<Person> Person::at_terminal(Colour colour, const Signals& signals) {
  Fd terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (terminal.is_open()) {
    auto starter = TRY(Starter::begin());
    return Person(std::move(terminal), std::move(starter), colour, signals);
  }
  return refused_error("ask",
                       "--confirm asks a person, and there is no terminal here; " +
                           our_command("plan -o FILE") + " and " + our_command("apply FILE") +
                           " do the same in two steps",
                       errno)
      .at("/dev/tty");
}

Status Person::put(std::string_view text) {
  Status written = write_all(terminal_.get(), text);
  return written ? success() : std::move(written).error().at("the terminal");
}

Status Person::view(const StoredPlan& plan) {
  const auto write = [&](const ByteSink& sink) {
    return render(plan, heeding(stream_of(plan.actions), signals_->stop()), colour_, sink);
  };
  const char* const wanted = std::getenv("PAGER");
  const char* const pager = wanted == nullptr ? "less -R" : wanted;
  const bool is_paged = *pager != '\0' && page(starter_, pager, terminal_.get(), write);
  TRY(heed(&signals_->stop(), "ask"));
  if (is_paged) return success();
  return write([this](std::string_view text) { return put(text); });
}

Result<std::optional<std::string>> Person::read_line() {
  std::string line;
  while (signals_->wait_for_input(terminal_.get())) {
    std::array<char, 256> buffer{};
    const ssize_t count = ::read(terminal_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    // A terminal that is gone has no more to say either.
    if (count < 0 && errno != EIO) return system_error("read", errno).at("the terminal");
    if (count <= 0) break;
    line.append(buffer.data(), static_cast<std::size_t>(count));
    if (line.back() == '\n') return std::optional(line.substr(0, line.size() - 1));
    line.resize(std::min(line.size(), kLongestAnswer));
  }
  return std::optional<std::string>();
}

Result<bool> Person::agrees_to(const StoredPlan& plan) {
  const Screen screen = screen_of(terminal_.get()).value_or(Screen{});
  const auto text = TRY(render_review(plan, heeding(source_of(plan.actions), signals_->stop()),
                                      screen, colour_, "view shows all"));
  TRY(put(text));
  for (;;) {
    // Keys that were pressed before the question was there did not answer it.
    if (::tcflush(terminal_.get(), TCIFLUSH) < 0)
      return system_error("ask", errno).at("the terminal");
    TRY(put(kQuestion));
    const auto line = TRY(read_line());
    TRY(heed(&signals_->stop(), "ask"));
    if (!line) {
      (void)put("\n");
      return false;
    }
    const std::string& answer = *line;
    if (answer == "y" || answer == "yes") return true;
    if (answer == "n" || answer == "no") return false;
    if (answer != "v" && answer != "view") continue;
    TRY(view(plan));
  }
}

}  // namespace foldersync
