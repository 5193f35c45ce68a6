// Bytes a second by the time of day. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace foldersync {

class Timetable {
 public:
  struct Entry {
    int from = 0;  // minutes since midnight, until the next entry, of the next day perhaps
    std::uint64_t rate = 0;  // 0: no bound
    bool operator==(const Entry&) const = default;
  };

  // Without bound.
  Timetable() = default;
  // A rate or "off", or what counts from when on: "08:00,512K 19:00,off". Nothing where it is
  // none, or has two of one time.
  static std::optional<Timetable> parse(const std::string& text);

  // In the order of their times; one at 0 where it always counts.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] std::uint64_t at(int minute) const;
  // Whether there is ever a bound.
  [[nodiscard]] bool is_bound() const;
  // Whether it goes by the time of day.
  [[nodiscard]] bool changes() const { return entries_.size() > 1; }

 private:
  std::vector<Entry> entries_{{}};  // at least one
};

}  // namespace foldersync
