// The staging area of a run: how it is come by.
#pragma once

#include <cstddef>

#include "apply/stage/request.h"
#include "apply/stage/staging_area.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "fs/replica_access.h"
#include "scan/roots.h"

namespace foldersync {

// Goes on with that of an earlier run, or makes one.
struct AreaRequest {
  FileSystem& fs;
  const Root& replica;
  StagingKeys& keys;
  bool as_root;
  bool durable;
};
Result<StagingArea> find_or_make_area(const AreaRequest& request);

// Goes on with that of an earlier run, or makes one, where needed in a read-only root of the
// caller's own, which is opened up for its owner and listed in `opened_up` then. `max_open`:
// descriptors for the way into the replica. Error kRefused: the replica can't be written.
Result<StagingArea> open_staging_area(const ApplyRequest& request, std::size_t max_open,
                                      AllOpenedUp& opened_up);

// The windows in which the plan fits, or its own where the space is not to be checked; copies that
// a killed run left go where there are none. Error kRefused: it doesn't fit all the same.
Result<WindowLimits> make_room(const ApplyRequest& request);

}  // namespace foldersync
