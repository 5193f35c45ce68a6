#include "apply/recovery/nested_areas.h"

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "apply/steps/conflicts.h"
#include "fs/directory_cursor.h"
#include "scan/listing.h"

namespace foldersync {

Result<int> NestedAreas::in(const RelPath& directory, ReplicaAccess& replica) {
  const auto known = areas_.find(directory);
  if (known != areas_.end()) return known->second.area.fd();
  const auto fd = TRY(replica.directory(directory));
  auto home = TRY(fs_.open_directory(fd, "."));
  const StagingPlace place{home.get(), identity_, directory.bytes()};
  auto there = StagingArea::find(fs_, place, key_);
  if (!there && !is_of_what_lies_there(there.error())) return there.error();
  auto found = there ? std::move(*there) : std::nullopt;
  if (found) {
    TRY(found->reuse(as_root_));
  } else {
    found = TRY(StagingArea::make(fs_, place, key_, as_root_, true));
  }
  const auto placed = areas_.emplace(directory, Nested{std::move(home), std::move(*found)});
  return placed.first->second.area.fd();
}

std::vector<int> NestedAreas::folders() const {
  std::vector<int> folders;
  for (const auto& [path, nested] : areas_) folders.push_back(nested.area.fd());
  return folders;
}

bool NestedAreas::remove_all() {
  bool is_left = false;
  for (auto& [path, nested] : areas_) {
    const auto kept = nested.area.remove_but_filled();
    is_left = is_left || !kept || *kept;
  }
  areas_.clear();
  return !is_left;
}

namespace {

// By the names that their objects have in staging folders.
std::map<std::string, std::size_t> actions_by_name(const WindowRecord& record) {
  std::map<std::string, std::size_t> by_name;
  for (std::size_t i = 0; i < record.actions.size(); ++i) by_name.emplace(record.name_of(i), i);
  return by_name;
}

// Whether it is what the action displaced, or a copy of what it was to create.
bool is_own(FileSystem& fs, const Place& place, const FileStatus& found,
            const ActionRecord& record) {
  return (record.old && is_what_was_displaced(fs, place, found, *record.old)) ||
         (record.made && is_what_was_made(found, *record.made));
}

template <class IsOwn>
bool clear(FileSystem& fs, StagingArea& area, IsOwn is_own_entry) {
  Listing listing;
  if (!listing.read(fs, area.fd())) return false;
  Conflicts conflicts(fs, area);
  for (const ListedEntry& entry : listing.entries()) {
    if (entry.status.is_directory() || area.is_own(entry.name) || is_own_entry(area, entry))
      continue;
    if (!conflicts.keep({area.fd(), std::string(entry.name)})) return false;
  }
  const auto kept = area.remove_but_filled();
  return kept && *kept;
}

}  // namespace

Result<bool> clear_nested_areas(FileSystem& fs, const Root& replica, const NestedLeft& left) {
  const WindowRecord& record = left.record;
  DirectoryCursor cursor(fs, replica.fd.get(), {}, descriptors_per_cursor(1));
  const std::map<std::string, std::size_t> by_name = actions_by_name(record);
  const auto is_own_entry = [&](const StagingArea& nested, const ListedEntry& entry) {
    const auto found = by_name.find(std::string(entry.name));
    return found != by_name.end() && is_own(fs, {nested.fd(), std::string(entry.name)},
                                            entry.status, record.actions[found->second]);
  };
  bool has_conflicts = false;
  std::set<RelPath> seen;
  for (const Action& action : record.plan.actions) {
    TRY(left.wind_up.heed("recover"));
    if (action.path.is_root() || !seen.insert(action.path.parent()).second) continue;
    if (action.path.parent().is_root()) continue;
    const auto home = cursor.enter(action.path.parent_bytes());
    if (!home) continue;
    const StagingPlace place{*home, replica.identity, std::string(action.path.parent_bytes())};
    auto nested = StagingArea::find(fs, place, left.area.key());
    if (nested && *nested) (*nested)->heed(left.wind_up);
    if (nested && *nested && clear(fs, **nested, is_own_entry)) has_conflicts = true;
  }
  TRY(left.wind_up.heed("recover"));
  return has_conflicts;
}

}  // namespace foldersync
