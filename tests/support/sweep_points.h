// Which points of a run a sweep tries.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace foldersync {

// Whether SYNC_TEST_SWEEP=all asks for every point of every column.
inline bool tries_every_point() {
  const char* const sweep = std::getenv("SYNC_TEST_SWEEP");
  return sweep != nullptr && std::string_view(sweep) == "all";
}

// The numbers from 1 to `count` that the column `column` of `columns` tries, ascending: all of them
// where that is asked for, otherwise its share, so that the columns together try each point once.
inline std::vector<std::uint64_t> share_of_points(std::uint64_t count, std::uint64_t column,
                                                  std::uint64_t columns) {
  std::vector<std::uint64_t> points;
  const std::uint64_t step = tries_every_point() ? 1 : columns;
  for (std::uint64_t point = step == 1 ? 1 : column % columns + 1; point <= count; point += step) {
    points.push_back(point);
  }
  return points;
}

// At most `enough` of the numbers from 1 to `count`, spread evenly; all where that is asked for.
inline std::vector<std::uint64_t> spread_points(std::uint64_t count, std::uint64_t enough) {
  const std::uint64_t step = (count + enough - 1) / enough;
  return share_of_points(count, step / 2, step == 0 ? 1 : step);
}

}  // namespace foldersync
