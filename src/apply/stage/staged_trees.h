// New directories of a window that are staged together with what they will hold, each entry under
// its own name, so that one rename brings them all.
#pragma once

#include <cstddef>
#include <vector>

#include "apply/stage/window.h"
#include "core/result.h"
#include "fs/directory_cursor.h"
#include "fs/fd.h"
#include "fs/file_system.h"

namespace foldersync {

inline constexpr std::size_t kNoSlot = static_cast<std::size_t>(-1);

// For each of the slots the index of that one which makes the directory around it, or kNoSlot.
// Requires: a directory stands before what it holds, as in a window.
std::vector<std::size_t> directories_around(const std::vector<Slot>& slots);

// The way to the staged directories of a window; one thread's.
class StagedTrees {
 public:
  // A slot that is asked for, and those above it, must not be changed meanwhile.
  StagedTrees(FileSystem& fs, const std::vector<Slot>& slots, const std::vector<Fd>& folders,
              std::size_t max_open)
      : fs_(fs), slots_(slots), folders_(folders), max_open_(max_open) {}

  // The directory that was staged for the action `index`, as long as it has not got its place; open
  // until the next call.
  Result<int> directory(std::size_t index);

 private:
  FileSystem& fs_;
  const std::vector<Slot>& slots_;
  const std::vector<Fd>& folders_;
  std::size_t max_open_;
  std::size_t top_ = kNoSlot;  // of the tree that `cursor_` walks through
  Fd top_fd_;
  std::optional<DirectoryCursor> cursor_;
};

// Makes durable that the directories of a window that were filled hold what they do, on as many
// threads as the job has lookers. Where the file system can't be told to, that is up to it.
Status sync_filled(const Job& job, const std::vector<Slot>& slots);

// What stage_window() found and made, where it did so, and the way to it.
struct StagedWindow {
  std::vector<Slot>& slots;
  const std::vector<Fd>& folders;
  StagedTrees& trees;
};

}  // namespace foldersync
