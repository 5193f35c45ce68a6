// Sorting what others decide how much there is of.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/result.h"

namespace foldersync {

// As std::sort. `heed()` is asked now and then where there are many; its error ends the sorting,
// and the elements are of no use then.
template <class T, class Less, class Heed>
Status sort_heeding(std::vector<T>& all, Less less, const Heed& heed) {
  constexpr std::size_t kComparisons = 16'384;  // between two questions
  if (all.size() < kComparisons) {
    std::sort(all.begin(), all.end(), less);
    return success();
  }
  struct Told {};
  Status told = success();
  std::size_t count = 0;
  // Nothing else leads out of the middle of std::sort.
  try {
    std::sort(all.begin(), all.end(), [&](const T& a, const T& b) {
      if (++count % kComparisons == 0) {
        told = heed();
        if (!told) throw Told{};
      }
      return less(a, b);
    });
  } catch (const Told&) {
    return told;
  }
  return success();
}

}  // namespace foldersync
