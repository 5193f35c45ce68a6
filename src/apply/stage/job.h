// What is there for all windows of a plan that is applied.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "apply/look/look.h"
#include "apply/stage/barrier.h"
#include "apply/stage/limit_book.h"
#include "apply/stage/partial_copies.h"
#include "apply/stage/request.h"
#include "apply/stage/staging_area.h"
#include "fs/wind_up.h"

namespace foldersync {

struct Job {
  const ApplyRequest& request;
  ApplyObserver& observer;  // holds reports until it is certain that they are true
  Policy& policy;           // with the limits that are known by now
  const LookContext& looks;
  LimitBook& book;
  SyncContext& syncing;
  StagingArea& area;
  std::vector<Looker>& lookers;    // one a thread
  const std::vector<Fd>& folders;  // in which things are staged: one a thread, and the committer's
  const std::vector<std::string>& folder_names;  // of the threads' folders
  std::size_t max_open;   // descriptors for each thread's way into what is staged
  const WindUp& wind_up;  // when it is over, what is visible in part waits for the next run
  std::function<bool()> winds_up = {};  // no new work is to start; any thread
  std::string backup = {};              // as in WindowRecord
  PartialCopies* partials = nullptr;    // where large files are copied
  bool sync_each = false;               // files are made durable one by one as they are staged
};

}  // namespace foldersync
