#include "scan/walker.h"

#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "fs/directory_cursor.h"
#include "scan/work_queue.h"

namespace foldersync {
namespace {

// One side of the walk, as one thread uses it.
class SideReader {
 public:
  SideReader(FileSystem& fs, int root, std::size_t max_open)
      : fs_(fs), cursor_(fs, root, CursorRules{}, max_open) {}

  // Reads the directory `path`; `self` says what its parent saw, nothing where it is absent.
  VisitedDirectory read(std::string_view path, const std::optional<FileStatus>& self) {
    VisitedDirectory visited;
    if (!self) return visited;
    visited.self = &*self;
    const auto fd = cursor_.enter(path);
    if (!fd) return failed(visited, fd.error());
    if (path.empty()) {
      // The root's own descriptor is read again in every cycle.
      if (const auto rewound = fs_.seek(*fd, 0, Seek::kStart); !rewound) {
        return failed(visited, rewound.error());
      }
    }
    if (const Status read = listing_.read(fs_, *fd); !read) return failed(visited, read.error());
    visited.listing = &listing_;
    visited.fd = *fd;
    return visited;
  }

 private:
  VisitedDirectory failed(VisitedDirectory visited, const Error& error) {
    error_ = error;
    visited.error = &error_;
    return visited;
  }

  FileSystem& fs_;
  DirectoryCursor cursor_;
  Listing listing_;
  Error error_;
};

class Walk {
 public:
  Walk(FileSystem& fs, WalkRoot root, const WalkOptions& options, PairVisitor& visitor)
      : fs_(fs),
        root_(std::move(root)),
        options_(options),
        visitor_(visitor),
        queue_(options.threads) {}

  Status run() {
    std::vector<PairToVisit> first{root_.pair};
    queue_.add(0, first);
    std::vector<std::thread> others;
    try {
      for (std::size_t worker = 1; worker < options_.threads; ++worker) {
        others.emplace_back([this, worker] { work(worker); });
      }
    } catch (const std::system_error&) {
      // The system gives no more threads: fewer do the same.
    }
    work(0);
    for (std::thread& other : others) other.join();
    return std::move(outcome_);
  }

 private:
  void work(std::size_t worker) {
    const std::size_t descriptors = descriptors_per_cursor(2 * options_.threads);
    SideReader source(fs_, root_.source, descriptors);
    SideReader replica(fs_, root_.replica, descriptors);
    std::vector<PairToVisit> children;
    while (auto item = queue_.take(worker)) {
      if (options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed)) {
        return end(Error{ErrorCode::kStopped, "walk", {}, 0, "told to stop"});
      }
      const VisitedPair pair{item->path, source.read(item->path, item->source),
                             replica.read(item->path, item->replica), item->replica_range, worker};
      if (Status visited = visitor_.visit(pair, children); !visited) {
        return end(std::move(visited).error());
      }
      queue_.add(worker, children);
      queue_.finished();
    }
  }

  void end(Error error) {
    {
      const std::lock_guard lock(outcome_mutex_);
      if (outcome_) outcome_ = std::move(error);
    }
    queue_.stop();
  }

  FileSystem& fs_;
  WalkRoot root_;
  WalkOptions options_;
  PairVisitor& visitor_;
  WorkQueue<PairToVisit> queue_;
  std::mutex outcome_mutex_;
  Status outcome_ = success();
};

}  // namespace

Status walk_pairs(FileSystem& fs, WalkRoot root, const WalkOptions& options, PairVisitor& visitor) {
  return Walk(fs, std::move(root), options, visitor).run();
}

}  // namespace foldersync
