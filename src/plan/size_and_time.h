// By what a file that was moved is recognised where nobody reads its content: size and time.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "core/file_status.h"
#include "core/file_time.h"
#include "plan/facts.h"

namespace foldersync {

struct SizeAndTime {
  std::uint64_t size = 0;  // bytes
  std::optional<FileTime> mtime;
  friend auto operator<=>(const SizeAndTime&, const SizeAndTime&) = default;
};

inline SizeAndTime size_and_time(const FileStatus& status) { return {status.size, status.mtime}; }
// Of the file that `facts` are about, as the replica's file system holds the time, by `times`;
// nothing of anything else, and of an empty file.
std::optional<SizeAndTime> size_and_time(const std::optional<Facts>& facts,
                                         const TimeLimits& times);

// Some files by these, for who asks whether another one may be one of them. A time that is not told
// is any time: a file system that holds none leaves the size.
class SizesAndTimes {
 public:
  explicit SizesAndTimes(const TimeLimits& times) : times_(times) {}

  // What size_and_time() says nothing of is left out.
  void add(const std::optional<Facts>& file);
  void add(SizeAndTime file);
  [[nodiscard]] bool may_hold(const std::optional<Facts>& file) const;
  [[nodiscard]] bool empty() const { return files_.empty(); }

 private:
  TimeLimits times_;
  std::set<SizeAndTime> files_;
};

}  // namespace foldersync
