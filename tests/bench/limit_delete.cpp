// How fast everything below a folder could be deleted: each directory is listed, what is in it is
// unlinked, and it is removed as soon as the last directory below it is gone. No status is asked.
//
// Usage: limit_delete IGNORED TARGET [THREADS]
// TARGET stays, empty. The first folder is taken so that it is called as the other programs are.
#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "tree_pairs.h"

namespace {

using bench::Entry;

// A directory that has to go when `waits_for` is 0: itself being read, and the directories below.
struct Directory {
  Directory(std::string its_path, std::shared_ptr<Directory> its_parent)
      : path(std::move(its_path)), parent(std::move(its_parent)) {}

  std::string path;
  std::shared_ptr<Directory> parent;
  std::atomic<unsigned> waits_for{1};
};
using Shared = std::shared_ptr<Directory>;

class Waiting {
 public:
  explicit Waiting(Shared root) { waiting_.push_back(std::move(root)); }

  // Waits for a directory; nothing when all are gone.
  Shared take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty() || taken_ == 0; });
    if (waiting_.empty()) return nullptr;
    Shared next = std::move(waiting_.back());
    waiting_.pop_back();
    ++taken_;
    return next;
  }

  void finish(std::vector<Shared>& found) {
    {
      const std::lock_guard lock(mutex_);
      for (Shared& directory : found) waiting_.push_back(std::move(directory));
      --taken_;
    }
    changed_.notify_all();
    found.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Shared> waiting_;
  unsigned taken_ = 0;
};

struct Worker {
  void empty(const Shared& directory, std::vector<Shared>& found) {
    const bench::Descriptor opened(bench::open_directory(directory->path));
    listing.read(opened.get(), directory->path);
    ++totals.directories;
    for (const Entry& entry : listing.entries()) {
      const char* name = listing.name(entry);
      if (entry.type == DT_DIR) {
        ++directory->waits_for;
        found.push_back(std::make_shared<Directory>(directory->path + '/' + name, directory));
        continue;
      }
      ++totals.others;
      if (unlinkat(opened.get(), name, 0) != 0) bench::give_up("unlink", name);
    }
  }

  static void leave(Shared directory) {
    while (--directory->waits_for == 0 && directory->parent) {
      if (rmdir(directory->path.c_str()) != 0) bench::give_up("rmdir", directory->path);
      directory = directory->parent;
    }
  }

  void work(Waiting& waiting) {
    std::vector<Shared> found;
    while (const Shared directory = waiting.take()) {
      empty(directory, found);
      leave(directory);
      waiting.finish(found);
    }
  }

  bench::Listing listing;
  bench::Totals totals;
};

}  // namespace

int main(int count, char** arguments) {
  const std::optional<bench::Job> job = bench::job_of(count, arguments);
  if (!job) {
    std::fprintf(stderr, "usage: %s IGNORED TARGET [THREADS]\n", arguments[0]);
    return 64;
  }
  Waiting waiting(std::make_shared<Directory>(job->roots.b, nullptr));
  std::vector<Worker> workers(job->threads);
  std::vector<std::thread> threads;
  for (Worker& worker : workers) threads.emplace_back([&] { worker.work(waiting); });
  bench::Totals totals;
  for (unsigned i = 0; i < job->threads; ++i) {
    threads[i].join();
    totals.add(workers[i].totals);
  }
  bench::print(totals);
  return 0;
}
