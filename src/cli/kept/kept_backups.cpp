#include "cli/kept/kept_backups.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "apply/backup/backup.h"
#include "apply/recovery/lock.h"
#include "cli/console/spool_file.h"
#include "cli/values/folders.h"
#include "core/parts.h"
#include "core/program_name.h"
#include "core/text.h"
#include "format/json.h"
#include "fs/named_file.h"
#include "fs/named_path.h"

namespace foldersync {
namespace {

std::string key_of(const Root& replica) { return "backups " + replica.identity; }

// Empty: nothing is known.
std::string remembered_folder(FileSystem& fs, const std::string& state, const Root& replica) {
  if (state.empty()) return {};
  const auto database = find_named(fs, state + "/memory.db");
  if (!database || !database->status) return {};  // it is not made to be asked
  const auto opened = Memory::open(state);
  if (opened.memory == nullptr) return {};
  const auto folder = opened.memory->fact(key_of(replica));
  return folder && *folder ? **folder : std::string();
}

bool is_meant(const std::string& name, const std::string& text) {
  return name.starts_with(text) || name.ends_with("Z-" + text);
}

// "replica/a", typed from above it, is meant to be in it unless it has a "replica" itself.
std::string as_meant(const Root& replica, const std::string& root, const std::string& text) {
  const std::string absolute = absolute_name(text);
  const std::string first = text.substr(0, text.find('/'));
  const bool may_be_inside = absolute == root || absolute.starts_with(root + "/");
  if (!may_be_inside || !is_name(first)) return text;
  return replica.fs->status_at(replica.fd.get(), first.c_str()) ? text : absolute;
}

}  // namespace

void remember_backup_folder(Memory& memory, const Root& replica, const std::string& folder) {
  memory.set_fact(key_of(replica), folder);
}

std::vector<KeptBackup> KeptBackups::in_force() const {
  std::vector<KeptBackup> some;
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(some),
               [](const KeptBackup& run) { return !run.is_undone; });
  return some;
}

Result<KeptBackups> open_backups(FileSystem& fs, const std::string& replica,
                                 const std::optional<std::string>& folder,
                                 const CommonOptions& common) {
  const std::string state = state_folder_of(common.state_folder);
  KeptBackups backups{.replica = TRY(open_replica(fs, absolute_name(replica))),
                      .folder = absolute_if_named(folder),
                      .runs = {},
                      .spooling = spooling_in(state)};
  if (!folder) backups.folder = remembered_folder(fs, state, backups.replica);
  if (backups.folder.empty()) {
    return usage_error("look for backups",
                       "no run with --backup-dir is known of the replica '" + escaped(replica) +
                           "': name the folder of its backups with --backup-dir");
  }
  const Root& root = backups.replica;
  auto runs = list_backups(fs, backups.folder, {root.path, root.identity, {}});
  if (!runs) {
    return refused_error("look for backups",
                         "the backup folder can't be read: is it mounted? Another one is named "
                         "with --backup-dir",
                         runs.error().error_number)
        .at(backups.folder);
  }
  backups.runs = std::move(*runs);
  return backups;
}

Status hold_still(FileSystem& fs, KeptBackups& backups, const CommonOptions& common) {
  Root& root = backups.replica;
  const auto locked = lock_replica(fs, root, state_folder_of(common.state_folder));
  if (!locked && locked.error().code == ErrorCode::kLocked) return locked_out(fs, root);
  backups.runs = TRY(list_backups(fs, backups.folder, {root.path, root.identity, {}}));
  return success();
}

Result<KeptBackup> find_run(const std::vector<KeptBackup>& runs, const std::string& text) {
  std::vector<KeptBackup> found;
  for (const KeptBackup& run : runs) {
    if (run.name == text) return run;
    if (!text.empty() && is_meant(run.name, text)) found.push_back(run);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return usage_error("look for backups", "expected a run as " + our_command("versions") +
                                               " lists it, found '" + escaped(text) + "'");
  }
  return usage_error("look for backups", "'" + escaped(text) + "' may be " +
                                             std::to_string(found.size()) + " runs, among them " +
                                             found.front().name + " and " + found.back().name);
}

Result<StoredPlan> read_undo(FileSystem& fs, const KeptBackups& backups, const KeptBackup& run) {
  const std::string name = backups.path_of(run) + "/" + kUndoFile;
  const auto file = TRY(open_to_read(fs, name, LastLink::kKeep).at(name));
  const auto source = [&](std::span<char> buffer) {
    return fs.read(file.fd.get(), std::as_writable_bytes(buffer));
  };
  return read_plan(source, backups.spooling).at(name);
}

Result<RelPath> path_in(const Root& replica, const std::string& text) {
  std::string root = replica.path;
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  const std::string meant = as_meant(replica, root, text);
  std::string_view left = meant;
  if (meant.starts_with('/')) {
    const bool is_inside = meant == root || meant.starts_with(root + "/");
    if (!is_inside) {
      return usage_error("look for backups", "expected a path in the replica '" + escaped(root) +
                                                 "', found '" + escaped(text) + "'");
    }
    left.remove_prefix(root.size());
  }
  RelPath path;
  while (!left.empty()) {
    const std::string_view name = take_until(left, '/');
    if (name.empty() || name == ".") continue;
    if (!is_name(name)) {
      return usage_error("look for backups",
                         "expected a path below the replica, found '" + escaped(text) + "'");
    }
    path = path.child(name);
  }
  return path;
}

}  // namespace foldersync
