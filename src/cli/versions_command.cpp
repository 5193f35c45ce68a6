#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "apply/backup/past_tree.h"
#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/kept/kept_backups.h"
#include "cli/values/folders.h"
#include "cli/values/moment.h"
#include "cli/walls/confinement.h"
#include "cli/walls/output.h"
#include "core/columns.h"
#include "core/program_name.h"
#include "core/text.h"
#include "format/json_text.h"
#include "fs/named_path.h"
#include "fs/posix_file_system.h"
#include "plan/past.h"

namespace foldersync {
namespace {

constexpr std::size_t kWidthOfSize = 10;

// What a path stood for until a run changed that.
struct Version {
  const KeptBackup* until = nullptr;  // null: it is what the replica holds now
  std::optional<FileStatus> status;   // nothing: nothing was there
};

// What the undo takes back, in the words of what was done.
std::string changes_of(const Summary& undo) {
  std::string text;
  const auto add = [&](std::uint64_t count, const char* what) {
    if (count > 0) text += (text.empty() ? "" : ", ") + human_count(count) + " " + what;
  };
  add(undo.remove, "created");
  add(undo.update + undo.replace, "replaced");
  add(undo.create, "deleted");
  add(undo.move, "moved");
  add(undo.link, "linked");
  add(undo.metadata, "with other metadata");
  return text.empty() ? "folders' metadata only" : text;
}

std::string run_text(const KeptBackup& run, const PlanHeader& undo) {
  return local_text(run.time) + "  " + run.name + "  " + changes_of(undo.summary) + "; keeps " +
         human_bytes(undo.summary.bytes_to_write) + (run.is_undone ? "; taken back" : "") + "\n";
}

std::string run_json(const KeptBackup& run, const PlanHeader& undo) {
  const Summary& summary = undo.summary;
  std::string line = "{";
  append_text(line, "run", run.name);
  append_text(line, "time", to_string(run.time));
  append_switch(line, "undone", run.is_undone);
  append_count(line, "created", summary.remove);
  append_count(line, "replaced", summary.update + summary.replace);
  append_count(line, "deleted", summary.create);
  append_count(line, "moved", summary.move);
  append_count(line, "linked", summary.link);
  append_count(line, "metadata", summary.metadata);
  append_count(line, "bytes", summary.bytes_to_write);
  return line + "}\n";
}

std::string what_was(const std::optional<FileStatus>& status) {
  if (!status) return "nothing was there";
  const std::string size = status->is_file()        ? human_bytes(status->size)
                           : status->is_directory() ? "folder"
                                                    : to_string(status->type);
  std::string text = right_aligned(size, kWidthOfSize) + "  mode " + mode_text(status->mode);
  if (!status->is_directory()) text += "  modified " + local_text(status->mtime);
  return text;
}

std::string version_text(const Version& version) {
  if (version.until == nullptr) {
    return left_aligned("now", 25) + "  " +
           (version.status ? what_was(version.status) : "nothing is there") + "\n";
  }
  return "until " + local_text(version.until->time) + "  " + what_was(version.status) + "  (run " +
         version.until->name + ")\n";
}

std::string version_json(const RelPath& path, const Version& version) {
  std::string line = "{";
  append_path(line, "path", path);
  if (version.until != nullptr) {
    append_text(line, "until", to_string(version.until->time));
    append_text(line, "run", version.until->name);
  } else {
    append_null(line, "until");
    append_null(line, "run");
  }
  if (!version.status) {
    append_null(line, "type");
    return line + "}\n";
  }
  append_text(line, "type", to_string(version.status->type));
  if (version.status->is_file()) append_count(line, "size", version.status->size);
  append_text(line, "mode", mode_text(version.status->mode));
  append_text(line, "mtime", to_string(version.status->mtime));
  return line + "}\n";
}

class Versions {
 public:
  Versions(const VersionsOptions& options, KeptBackups backups, Output& output)
      : options_(options), backups_(std::move(backups)), output_(output) {}

  // The newest first.
  Status list_runs() {
    if (backups_.runs.empty() && !options_.json) {
      return output_.write("no backup of this replica is in '" + escaped(backups_.folder) + "'\n");
    }
    for (auto run = backups_.runs.rbegin(); run != backups_.runs.rend(); ++run) {
      const StoredPlan undo = TRY(read_undo(fs_, backups_, *run));
      TRY(output_.write(options_.json ? run_json(*run, undo) : run_text(*run, undo)));
    }
    return success();
  }

  Status list_versions(const RelPath& path) {
    const std::vector<KeptBackup> runs = backups_.in_force();
    Past past(path);
    std::vector<std::string> names;
    for (const KeptBackup& run : runs) {
      TRY(past.add(TRY(read_undo(fs_, backups_, run)).actions));
      names.push_back(run.name);
    }
    const auto folder = TRY(open_named_folder(fs_, backups_.folder).at(backups_.folder));
    PastTree tree(fs_, backups_.replica.fd.get(), folder.get(), std::move(names));
    std::vector<Version> found{{nullptr, TRY(tree.status({std::nullopt, path, std::nullopt}))}};
    for (std::size_t run = runs.size(); run-- > 0;) {
      if (!past.touches(run, path)) continue;
      const auto origin = past.before(run, path);
      found.push_back(
          {&runs[run], origin ? TRY(tree.status(*origin)) : std::optional<FileStatus>()});
    }
    const bool was_ever = found.size() > 1 || found.front().status;
    if (!was_ever) {
      return refused_error("look for backups",
                           "nothing of that name is in the replica or in its backups: expected a "
                           "path as it is in the replica")
          .at(path.shown());
    }
    for (const Version& one : found) {
      TRY(output_.write(options_.json ? version_json(path, one) : version_text(one)));
    }
    return success();
  }

 private:
  const VersionsOptions& options_;
  FileSystem& fs_ = posix_file_system();
  KeptBackups backups_;
  Output& output_;
};

}  // namespace

Result<ExitCode> execute(const VersionsOptions& options) {
  for (const int number : {SIGPIPE, SIGXFSZ}) ::signal(number, SIG_IGN);
  FileSystem& fs = posix_file_system();
  auto backups = TRY(open_backups(fs, options.replica, options.backup_folder, options.common));
  const RelPath path = TRY(path_in(backups.replica, options.path));
  const std::string warning =
      write_nowhere_else(fs, {.state_folder = state_folder_of(options.common.state_folder)});
  if (!warning.empty()) tell(warning);
  const auto output = TRY(Output::open({}));
  Versions versions(options, std::move(backups), *output);
  TRY(options.path.empty() ? versions.list_runs() : versions.list_versions(path));
  TRY(output->finish());
  return ExitCode::kDone;
}

}  // namespace foldersync
