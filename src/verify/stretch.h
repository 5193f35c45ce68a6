// A verification in pieces: where one begins, how far it goes, and where the next one goes on.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/path.h"
#include "core/result.h"
#include "core/tree_position.h"
#include "scan/walker.h"

namespace foldersync {

struct Stretch {
  TreePosition from = {};
  std::uint64_t most_files = 0;  // names of files that are read; 0: no bound
  // On the monotonic clock, seconds: no file but the first is begun later; 0: no bound.
  double until = 0;
  // No file is begun once so many findings are hidden ones; 0: no bound.
  std::uint64_t most_findings = 0;

  // Whether it is meant to end before the tree does. One thread makes sure that it gets on.
  [[nodiscard]] bool is_bounded() const { return most_files > 0 || until > 0; }
};

// What of a stretch is done. Any thread.
class Frontier {
 public:
  explicit Frontier(Stretch stretch) : stretch_(std::move(stretch)), open_{{RelPath(), {}}} {}

  // Whether the directory itself, or the name in it, is part of the stretch.
  [[nodiscard]] bool is_ahead(const RelPath& directory) const;
  [[nodiscard]] bool is_ahead(const RelPath& directory, std::string_view name) const;
  // Whether something in or below the directory is.
  [[nodiscard]] bool leads_ahead(const RelPath& directory) const;

  // Before a file is read: error kStopped where the stretch ends here.
  Status take_file();
  void count_finding() { ++findings_; }

  // A directory is done, and what is below it is to come; or it was left behind a name.
  void finish(const RelPath& directory, const std::vector<PairToVisit>& children);
  void leave(const RelPath& directory, std::string last);

  // The first place that is not done, once no thread is at work; nothing: all is done.
  [[nodiscard]] std::optional<TreePosition> next() const;

 private:
  const Stretch stretch_;
  std::atomic<std::uint64_t> files_{0};
  std::atomic<std::uint64_t> findings_{0};
  std::mutex mutex_;
  std::map<RelPath, std::string> open_;  // directories that are not done, with the last name
};

}  // namespace foldersync
