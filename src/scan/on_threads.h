// One piece of work on several threads, the caller's among them.
#pragma once

#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace foldersync {

// Calls work(0), ..., work(count - 1), each on a thread of its own, work(0) always and on the
// caller's, and returns when all have ended. Where the system gives no more threads there are fewer
// calls: each has to go on until nothing is left to do. Requires: none of them throws.
template <class Work>
void on_threads(std::size_t count, Work work) {
  std::vector<std::thread> others;
  try {
    for (std::size_t thread = 1; thread < count; ++thread) {
      others.emplace_back([&work, thread] { work(thread); });
    }
  } catch (const std::system_error&) {
    // Fewer do the same.
  }
  work(std::size_t{0});
  for (std::thread& other : others) other.join();
}

}  // namespace foldersync
