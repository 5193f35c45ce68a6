#include "verify/stretch.h"

#include <algorithm>
#include <utility>

#include "fs/clock.h"

namespace foldersync {

bool Frontier::is_ahead(const RelPath& directory) const {
  return TreePosition{directory, {}} >= stretch_.from;
}

bool Frontier::is_ahead(const RelPath& directory, std::string_view name) const {
  const auto order = directory <=> stretch_.from.directory;
  return order != 0 ? order > 0 : name > stretch_.from.last;
}

bool Frontier::leads_ahead(const RelPath& directory) const {
  return directory >= stretch_.from.directory || stretch_.from.directory.is_within(directory);
}

Status Frontier::take_file() {
  const std::uint64_t before = files_++;
  const bool is_full = stretch_.most_files > 0 && before >= stretch_.most_files;
  // One is read in any case, so that the next stretch begins behind it.
  const bool is_late = stretch_.until > 0 && before > 0 && monotonic_seconds() >= stretch_.until;
  const bool has_enough = stretch_.most_findings > 0 && findings_ >= stretch_.most_findings;
  return is_full || is_late || has_enough ? Status(stopped_error("verify", "enough for once"))
                                          : success();
}

void Frontier::finish(const RelPath& directory, const std::vector<PairToVisit>& children) {
  const std::lock_guard lock(mutex_);
  open_.erase(directory);
  for (const PairToVisit& child : children) open_[RelPath::from_bytes(child.path)];
}

void Frontier::leave(const RelPath& directory, std::string last) {
  const std::lock_guard lock(mutex_);
  open_[directory] = std::move(last);
}

std::optional<TreePosition> Frontier::next() const {
  if (open_.empty()) return std::nullopt;
  const auto& [directory, last] = *open_.begin();
  // On the way to where it begins nothing is left to do.
  return std::max(stretch_.from, TreePosition{directory, last});
}

}  // namespace foldersync
