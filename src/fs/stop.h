// Being told to stop: every loop over what others decide how much there is of asks now and then.
#pragma once

#include <atomic>

#include "core/result.h"

namespace foldersync {

// `stop` is set by others, and stays set; null: nobody tells.
inline bool is_told_to_stop(const std::atomic<bool>* stop) {
  return stop != nullptr && stop->load(std::memory_order_relaxed);
}

// Error kStopped where it is set.
inline Status heed(const std::atomic<bool>* stop, const char* doing) {
  if (!is_told_to_stop(stop)) return success();
  return stopped_error(doing, "told to stop");
}

}  // namespace foldersync
