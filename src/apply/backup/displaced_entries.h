// What a window has displaced, found again before it is removed.
#pragma once

#include <cstddef>
#include <optional>

#include "apply/stage/record.h"
#include "apply/stage/staging_area.h"
#include "core/result.h"
#include "fs/place.h"
#include "fs/replica_access.h"

namespace foldersync {

class DisplacedEntries {
 public:
  // `area` is the root's staging area; `replica` the way to staging areas below it.
  DisplacedEntries(FileSystem& fs, const WindowRecord& record, const StagingArea& area,
                   ReplicaAccess& replica)
      : fs_(fs), record_(record), area_(area), replica_(replica) {}

  struct Found {
    Place place;     // open until the next call
    FileStatus now;  // how it is there
  };
  // The old entry of the action at that place in the record, which had one; nothing: it was not
  // displaced. It lies in the root's staging area or, where renames from there don't reach, in one
  // beside it.
  Result<std::optional<Found>> find(std::size_t index);

 private:
  Result<std::optional<Found>> find_in(Fd folder, std::size_t index);

  FileSystem& fs_;
  const WindowRecord& record_;
  const StagingArea& area_;
  ReplicaAccess& replica_;
  Fd held_;
};

}  // namespace foldersync
