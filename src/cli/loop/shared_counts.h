// How far a cycle is, for the loop that it is a process of.
#pragma once

#include "cli/console/terminal.h"

namespace foldersync {

// Counts in memory that this process shares with those it forks.
class SharedCounts {
 public:
  SharedCounts();
  ~SharedCounts();
  SharedCounts(const SharedCounts&) = delete;
  SharedCounts& operator=(const SharedCounts&) = delete;

  [[nodiscard]] ProgressCounts& counts() const { return *counts_; }

 private:
  void* page_;
  ProgressCounts own_;  // where the system gives no such memory: nobody else sees it
  ProgressCounts* counts_ = &own_;
};

}  // namespace foldersync
