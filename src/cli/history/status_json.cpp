#include <algorithm>
#include <cmath>
#include <cstdint>

#include "cli/history/status_text.h"
#include "format/json_text.h"

namespace foldersync {
namespace {

void append_time(std::string& out, const char* key, const std::optional<FileTime>& time) {
  time ? append_text(out, key, to_string(*time)) : append_null(out, key);
}

// Seconds as a decimal number.
void append_seconds(std::string& out, const char* key, double seconds) {
  append_key(out, key);
  out += seconds_text(seconds);
}

void append_outcome(std::string& out, const AttemptEnd& end) {
  append_seconds(out, "seconds", end.seconds);
  append_count(out, "exit_code", static_cast<std::uint64_t>(end.outcome.exit_code));
  append_key(out, "counts");
  out += '{';
  for_each_count(end.outcome,
                 [&](const char* name, std::uint64_t count) { append_count(out, name, count); });
  out += '}';
  if (!end.outcome.summary.empty()) append_text(out, "summary", end.outcome.summary);
  if (!end.outcome.error.empty()) append_text(out, "error", end.outcome.error);
}

std::string attempt_json(const Attempt& attempt) {
  std::string out = "{";
  append_text(out, "command", attempt.command);
  if (!attempt.job.empty()) append_bytes(out, "job", attempt.job);
  append_text(out, "started", to_string(attempt.started));
  append_time(out, "ended", attempt.end ? std::optional(attempt.end->at) : std::nullopt);
  append_text(out, "state", attempt.end ? "ended" : attempt.is_held ? "running" : "killed");
  if (attempt.end) append_outcome(out, *attempt.end);
  return out + "}";
}

void append_loop(std::string& out, const PairStatus& status) {
  append_key(out, "loop");
  if (!status.interval) {
    out += "null";
    return;
  }
  out += '{';
  append_switch(out, "running", status.pair->has_loop);
  append_seconds(out, "interval", *status.interval);
  append_time(out, "next", status.next);
  out += '}';
}

void append_attempt(std::string& out, const char* key, const Attempt* attempt) {
  if (attempt == nullptr) return append_null(out, key);
  append_key(out, key);
  out += attempt_json(*attempt);
}

std::string pair_json(const PairStatus& status, std::size_t attempts) {
  const KnownPair& pair = *status.pair;
  std::string out = "{";
  append_bytes(out, "source", pair.source);
  append_bytes(out, "replica", pair.replica);
  if (!pair.last().job.empty()) append_bytes(out, "job", pair.last().job);
  append_switch(out, "well", status.is_well());
  append_switch(out, "failed", status.has_failed);
  append_switch(out, "overdue", status.is_overdue);
  append_switch(out, "too_old", status.is_too_old);
  append_count(out, "failures", status.standing.failures);
  append_time(out, "failing_since", status.standing.failing_since);
  append_time(out, "last_success", status.standing.last_success);
  append_attempt(out, "last", status.last);
  append_attempt(out, "running", status.running);
  append_loop(out, status);
  append_time(out, "loop_stopped", pair.loop_ended);
  if (attempts == 0) return out + "}";
  append_key(out, "history");
  out += '[';
  for (std::size_t at = 0; at < std::min(attempts, pair.attempts.size()); ++at) {
    out += (at == 0 ? "\n" : ",\n") + attempt_json(pair.attempts[pair.attempts.size() - 1 - at]);
  }
  return out + "]}";
}

}  // namespace

std::string status_json(const std::vector<PairStatus>& all, FileTime now, std::size_t attempts) {
  std::string out = "{";
  append_text(out, "format", "sync.status");
  append_text(out, "format_version", "1.0");
  append_text(out, "now", to_string(now));
  append_switch(out, "well", std::all_of(all.begin(), all.end(), [](const PairStatus& one) {
                  return one.is_well();
                }));
  append_key(out, "pairs");
  out += '[';
  for (const PairStatus& one : all) {
    out += (&one == &all.front() ? "\n" : ",\n") + pair_json(one, attempts);
  }
  return out + "]}\n";
}

}  // namespace foldersync
