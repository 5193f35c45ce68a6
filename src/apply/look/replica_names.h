// Which names of a file the replica has: looked up, since a plan's word for it proves nothing.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "core/file_status.h"
#include "core/path.h"
#include "core/result.h"
#include "scan/roots.h"

namespace foldersync {

// Any thread.
class ReplicaNames {
 public:
  // `replica` is open for as long as this is used.
  ReplicaNames(const Root& replica, const std::atomic<bool>* stop)
      : replica_(replica), stop_(stop) {}

  // Of what has more than one name somewhere; what lies in staging folders counts, what could not
  // be seen does not. The first call walks through the whole replica, the others know.
  // Those of what has one name only are not kept: none.
  Result<std::vector<RelPath>> of(const FileStatus& status);
  // This run has given names since: the next call walks anew.
  void forget();

 private:
  Status find();

  const Root& replica_;
  const std::atomic<bool>* stop_;
  std::mutex mutex_;
  std::optional<std::map<ObjectId, std::vector<RelPath>>> found_;
};

}  // namespace foldersync
