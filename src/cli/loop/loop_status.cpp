#include "cli/loop/loop_status.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "fs/clock.h"

namespace foldersync {
namespace {

// How often a line for people is made anew, at most.
constexpr double kLookSeconds = 1;
// What a clock of a process that sleeps may seem to have gone on.
constexpr double kLeastWorkSeconds = 1e-6;
// After so long a cycle that does nothing is told, where the manager has no patience of its own.
constexpr double kLongIdleSeconds = 60;

}  // namespace

void EndedCycles::add(const RunOutcome& outcome, FileTime when) {
  if (outcome.exit_code == ExitCode::kDone) {
    failed_ = 0;
  } else if (failed_++ == 0) {
    since_ = when;
  }
  how_ = sentence_of(outcome);
}

std::string EndedCycles::text() const {
  if (failed_ == 0) return how_;
  const std::string which = failed_ == 1
                                ? "the last cycle failed at "
                                : std::to_string(failed_) + " cycles in a row failed since ";
  return which + clock_text(since_) + (failed_ == 1 ? ": " : ", the last: ") + how_;
}

bool Movement::has_moved(double used, double now) {
  if (used < used_ + kLeastWorkSeconds) return false;
  used_ = used;
  moved_ = now;
  return true;
}

std::string clock_text(FileTime time) {
  std::string text = to_string(time);
  const std::size_t point = text.find('.');
  if (point != std::string::npos) text.resize(point);
  return text + "Z";
}

std::string work_text(const Progressed& now, const Estimate& estimate) {
  const std::string line = progress_text(now, estimate);
  if (now.total_actions == 0) return line;
  return "applying, " + std::to_string(percent_of(now)) + " %: " + line;
}

void LoopStatus::cycle_begins() {
  estimate_ = {};
  next_.reset();
  movement_ = Movement(monotonic_seconds());
  moved_at_ = wall_clock_now();
  service_.alive();
  (void)cycle_goes_on(0);
}

std::optional<double> LoopStatus::cycle_goes_on(double used) {
  if (!service_.listens()) return std::nullopt;
  const double now = monotonic_seconds();
  if (movement_.has_moved(used, now)) {
    moved_at_ = wall_clock_now();
    service_.alive();
  }
  const Progressed progressed = counts_.now();
  estimate_.see(point_of(progressed, now));
  std::string line = work_text(progressed, estimate_);
  if (movement_.idle(now) > longest_idle()) {
    line = "waiting for the system since " + clock_text(moved_at_) + ": " + line;
  }
  if (ended_.failed() > 0) line += "; " + ended_.text();
  if (!has_stopped_) service_.status(line);
  return pulse();
}

void LoopStatus::cycle_ended(const RunOutcome& outcome) {
  ended_.add(outcome, wall_clock_now());
  service_.alive();
}

std::optional<double> LoopStatus::waits(double left) {
  if (!service_.listens()) return std::nullopt;
  service_.alive();
  const FileTime next = later_by(wall_clock_now(), left);
  // Rounding makes no other time of it.
  if (!next_ || std::abs(next.seconds - next_->seconds) > 1) next_ = next;
  const std::string ended = ended_.text();
  service_.status(
      (ended.empty() ? "the first cycle begins at " : ended + "; the next cycle begins at ") +
      clock_text(*next_));
  return service_.patience() ? pulse() : std::nullopt;
}

void LoopStatus::stops() {
  if (std::exchange(has_stopped_, true)) return;
  service_.stopping();
  service_.status("stopping");
}

// Half of the patience would do, were there no other delays.
std::optional<double> LoopStatus::pulse() const {
  return std::min(kLookSeconds, service_.patience().value_or(kLookSeconds) / 4);
}

double LoopStatus::longest_idle() const {
  return std::min(kLongIdleSeconds, service_.patience().value_or(kLongIdleSeconds) / 2);
}

}  // namespace foldersync
