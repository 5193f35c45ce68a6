// Bringing a replica to rest whose run was killed.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "apply/look/report.h"
#include "apply/stage/staging_key.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "plan/facts.h"
#include "scan/roots.h"

namespace foldersync {

enum class Recovery : std::uint8_t {
  kFinish,    // what was begun is finished; taking back that was begun, too
  kRollBack,  // what was begun is taken back
};

struct RecoverRequest {
  FileSystem& fs;
  const Root& replica;  // the caller holds its lock
  const Policy& policy;
  ApplyObserver& observer;  // is told what a person should know
  StagingKeys& keys;
  Recovery wanted = Recovery::kFinish;
  bool drop_conflicts = false;  // remove what earlier runs kept of others' work
  // A run comes now: it goes on with partial copies, and leaves a staging folder that can't be
  // looked at where it is, for good.
  bool run_follows = false;
  // Set by others: error kStopped, and whoever comes next goes on. Null: nobody tells.
  const std::atomic<bool>* stop = nullptr;
};

struct Recovered {
  enum class What : std::uint8_t {
    kNothing,     // there was nothing to do, or only partial copies to be kept
    kCleared,     // a run was killed before it changed anything, or when all was done
    kFinished,    // the window that was under way is finished
    kRolledBack,  // the window that was under way is taken back
  };
  What what = What::kNothing;
  std::uint64_t overtaken = 0;     // actions that others made impossible meanwhile
  std::uint64_t failed = 0;        // actions that could not be finished or taken back
  std::uint64_t lacking = 0;       // actions whose metadata could not all be set
  bool conflicts = false;          // what others wrote is kept in `conflict` in the staging folder
  std::string folder = {};         // its name, where that is so
  std::vector<Error> unread = {};  // staging folders that can't be looked at: left as they are
};

// Works from what a killed run wrote down and from what the disk shows, and may be killed itself at
// any moment. Only what was made with one of the keys is touched. The staging folder is gone
// afterwards, but for what others wrote. An error: it is still as it was, or nearer to the end, and
// may be tried again. An apply that was to be all or nothing is brought to an end completely, or
// the error says why not.
Result<Recovered> recover(const RecoverRequest& request);

// The folders of the backups that killed runs were making (see Backup::path()): recover() goes on
// with them. Changes nothing; what can't be read is left out, and when told to stop, all may be.
std::vector<std::string> unfinished_backups(const Root& replica, StagingKeys& keys,
                                            const std::atomic<bool>* stop);

}  // namespace foldersync
