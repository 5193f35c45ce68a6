// The part of a replay that moves nothing: metadata that a window sets in place, or has set.
#pragma once

#include <cstdint>
#include <vector>

#include "apply/limit_book.h"
#include "apply/record.h"
#include "apply/replica_access.h"
#include "apply/report.h"
#include "plan/facts.h"
#include "scan/roots.h"

namespace foldersync {

struct ReplayContext {
  FileSystem& fs;
  const Root& replica;
  const Policy& policy;
  ApplyObserver& observer;
  LimitBook& book;
};

// What came of a replay.
struct ReplayResult {
  std::vector<Error> errors;    // one for each action that could not be replayed
  std::uint64_t overtaken = 0;  // actions that others have made impossible: left as they are
  bool conflicts = false;       // what others wrote was put aside
};

// Every step looks first whether the entry is still the one that the record means.
class MetadataReplay {
 public:
  MetadataReplay(const ReplayContext& context, const WindowRecord& record, ReplicaAccess& access,
                 ReplayResult& result)
      : context_(context), fs_(context.fs), record_(record), access_(access), result_(result) {}

  // What the window gives to entries that stay, then to directories. Not the root.
  void forward();
  // The root's: it comes when the staging folder is gone.
  void finish_root();
  // What entries had before that were changed in place, or that a rename needed to be writable.
  void backward();

 private:
  Status give(const Action& action, const ActionRecord& record);
  Status give_back(const RelPath& path, const ActionRecord& record);
  Result<Fd> open(const RelPath& path);
  void close_loosened();
  void tell(const RelPath& path, Status done);

  const ReplayContext& context_;
  FileSystem& fs_;
  const WindowRecord& record_;
  ReplicaAccess& access_;
  ReplayResult& result_;
};

}  // namespace foldersync
