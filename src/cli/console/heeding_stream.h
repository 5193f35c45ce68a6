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

}  // namespace foldersync
