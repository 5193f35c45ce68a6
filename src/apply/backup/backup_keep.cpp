#include "apply/backup/backup_keep.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include "apply/backup/backup_name.h"
#include "core/parts.h"

namespace foldersync {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;

std::int64_t quotient(std::int64_t seconds, std::int64_t length) {
  return seconds / length - (seconds % length < 0 ? 1 : 0);
}

std::int64_t month_of(std::int64_t seconds) {
  const std::chrono::sys_days day{std::chrono::days(quotient(seconds, kDay))};
  const std::chrono::year_month_day date(day);
  return int{date.year()} * 12 + static_cast<int>(unsigned{date.month()});
}

// The first of January 1970 was a Thursday.
std::int64_t week_of(std::int64_t seconds) { return quotient(quotient(seconds, kDay) + 3, 7); }

struct Dated {
  FileTime time;
  std::string name;
  bool is_kept = false;
};

// `all`: the newest first.
void keep_one_of_each(std::vector<Dated>& all, std::uint64_t most,
                      const std::function<std::int64_t(std::int64_t)>& span_of) {
  std::set<std::int64_t> spans;
  for (Dated& one : all) {
    const std::int64_t span = span_of(one.time.seconds);
    if (spans.size() >= most && !spans.contains(span)) return;
    if (spans.insert(span).second) one.is_kept = true;
  }
}

std::vector<Dated> newest_first(const std::vector<std::string>& names, const std::string& spared) {
  std::vector<Dated> all;
  for (const std::string& name : names) {
    if (name == spared) continue;
    if (const auto time = time_of_backup(name)) all.push_back({*time, name});
  }
  std::sort(all.begin(), all.end(), [](const Dated& a, const Dated& b) {
    return std::tie(a.time, a.name) > std::tie(b.time, b.name);
  });
  if (const auto time = time_of_backup(spared)) all.insert(all.begin(), Dated{*time, spared, true});
  return all;
}

}  // namespace

std::optional<BackupKeep> parse_backup_keep(std::string_view text) {
  constexpr std::uint64_t kMost = 1'000'000;
  BackupKeep keep;
  const bool is_rotation = text.find(',') != std::string_view::npos;
  if (text.empty() || text.ends_with(',')) return std::nullopt;
  while (!text.empty()) {
    std::string_view part = take_until(text, ',');
    std::uint64_t* target = &keep.newest;
    if (!part.empty()) {
      switch (part.back()) {
        case 'h':
          target = &keep.hours;
          break;
        case 'd':
          target = is_rotation ? &keep.days : &keep.all_of_days;
          break;
        case 'w':
          target = &keep.weeks;
          break;
        case 'm':
          target = &keep.months;
          break;
        default:
          break;
      }
    }
    if (target != &keep.newest) part.remove_suffix(1);
    const auto amount = number_in<std::uint64_t>(part).value_or(0);
    if (amount < 1 || amount > kMost || *target != 0) return std::nullopt;
    *target = amount;
  }
  return keep;
}

std::vector<std::string> outdated_backups(const std::vector<std::string>& names,
                                          const BackupKeep& keep, FileTime now,
                                          const std::string& spared) {
  std::vector<Dated> all = newest_first(names, spared);
  const auto days = static_cast<std::int64_t>(keep.all_of_days);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_young =
        days > 0 && later_by(all[i].time, static_cast<double>(days * kDay)) >= now;
    all[i].is_kept = all[i].is_kept || i < keep.newest || is_young;
  }
  keep_one_of_each(all, keep.hours, [](std::int64_t time) { return quotient(time, kHour); });
  keep_one_of_each(all, keep.days, [](std::int64_t time) { return quotient(time, kDay); });
  keep_one_of_each(all, keep.weeks, week_of);
  keep_one_of_each(all, keep.months, month_of);
  std::vector<std::string> gone;
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    if (!one->is_kept) gone.push_back(std::move(one->name));
  }
  return gone;
}

std::vector<std::string> behind_a_gap(const std::vector<std::string>& names,
                                      const std::vector<std::string>& gone,
                                      const std::string& spared) {
  const std::set<std::string> all_gone(gone.begin(), gone.end());
  std::vector<Dated> all = newest_first(names, spared);
  std::vector<std::string> behind;
  bool has_older = false;
  bool is_gap = false;
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    if (all_gone.contains(one->name)) {
      is_gap = has_older;
      continue;
    }
    if (is_gap) behind.push_back(one->name);
    has_older = true;
    is_gap = false;
  }
  return behind;
}

}  // namespace foldersync
