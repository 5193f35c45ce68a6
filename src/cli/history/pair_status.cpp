#include "cli/history/pair_status.h"

namespace foldersync {
namespace {

// A machine that is busy, or has just woken, begins a little later.
constexpr double kGraceSeconds = 60;

const Attempt* newest(const KnownPair& pair, bool is_running) {
  for (auto one = pair.attempts.rbegin(); one != pair.attempts.rend(); ++one) {
    const bool runs = !one->end && one->is_held;
    if (runs == is_running) return &*one;
  }
  return nullptr;
}

NextStart next_start(const Attempt& attempt) {
  if (attempt.end && attempt.end->next) return *attempt.end->next;
  return {later_by(attempt.started, *attempt.interval)};
}

void judge_loop(PairStatus& status, FileTime now) {
  const Attempt& newest = status.pair->last();
  if (!newest.interval || status.pair->loop_ended) return;
  status.interval = newest.interval;
  const NextStart next = next_start(newest);
  status.next = next.at;
  status.is_overdue = status.running == nullptr &&
                      seconds_between(next.at, now) > next.slack_seconds + kGraceSeconds;
}

}  // namespace

PairStatus status_of(const KnownPair& pair, FileTime now, std::optional<double> max_age) {
  PairStatus status{.pair = &pair, .last = newest(pair, false), .running = newest(pair, true)};
  status.standing = pair.standing();
  status.has_failed = status.last != nullptr && !status.last->has_succeeded();
  judge_loop(status, now);
  const auto& success = status.standing.last_success;
  status.is_too_old = max_age && (!success || seconds_between(*success, now) > *max_age);
  return status;
}

}  // namespace foldersync
