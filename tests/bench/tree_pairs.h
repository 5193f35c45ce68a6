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

#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

// Says what failed, with errno, and ends the program.
[[noreturn]] void give_up(const char* doing, const std::string& path);

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

int open_directory(const std::string& path);

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
  void read(int directory, const std::string& path);
  // One statx for each entry.
  void look(int directory, const std::string& path);
  void sort();

  const std::vector<Entry>& entries() const { return entries_; }
  // Valid until the next read.
  const char* name(const Entry& entry) const { return names_.data() + entry.name_offset; }

 private:
  void add(const char* record, const char* end);

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
  bool take(Pair& pair);
  // The pair taken last by this thread is done; `found` are the pairs below it, and is emptied.
  void finish(std::vector<Pair>& found);

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

  void add(const Totals& more);
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

// What `PROGRAM A B [THREADS]` asks for, two threads by default; nothing where it is used wrongly.
struct Job {
  Pair roots;
  unsigned threads = 2;
};
std::optional<Job> job_of(int count, char** arguments);
void print(const Totals& totals);

// main() of a limit program.
template <typename Worker>
int run(int count, char** arguments) {
  const std::optional<Job> job = job_of(count, arguments);
  if (!job) {
    std::fprintf(stderr, "usage: %s A B [THREADS]\n", arguments[0]);
    return 64;
  }
  print(visit_all<Worker>(job->roots, job->threads));
  return 0;
}

}  // namespace bench
