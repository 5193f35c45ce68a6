#include "cli/loop/shared_counts.h"

#include <sys/mman.h>

#include <memory>

namespace foldersync {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "or two processes can't share it");

SharedCounts::SharedCounts()
    : page_(::mmap(nullptr, sizeof(ProgressCounts), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
  if (page_ != MAP_FAILED) counts_ = std::construct_at(static_cast<ProgressCounts*>(page_));
}

SharedCounts::~SharedCounts() {
  if (page_ != MAP_FAILED) ::munmap(page_, sizeof(ProgressCounts));
}

}  // namespace foldersync
