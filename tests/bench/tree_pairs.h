// What the limit programs have in common: directories are listed and looked at with the fewest
// system calls, and pairs of directories are given to threads.
//
// These programs say how fast a job could be done on this machine, today. They trust their input
// and end at the first error, which the real program may not do.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

[[noreturn]] inline void give_up(const char* doing, const std::string& path) {
  const int error = errno;
  std::fprintf(stderr, "%s %s: %s\n", doing, path.c_str(), std::strerror(error));
  std::exit(1);
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(number_); }

  int get() const { return number_; }

 private:
  int number_;
};

inline int open_directory(const std::string& path) {
  const int number = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (number < 0) give_up("open", path);
  return number;
}

// One name in a directory. Everything but `type` (a DT_ constant) is 0 until Listing::look.
struct Entry {
  std::uint32_t name_offset;
  unsigned char type;
  std::uint32_t mode;
  std::uint64_t size_bytes;
  std::int64_t mtime_seconds;
  std::uint32_t mtime_nanoseconds;

  bool same_as(const Entry& other) const {
    if (type != other.type || mode != other.mode) return false;
    return type != DT_REG ||
           (size_bytes == other.size_bytes && mtime_seconds == other.mtime_seconds &&
            mtime_nanoseconds == other.mtime_nanoseconds);
  }
};

// The entries of one directory. Reused for the next one, so that memory is asked for seldom.
class Listing {
 public:
  // Replaces what was there by the names in an open directory, in its own order.
  void read(int directory, const std::string& path) {
    names_.clear();
    entries_.clear();
    for (;;) {
      const ssize_t bytes = getdents64(directory, buffer_.data(), buffer_.size());
      if (bytes < 0) give_up("getdents64", path);
      if (bytes == 0) return;
      add(buffer_.data(), buffer_.data() + bytes);
    }
  }

  // One statx for each entry.
  void look(int directory, const std::string& path) {
    constexpr unsigned kMask = STATX_TYPE | STATX_MODE | STATX_SIZE | STATX_MTIME;
    for (Entry& entry : entries_) {
      struct statx status;
      if (statx(directory, name(entry), AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, kMask, &status)) {
        give_up("statx", path + '/' + name(entry));
      }
      entry.mode = status.stx_mode;
      entry.size_bytes = status.stx_size;
      entry.mtime_seconds = status.stx_mtime.tv_sec;
      entry.mtime_nanoseconds = status.stx_mtime.tv_nsec;
    }
  }

  void sort() {
    std::sort(entries_.begin(), entries_.end(),
              [this](const Entry& a, const Entry& b) { return std::strcmp(name(a), name(b)) < 0; });
  }

  const std::vector<Entry>& entries() const { return entries_; }
  // Valid until the next read.
  const char* name(const Entry& entry) const { return names_.data() + entry.name_offset; }

 private:
  void add(const char* record, const char* end) {
    while (record < end) {
      const auto* raw = reinterpret_cast<const dirent64*>(record);
      record += raw->d_reclen;
      const std::string_view name = raw->d_name;
      if (name == "." || name == "..") continue;
      entries_.push_back({static_cast<std::uint32_t>(names_.size()), raw->d_type, 0, 0, 0, 0});
      names_.append(name.data(), name.size() + 1);
    }
  }

  std::string names_;  // each with its zero byte
  std::vector<Entry> entries_;
  std::vector<char> buffer_ = std::vector<char>(std::size_t{1} << 16);
};

// Visits the names of two sorted listings in order: both(a, b) for a name that is in both of them,
// one() for a name that only one has.
template <typename Both, typename One>
void merge(const Listing& a, const Listing& b, Both both, One one) {
  auto left = a.entries().begin();
  auto right = b.entries().begin();
  while (left != a.entries().end() && right != b.entries().end()) {
    const int order = std::strcmp(a.name(*left), b.name(*right));
    if (order == 0) {
      both(*left++, *right++);
    } else {
      one();
      order < 0 ? ++left : ++right;
    }
  }
  for (; left != a.entries().end(); ++left) one();
  for (; right != b.entries().end(); ++right) one();
}

// A directory of the first tree and the one of the same name in the second.
struct Pair {
  std::string a;
  std::string b;

  Pair below(const char* name) const { return {a + '/' + name, b + '/' + name}; }
};

// The pairs that nobody works on yet. The newest is taken first, which keeps them few.
class Pairs {
 public:
  explicit Pairs(Pair roots) { waiting_.push_back(std::move(roots)); }

  // Waits for a pair; false when there is none left and nobody works on one. A pair that was taken
  // has to be given back by finish.
  bool take(Pair& pair) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty() || taken_ == 0; });
    if (waiting_.empty()) return false;
    pair = std::move(waiting_.back());
    waiting_.pop_back();
    ++taken_;
    return true;
  }

  // The pair taken last by this thread is done; `found` are the pairs below it, and is emptied.
  void finish(std::vector<Pair>& found) {
    {
      const std::lock_guard lock(mutex_);
      for (Pair& pair : found) waiting_.push_back(std::move(pair));
      --taken_;
    }
    changed_.notify_all();
    found.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Pair> waiting_;
  unsigned taken_ = 0;
};

struct Totals {
  std::uint64_t directories = 0;
  std::uint64_t others = 0;
  std::uint64_t bytes = 0;
  std::uint64_t differences = 0;

  void add(const Totals& more) {
    directories += more.directories;
    others += more.others;
    bytes += more.bytes;
    differences += more.differences;
  }
};

// Calls Worker::visit(pair, found) for every pair below the roots, one Worker for each thread, and
// adds up their `totals`. visit appends the pairs below its own to found.
template <typename Worker>
Totals visit_all(Pair roots, unsigned thread_count) {
  Pairs pairs(std::move(roots));
  std::vector<Worker> workers(thread_count);
  std::vector<std::thread> threads;
  for (Worker& worker : workers) {
    threads.emplace_back([&pairs, &worker] {
      Pair pair;
      std::vector<Pair> found;
      while (pairs.take(pair)) {
        worker.visit(pair, found);
        pairs.finish(found);
      }
    });
  }
  Totals totals;
  for (unsigned i = 0; i < thread_count; ++i) {
    threads[i].join();
    totals.add(workers[i].totals);
  }
  return totals;
}

// main() of a limit program: `PROGRAM A B [THREADS]`, two threads by default.
template <typename Worker>
int run(int count, char** arguments) {
  unsigned threads = 2;
  bool right = count == 3 || count == 4;
  if (count == 4) {
    const std::string_view text = arguments[3];
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), threads);
    right = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && threads > 0;
  }
  if (!right) {
    std::fprintf(stderr, "usage: %s A B [THREADS]\n", arguments[0]);
    return 64;
  }
  const Totals totals = visit_all<Worker>({arguments[1], arguments[2]}, threads);
  std::printf("directories %ju others %ju bytes %ju differences %ju\n",
              std::uintmax_t{totals.directories}, std::uintmax_t{totals.others},
              std::uintmax_t{totals.bytes}, std::uintmax_t{totals.differences});
  return 0;
}

}  // namespace bench
