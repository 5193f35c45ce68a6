// The actions of a plan, as long as nobody tells to stop.
#pragma once

#include <atomic>
#include <utility>

#include "fs/stop.h"
#include "plan/action_stream.h"

namespace foldersync {

// Error kStopped once `stop` is set, which must outlive the stream.
inline ActionStream heeding(ActionStream actions, const std::atomic<bool>& stop) {
  return [actions = std::move(actions), &stop]() -> Result<const Action*> {
    TRY(heed(&stop, "read plan"));
    return actions();
  };
}

inline ActionSource heeding(ActionSource source, const std::atomic<bool>& stop) {
  return {source.size, [begin = std::move(source.reader), &stop]() -> ActionReader {
            return [read = begin(), &stop](std::uint64_t index) -> Result<const Action*> {
              TRY(heed(&stop, "read plan"));
              return read(index);
            };
          }};
}

}  // namespace foldersync
