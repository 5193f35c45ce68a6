// Looking at the entries of one large directory ahead of whoever takes them.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "core/file_status.h"
#include "scan/directory_names.h"
#include "scan/readable_tree.h"

namespace foldersync {

// One look, see ListedEntry.
struct AheadStatus {
  FileStatus status;
  int error_number = 0;
};

// A thread of its own looks at the names in their order, up to 2,048 ahead: a walk of one
// directory has nothing else to give to another thread. The answers come in the same order.
class StatusAhead {
 public:
  // Fewer names are not worth a thread.
  static constexpr std::size_t kFewestNames = 10'000;

  // Requires: `names` are those of `directory`; both outlive the object.
  // Throws std::system_error where the system gives no more threads.
  StatusAhead(ReadableDirectory& directory, const DirectoryNames& names);
  ~StatusAhead();
  StatusAhead(const StatusAhead&) = delete;
  StatusAhead& operator=(const StatusAhead&) = delete;

  // Of the next name, until the next call. Requires: not called more often than there are names.
  const AheadStatus& next();

 private:
  static constexpr std::size_t kBlock = 512;
  static constexpr std::size_t kBlocks = 4;

  void look(ReadableDirectory& directory, const DirectoryNames& names);
  bool wait_for_room(std::size_t block);

  std::vector<std::array<AheadStatus, kBlock>> ring_{kBlocks};
  std::size_t taken_ = 0;  // by the caller
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t filled_blocks_ = 0;
  std::size_t emptied_blocks_ = 0;
  std::atomic<bool> is_stopped_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace foldersync
