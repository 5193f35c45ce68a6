#include "cli/kept/ways.h"

#include <algorithm>

#include "cli/values/folders.h"
#include "core/program_name.h"
#include "core/text.h"
#include "fs/named_path.h"

namespace foldersync {

Status meet(KeptState& state, const Way& way, OtherFolder other) {
  if (way.exchangeable.empty()) return success();
  const std::string who =
      "others can exchange '" + escaped(way.exchangeable) + "' on the way to the " + way.what;
  Memory* const memory = state.memory();
  const std::string key = "way " + to_base64(way.path);
  const auto fact =
      memory == nullptr ? Result<std::optional<std::string>>(std::nullopt) : memory->fact(key);
  std::string known = fact && *fact ? **fact : way.known;
  const auto& names = way.identities;
  if (std::find(names.begin(), names.end(), known) != names.end()) return success();
  if (!known.empty() && other == OtherFolder::kIsRefused) {
    return refused_error(
               "compare",
               who +
                   ", and it is another folder than the last run knew there: if it is right, "
                   "give " +
                   our_command("run --new-replica") + " once")
        .at(way.path);
  }
  const bool is_asked = memory != nullptr && fact;
  state.warn(is_asked ? who + ": from now on it has to be the folder that it is today"
                      : who + ", and nothing tells whether they did");
  if (is_asked) memory->set_fact(key, names.front());
  return success();
}

Status meet_replica(KeptState& state, const Root& replica, const FolderMemory& known,
                    OtherFolder other) {
  if (replica.exchangeable.empty()) return success();
  Way way{.what = "replica",
          .path = replica.path,
          .exchangeable = replica.exchangeable,
          .identities = {replica.identity},
          .known = {}};
  for (const std::string& name : replica.file_systems) {
    way.identities.push_back(name + ":" + replica.number);
  }
  const FolderMemory now{replica.file_systems, replica.number, false};
  if (are_same(known, now)) {
    way.known = replica.identity;
  } else if (!known.file_systems.empty()) {
    way.known = known.file_systems.front() + ":" + known.inode;
  }
  return meet(state, way, other);
}

Result<std::string> meet_backup_folder(FileSystem& fs, KeptState& state,
                                       const BackupOptions& options, OtherFolder other) {
  const std::string path = absolute_if_named(options.folder);
  if (path.empty()) return std::string();
  const auto place = TRY(find_named(fs, path));
  if (place.exchangeable.empty()) return std::string();
  const auto folder = TRY(open_folder_at(fs, place));
  const auto status = TRY(fs.status(folder.get()));
  const auto id = TRY(fs.file_system_id(folder.get()));
  std::string identity = identity_of(id, status);
  TRY(meet(state,
           {.what = "backup folder",
            .path = path,
            .exchangeable = place.exchangeable,
            .identities = {identity},
            .known = {}},
           other));
  return identity;
}

}  // namespace foldersync
