#include "cli/history/attempt_record.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace foldersync {
namespace {

constexpr const char* kLoopEnd = "loop_end";

void set_time(Fields& fields, const char* name, const std::optional<FileTime>& time) {
  if (time) fields[name] = to_string(*time);
}

std::optional<FileTime> time_at(const Fields& fields, const char* name) {
  return parse_file_time(text_at(fields, name));
}

std::optional<AttemptEnd> end_in(const Fields& fields) {
  const auto at = time_at(fields, "ended");
  if (!at || text_at(fields, "exit").empty()) return std::nullopt;
  AttemptEnd end{*at, seconds_at(fields, "duration").value_or(0), outcome_in(fields)};
  if (const auto next = time_at(fields, "next")) {
    end.next = NextStart{*next, seconds_at(fields, "slack").value_or(0)};
  }
  return end;
}

// The attempts of each pair, by the place of their last line: one that others overtook comes after
// them.
class Reading {
 public:
  void take(const HistoryLine& line, const HistoryOfPair& from) {
    const auto fields = fields_in(line.text);
    if (!fields) return;
    KnownPair& pair = pair_of(text_at(*fields, "source"), text_at(*fields, "replica"));
    pair.name = from.name;
    pair.has_loop = from.has_loop;
    if (const auto ended = time_at(*fields, kLoopEnd)) {
      pair.loop_ended = ended;
      return;
    }
    auto attempt = attempt_in(line.text);
    if (!attempt) return;
    attempt->is_held = line.is_held;
    pair.loop_ended.reset();
    const auto known = std::find_if(pair.attempts.rbegin(), pair.attempts.rend(),
                                    [&](const Attempt& one) { return one.id == attempt->id; });
    if (known != pair.attempts.rend()) pair.attempts.erase(std::next(known).base());
    pair.attempts.push_back(std::move(*attempt));
  }

  std::vector<KnownPair> all() {
    std::vector<KnownPair> pairs;
    for (auto& [key, pair] : pairs_) {
      if (!pair.attempts.empty()) pairs.push_back(std::move(pair));
    }
    return pairs;
  }

 private:
  KnownPair& pair_of(const std::string& source, const std::string& replica) {
    KnownPair& pair = pairs_[{source, replica}];
    pair.source = source;
    pair.replica = replica;
    return pair;
  }

  std::map<std::pair<std::string, std::string>, KnownPair> pairs_;
};

}  // namespace

Standing after(const Standing& before, const Attempt& attempt) {
  if (attempt.has_succeeded()) return {0, std::nullopt, attempt.end->at};
  Standing now = before;
  if (now.failures++ == 0) now.failing_since = attempt.started;
  return now;
}

std::string line_of(const Attempt& attempt) {
  Fields fields{{"id", attempt.id},           {"command", attempt.command},
                {"job", attempt.job},         {"source", attempt.source},
                {"replica", attempt.replica}, {"started", to_string(attempt.started)}};
  if (attempt.interval) fields["interval"] = seconds_text(*attempt.interval);
  fields["failures"] = std::to_string(attempt.standing.failures);
  set_time(fields, "failing_since", attempt.standing.failing_since);
  set_time(fields, "last_success", attempt.standing.last_success);
  if (!attempt.end) return line_of(fields);
  set_time(fields, "ended", attempt.end->at);
  fields["duration"] = seconds_text(attempt.end->seconds);
  add_to(fields, attempt.end->outcome);
  if (attempt.end->next) {
    set_time(fields, "next", attempt.end->next->at);
    fields["slack"] = seconds_text(attempt.end->next->slack_seconds);
  }
  return line_of(fields);
}

std::optional<Attempt> attempt_in(std::string_view line) {
  const auto fields = fields_in(line);
  const auto started = fields ? time_at(*fields, "started") : std::nullopt;
  if (!started || text_at(*fields, "id").empty()) return std::nullopt;
  Attempt attempt{text_at(*fields, "id"),         text_at(*fields, "command"),
                  text_at(*fields, "job"),        text_at(*fields, "source"),
                  text_at(*fields, "replica"),    *started,
                  seconds_at(*fields, "interval")};
  attempt.end = end_in(*fields);
  attempt.standing = {count_at(*fields, "failures"), time_at(*fields, "failing_since"),
                      time_at(*fields, "last_success")};
  return attempt;
}

std::string loop_end_line(const std::string& source, const std::string& replica, FileTime at) {
  return line_of(Fields{{"source", source}, {"replica", replica}, {kLoopEnd, to_string(at)}});
}

Standing KnownPair::standing() const {
  const Attempt& newest = last();
  return newest.was_killed() ? after(newest.standing, newest) : newest.standing;
}

std::vector<KnownPair> pairs_in(const std::vector<HistoryOfPair>& history) {
  Reading reading;
  for (const HistoryOfPair& pair : history) {
    for (const HistoryLine& line : pair.lines) reading.take(line, pair);
  }
  return reading.all();
}

// An attempt that has no end was killed, or runs still: then its own end will say more.
Standing standing_before(const Attempt& attempt, const std::vector<std::string>& lines) {
  std::optional<Attempt> last;
  for (const std::string& line : lines) {
    auto earlier = attempt_in(line);
    const bool is_of_pair =
        earlier && earlier->source == attempt.source && earlier->replica == attempt.replica;
    if (is_of_pair && earlier->id == attempt.id) return earlier->standing;
    if (is_of_pair) last = std::move(earlier);
  }
  if (!last) return {};
  return last->end ? last->standing : after(last->standing, *last);
}

}  // namespace foldersync
