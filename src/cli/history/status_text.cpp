#include "cli/history/status_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "core/columns.h"
#include "core/text.h"
#include "show/render.h"

namespace foldersync {
namespace {

constexpr std::size_t kIndent = 9;

std::string moment_and_age(FileTime time, FileTime now) {
  const double ago = seconds_between(time, now);
  const std::string age = human_duration(std::abs(ago));
  return moment(time) + (ago >= 0 ? " (" + age + " ago)" : " (in " + age + ")");
}

// "label    text", in lines where it is long.
std::string row(const std::string& label, const std::string& text, std::size_t columns) {
  return label + wrapped(text, label.size(), kIndent, columns);
}

std::string end_text(const Attempt& attempt) {
  if (!attempt.end) return attempt.is_held ? "is running" : "was killed, or the machine went down";
  const ExitCode code = attempt.end->outcome.exit_code;
  return "took " + human_duration(attempt.end->seconds) + ": " + meaning_of(code) + " (exit " +
         std::to_string(static_cast<int>(code)) + ")";
}

// What is not known from the exit code.
std::vector<std::string> details(const Attempt& attempt) {
  std::vector<std::string> lines;
  if (!attempt.end) return lines;
  const RunOutcome& outcome = attempt.end->outcome;
  if (!outcome.summary.empty()) lines.push_back(outcome.summary);
  if (!outcome.error.empty()) lines.push_back(outcome.error);
  return lines;
}

std::string health_text(const PairStatus& status, FileTime now) {
  if (status.has_failed) {
    const Standing& standing = status.standing;
    std::string text = "FAILED";
    if (standing.failures > 1) text += ", " + human_count(standing.failures) + " times in a row";
    if (standing.failing_since) text += ", since " + moment_and_age(*standing.failing_since, now);
    return text;
  }
  if (status.is_overdue) return "OVERDUE";
  if (status.is_too_old) return "TOO OLD: the last success is longer ago than it may be";
  return status.last == nullptr ? "the first one is running" : "well";
}

std::string next_text(const PairStatus& status, FileTime now) {
  const std::string every = "every " + human_duration(*status.interval);
  if (status.running != nullptr) return "after the one that is running; " + every;
  std::string text = moment_and_age(*status.next, now) + ", " + every;
  if (status.is_overdue && status.pair->has_loop) {
    return text + ": OVERDUE, though the loop is running (was this machine asleep?)";
  }
  if (!status.pair->has_loop) {
    text += status.is_overdue ? ": OVERDUE, and" : ", but";
    return text + " no loop is running: it was killed, or the machine was started anew";
  }
  return text + ", by the loop that is running";
}

std::string listed(const Attempt& attempt, std::size_t columns) {
  std::string text = row(
      "  -", moment(attempt.started) + ", " + attempt.command + ", " + end_text(attempt), columns);
  for (const std::string& line : details(attempt)) text += row("", line, columns);
  return text;
}

}  // namespace

std::string human_duration(double seconds) {
  constexpr double kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  const auto two = [&](double unit, const char* large, double part, const char* small) {
    const double whole = std::floor(seconds / unit);
    const double rest = std::floor((seconds - whole * unit) / part);
    std::string text = std::to_string(static_cast<std::uint64_t>(whole)) + large;
    if (rest > 0) text += " " + std::to_string(static_cast<std::uint64_t>(rest)) + small;
    return text;
  };
  if (seconds >= 2 * kDay) return two(kDay, " days", kHour, " h");
  if (seconds >= kHour) return two(kHour, " h", kMinute, " min");
  if (seconds >= kMinute) return two(kMinute, " min", 1, " s");
  std::array<char, 32> text{};
  const bool is_whole = seconds == std::floor(seconds);
  std::snprintf(text.data(), text.size(), is_whole ? "%.0f s" : "%.1f s", seconds);
  return text.data();
}

std::string status_text(const PairStatus& status, FileTime now, std::size_t attempts,
                        std::size_t columns) {
  const KnownPair& pair = *status.pair;
  std::string text =
      row("source", escaped(pair.source), columns) + row("replica", escaped(pair.replica), columns);
  if (!pair.last().job.empty()) text += row("job", escaped(pair.last().job), columns);
  text += row("now", health_text(status, now), columns);
  if (status.running != nullptr) {
    text += row("running", "since " + moment_and_age(status.running->started, now), columns);
  }
  if (status.last != nullptr) {
    const Attempt& last = *status.last;
    text +=
        row("last", moment_and_age(last.started, now) + ", " + last.command + ", " + end_text(last),
            columns);
    for (const std::string& line : details(last)) text += row("", line, columns);
  }
  const auto& success = status.standing.last_success;
  text += row("success", success ? moment_and_age(*success, now) : "none is known", columns);
  if (status.next) text += row("next", next_text(status, now), columns);
  if (pair.loop_ended) {
    text += row("next", "the loop was told to stop at " + moment_and_age(*pair.loop_ended, now),
                columns);
  }
  for (std::size_t at = 0; at < std::min(attempts, pair.attempts.size()); ++at) {
    text += listed(pair.attempts[pair.attempts.size() - 1 - at], columns);
  }
  return text;
}

}  // namespace foldersync
