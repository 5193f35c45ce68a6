#include "apply/purge.h"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace foldersync {
namespace {

constexpr std::size_t kShare = 256;  // entries that a thread takes at a time

class Purge {
 public:
  explicit Purge(const PurgeRequest& request) : request_(request) {}

  Purged run() {
    std::vector<std::thread> others;
    const std::size_t threads = std::min(request_.threads, request_.gone.size() / kShare + 1);
    try {
      while (others.size() + 1 < threads) others.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // The system gives no more threads: fewer do the same.
    }
    work();
    for (std::thread& other : others) other.join();
    return std::move(purged_);
  }

 private:
  void work() {
    std::optional<double> until;  // once told to stop
    for (;;) {
      const std::size_t begin = next_.fetch_add(kShare);
      if (begin >= request_.gone.size()) return;
      const std::size_t end = std::min(begin + kShare, request_.gone.size());
      for (std::size_t i = begin; i < end; ++i) {
        if (is_time_up(until)) {
          const std::lock_guard lock(mutex_);
          purged_.is_complete = false;
          return;
        }
        remove(request_.gone[i]);
      }
    }
  }

  bool is_time_up(std::optional<double>& until) const {
    if (request_.stop == nullptr || !*request_.stop) return false;
    const double now = request_.limits.clock();
    if (!until) until = now + request_.limits.wind_up_seconds;
    return now >= *until;
  }

  void remove(const Displaced& gone) {
    const char* const name = gone.name.c_str();
    const Status removed = gone.is_directory ? request_.fs.remove_directory(gone.folder, name)
                                             : request_.fs.remove_file(gone.folder, name);
    if (removed || !gone.is_directory) return;
    const int number = removed.error().error_number;
    if (number != ENOTEMPTY && number != EEXIST) return;
    const std::lock_guard lock(mutex_);
    purged_.filled.push_back(gone);
  }

  const PurgeRequest& request_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  Purged purged_;
};

}  // namespace

Purged purge(const PurgeRequest& request) { return Purge(request).run(); }

}  // namespace foldersync
