#include "apply/stage/write_back.h"

#include <system_error>
#include <utility>

namespace foldersync {
namespace {

constexpr std::uint64_t kEnough = std::uint64_t{64} << 20U;
constexpr std::uint64_t kEachFile = 4096;  // its inode and its name have to be written, too

}  // namespace

void WriteBack::staged(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  pending_ += bytes + kEachFile;
  if (pending_ < kEnough) return;
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {
      pending_ = 0;
      return;
    }
  }
  changed_.notify_one();
}

void WriteBack::work() {
  // With a descriptor of its own: the kernel tells an error once to each, and the barriers of this
  // window and of the one before must not miss one.
  const auto own = fs_.open_directory(fd_, ".");
  std::unique_lock lock(mutex_);
  while (own) {
    changed_.wait(lock, [this] { return ends_ || pending_ >= kEnough; });
    if (ends_) return;
    pending_ = 0;
    lock.unlock();
    Status written = fs_.sync_all(own->get());
    lock.lock();
    if (!written) {
      status_ = std::move(written);
      return;
    }
  }
}

Status WriteBack::end() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  return status_;
}

}  // namespace foldersync
