// A window from the moment its staging begins until it is done.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "apply/stage/barrier.h"
#include "apply/stage/job.h"
#include "apply/stage/window.h"
#include "apply/transaction.h"

namespace foldersync {

// One thread opens and works on it. Two may be open: one that is staged, while what an earlier one
// changed is made durable.
class OpenWindow {
 public:
  OpenWindow(Job& job, std::vector<Slot> slots);
  ~OpenWindow() { abandon(); }
  OpenWindow(const OpenWindow&) = delete;
  OpenWindow& operator=(const OpenWindow&) = delete;

  // Before anything is staged. Requires: no earlier window will stage or rename anything any more.
  Status begin();
  // Looks and stages on threads of its own, until stage() is called; false where there are none.
  bool stage_meanwhile();
  // Looks and stages; what is staged in time is the window from now on. Requires: begin() is done.
  void stage();
  // Whether every action may be done. Requires: stage() is done.
  [[nodiscard]] bool is_ready() const;
  // Removes what was staged, and what still is to be staged is not. Nothing of it is done.
  void throw_away();

  // What it does; more than that until stage() is done, where its time is up.
  std::vector<Slot>& slots() { return slots_; }
  Barrier& barrier() { return barrier_; }
  Transaction& transaction() { return transaction_; }

 private:
  void look_and_stage();
  void abandon();

  Job& job_;
  std::vector<Slot> slots_;
  Barrier barrier_;
  Transaction transaction_;
  bool is_staged_ = false;
  std::atomic<bool> abandoned_{false};
  std::thread meanwhile_;
};

}  // namespace foldersync
