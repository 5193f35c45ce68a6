// Giving an entry of the replica, with all that is in it, another name: one rename, and a look at
// what it moved. One thread.
#pragma once

#include "apply/publisher.h"
#include "apply/replica_access.h"
#include "core/file_status.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

class Mover {
 public:
  Mover(FileSystem& fs, ReplicaAccess& replica, Publisher& publisher)
      : fs_(fs), replica_(replica), publisher_(publisher) {}

  // Gives `expected`, which was seen at `from`, the name `to`, which must be free. kDone: it has
  // it. kForeign: `to` is taken, or something else was at `from`, and everything is where it was.
  // kStranded: something else was at `from`, and now has the name `to`.
  // A directory of the caller's own that can't be moved because it is read-only gets u+w.
  Result<Published> move(const RelPath& from, const RelPath& to, const FileStatus& expected);

 private:
  Result<bool> is_expected(const Place& place, const FileStatus& expected);

  FileSystem& fs_;
  ReplicaAccess& replica_;
  Publisher& publisher_;
};

}  // namespace foldersync
