#include "scan/status_ahead.h"

#include <algorithm>

namespace foldersync {

StatusAhead::StatusAhead(ReadableDirectory& directory, const DirectoryNames& names)
    : thread_([this, &directory, &names] { look(directory, names); }) {}

StatusAhead::~StatusAhead() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

// Until the caller has emptied what has the place of this block; false where he wants no more.
bool StatusAhead::wait_for_room(std::size_t block) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_stopped_ || block < emptied_blocks_ + kBlocks; });
  return !is_stopped_;
}

void StatusAhead::look(ReadableDirectory& directory, const DirectoryNames& names) {
  for (std::size_t block = 0; block * kBlock < names.size(); ++block) {
    if (!wait_for_room(block)) return;
    const std::size_t begin = block * kBlock;
    const std::size_t end = std::min(begin + kBlock, names.size());
    for (std::size_t i = begin; i < end; ++i) {
      if (is_stopped_) return;
      const auto status = directory.status(names[i].data());
      ring_[block % kBlocks][i - begin] = {status ? *status : FileStatus{},
                                           status ? 0 : status.error().error_number};
    }
    {
      const std::lock_guard lock(mutex_);
      filled_blocks_ = block + 1;
    }
    changed_.notify_all();
  }
}

const AheadStatus& StatusAhead::next() {
  const std::size_t block = taken_ / kBlock;
  if (taken_ % kBlock == 0) {
    std::unique_lock lock(mutex_);
    emptied_blocks_ = block;
    changed_.notify_all();
    changed_.wait(lock, [&] { return filled_blocks_ > block; });
  }
  return ring_[block % kBlocks][taken_++ % kBlock];
}

}  // namespace foldersync
