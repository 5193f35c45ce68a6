// One window from staged to done: its record, its markers, its barriers. Forward, or back again.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "apply/stage/barrier.h"
#include "apply/stage/job.h"
#include "apply/stage/record.h"
#include "apply/stage/slot.h"

namespace foldersync {

// The name of the committer's staging subfolder; those of the threads are numbers. It must differ
// from the markers' names where case does not count.
inline constexpr const char* kCommitFolder = "moved";

class Transaction {
 public:
  // Requires: the window's slots outlive this.
  Transaction(const Job& job, Barrier& barrier, std::vector<Slot>& slots)
      : job_(job), barrier_(barrier), fs_(job.request.fs), slots_(slots) {}

  // Before staging: holds as much room as the record will need, where the disk is nearly full.
  void reserve();

  // Records what is about to happen and makes it durable, with all that is staged. From here on the
  // window may change what others see. Where that fails, what was staged is thrown away, and its
  // slots have the error; the answer is an error where nothing of the window may be done. Error
  // kStopped, of an atomic apply: told to stop before that.
  Status begin();

  // Whether begin() has written something down: where the disk is full, only what is deleted may go
  // without.
  [[nodiscard]] bool has_record() const { return record_.has_value(); }
  // What begin() has written down. Requires: has_record().
  [[nodiscard]] const WindowRecord& record() const { return *record_; }

  // Removes what was staged and gives its slots the error.
  void discard_staged(const Error& why);

  // Everything is done and durable: the old may go.
  Status end();

  // Takes back what was done. An error, kStopped among them: not everything could be; whoever
  // recovers goes on.
  Status roll_back();
  // Whether what others wrote meanwhile was put aside by roll_back().
  [[nodiscard]] bool has_conflicts() const { return conflicts_; }

  // Removes the record, when what was displaced is gone. Requires: end() or roll_back() is done.
  Status forget();

 private:
  using Made = std::map<RelPath, FileStatus>;  // what links of the window may be names of

  Status write_down();
  [[nodiscard]] bool changes_anything() const;
  Status withdraw();
  [[nodiscard]] Result<std::vector<const Slot*>> in_order_of_the_plan() const;
  [[nodiscard]] Result<WindowRecord> record_of_window() const;
  [[nodiscard]] Status record_action(const Slot& slot, const Made& made,
                                     WindowRecord& record) const;
  [[nodiscard]] Status heed() const;
  Status mark(Marker marker, std::optional<Marker> from);

  const Job& job_;
  Barrier& barrier_;
  FileSystem& fs_;
  std::vector<Slot>& slots_;
  std::optional<WindowRecord> record_;  // nothing: the window does without one
  Marker final_ = Marker::kDone;        // the one that end() or roll_back() sets
  bool conflicts_ = false;
};

}  // namespace foldersync
