#include "cli/values/timetable.h"

#include <algorithm>

#include "cli/values/option_values.h"
#include "cli/values/time_window.h"
#include "core/parts.h"

namespace foldersync {
namespace {

std::optional<std::uint64_t> rate_in(std::string_view text) {
  return text == "off" ? std::optional(std::uint64_t{0}) : parse_rate(text);
}

}  // namespace

std::optional<Timetable> Timetable::parse(const std::string& text) {
  Timetable table;
  if (text.find(':') == std::string::npos) {
    const auto rate = rate_in(text);
    if (!rate) return std::nullopt;
    table.entries_ = {{0, *rate}};
    return table;
  }
  table.entries_.clear();
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view entry = take_until(rest, ' ');
    if (entry.empty()) continue;
    const auto from = parse_time_of_day(take_until(entry, ','));
    const auto rate = rate_in(entry);
    if (!from || *from == 24 * 60 || !rate) return std::nullopt;
    table.entries_.push_back({*from, *rate});
  }
  const auto earlier = [](const Entry& one, const Entry& other) { return one.from < other.from; };
  const auto alike = [](const Entry& one, const Entry& other) { return one.from == other.from; };
  std::sort(table.entries_.begin(), table.entries_.end(), earlier);
  const auto twice = std::adjacent_find(table.entries_.begin(), table.entries_.end(), alike);
  return twice == table.entries_.end() ? std::optional(table) : std::nullopt;
}

std::uint64_t Timetable::at(int minute) const {
  const auto after = std::find_if(entries_.begin(), entries_.end(),
                                  [minute](const Entry& entry) { return entry.from > minute; });
  // Before the first of a day that of the day before counts.
  return after == entries_.begin() ? entries_.back().rate : std::prev(after)->rate;
}

bool Timetable::is_bound() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.rate > 0; });
}

}  // namespace foldersync
