#include "plan/size_and_time.h"

namespace foldersync {

std::optional<SizeAndTime> size_and_time(const std::optional<Facts>& facts,
                                         const TimeLimits& times) {
  if (!facts || facts->type != FileType::kFile || facts->size.value_or(0) == 0) return std::nullopt;
  if (!facts->mtime) return SizeAndTime{*facts->size, std::nullopt};
  return SizeAndTime{*facts->size, stored_as(*facts->mtime, times)};
}

void SizesAndTimes::add(const std::optional<Facts>& file) {
  const auto known = size_and_time(file, times_);
  if (known) add(*known);
}

void SizesAndTimes::add(SizeAndTime file) {
  if (file.mtime) file.mtime = stored_as(*file.mtime, times_);
  files_.insert(file);
}

bool SizesAndTimes::may_hold(const std::optional<Facts>& file) const {
  const auto known = size_and_time(file, times_);
  if (!known) return false;
  // Of a size the one without a time stands first.
  const auto same_size = files_.lower_bound({known->size, std::nullopt});
  if (same_size == files_.end() || same_size->size != known->size) return false;
  return !known->mtime || !same_size->mtime || files_.contains(*known);
}

}  // namespace foldersync
