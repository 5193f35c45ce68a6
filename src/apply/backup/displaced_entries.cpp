#include "apply/backup/displaced_entries.h"

#include <string>
#include <utility>

#include "apply/steps/publisher.h"

namespace foldersync {

Result<std::optional<DisplacedEntries::Found>> DisplacedEntries::find(std::size_t index) {
  const std::string& folder = record_.actions[index].folder;
  if (auto fd = TRY(if_there(fs_.open_directory(area_.fd(), folder.c_str())))) {
    if (auto found = TRY(find_in(std::move(*fd), index))) return found;
  }
  const RelPath& path = record_.plan.actions[index].path;
  const auto parent = TRY(if_there(replica_.parent(path)));
  if (!parent || path.parent().is_root()) return std::optional<Found>();
  for (const std::string& nested : area_.key().names()) {
    auto fd = TRY(if_there(fs_.open_directory(*parent, nested.c_str())));
    if (!fd) continue;
    if (auto found = TRY(find_in(std::move(*fd), index))) return found;
  }
  return std::optional<Found>();
}

Result<std::optional<DisplacedEntries::Found>> DisplacedEntries::find_in(Fd folder,
                                                                         std::size_t index) {
  const FileStatus& old = *record_.actions[index].old;
  const std::string name = record_.name_of(index);
  for (const std::string& candidate : {name, name + ".old"}) {
    const auto found = TRY(status_at(fs_, {folder.get(), candidate}));
    if (!found) continue;
    if (!same_object(*found, old) && !is_overlay_copy(fs_, folder.get(), *found, old)) continue;
    held_ = std::move(folder);
    return std::optional(Found{{held_.get(), candidate}, *found});
  }
  return std::optional<Found>();
}

}  // namespace foldersync
