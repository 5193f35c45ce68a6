#include "cli/values/folders.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "core/path.h"
#include "fs/named_path.h"

namespace foldersync {
namespace {

namespace stdfs = std::filesystem;

// `file` without links in it; of a file that is no folder, its own name stays as it is. What does
// not exist yet is where its nearest existing ancestor is. Empty where that can't be known.
std::string real_name(const std::string& file) {
  std::error_code failed;
  const stdfs::path name(file);
  if (stdfs::is_directory(name, failed)) return stdfs::canonical(name, failed).native();
  const stdfs::path whole = stdfs::weakly_canonical(name.parent_path(), failed);
  return failed ? std::string() : (whole / name.filename()).native();
}

// The path of `file` below the folder `root`, "." where it is that folder; empty where it isn't
// below it.
std::string path_below(const std::string& file, const std::string& root) {
  if (root.empty()) return {};
  std::error_code missing;
  std::string base = stdfs::canonical(root, missing).native();
  if (missing) base = real_name(root);
  const std::string whole = real_name(file);
  if (whole.empty() || base.empty()) return {};
  const std::string relative = stdfs::path(whole).lexically_relative(base).native();
  return RelPath::is_path(relative) ? relative : std::string();
}

// The folder that holds `file`, or that itself where it is one; of what is yet to be made, the
// nearest one that is there. `names`: how many names of `file` lie below it.
Result<Fd> nearest_folder(FileSystem& fs, const std::string& file, std::size_t& names) {
  std::string path = file;
  for (names = 0;; ++names) {
    auto place = find_named(fs, path);
    if (place && place->status && place->status->is_directory()) return std::move(place->entry);
    const bool is_missing = !place && place.error().error_number == ENOENT;
    if (!place && !is_missing) return place.error();
    const std::string above = folder_above(path);
    if (above == path) return system_error("open", ENOENT);
    path = above;
  }
}

// The directory `path` below the root, no link followed.
Result<FileStatus> status_below(const Root& root, const RelPath& path) {
  if (path.is_root()) return root.fs->status(root.fd.get());
  Fd at;
  std::string_view left = path.bytes();
  while (!left.empty()) {
    const std::string name(left.substr(0, left.find('/')));
    auto entry = TRY(root.fs->open_entry(at.is_open() ? at.get() : root.fd.get(), name.c_str()));
    at = std::move(entry);
    left.remove_prefix(std::min(left.size(), name.size() + 1));
  }
  return root.fs->status(at.get());
}

// Whether the own `file` lies at `path` below the root, by the one way in which it is opened: where
// a link of somebody else leads decides nothing.
bool lies_at(FileSystem& fs, const std::string& file, const Root& root, const std::string& path) {
  std::size_t names = 0;
  const auto folder = nearest_folder(fs, file, names);
  if (!folder) return false;
  RelPath above(path);
  for (; names > 0 && !above.is_root(); --names) above = above.parent();
  const auto found = fs.status(folder->get());
  const auto there = status_below(root, above);
  return names == 0 && found && there && same_number(*found, *there);
}

std::string without_end_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Error misplaced(const std::string& file) {
  return refused_error(
             "place",
             "this file or folder of the program's own would lie inside the replica, which holds "
             "nothing but the source's copy: choose another place (--log, --state, --output, "
             "--backup-dir, --report, --metrics-file)")
      .at(file);
}

}  // namespace

std::string absolute_name(const std::string& name) {
  std::error_code failed;
  const auto absolute = stdfs::absolute(name, failed);
  return failed ? name : absolute.native();
}

std::string absolute_if_named(const std::optional<std::string>& name) {
  return name ? absolute_name(*name) : std::string();
}

std::string home_folder() {
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return home;
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr && entry->pw_dir != nullptr ? entry->pw_dir : "";
}

std::string state_folder_of(const std::optional<std::string>& named) {
  if (named) return absolute_name(*named);
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/foldersync";
  const std::string home = home_folder();
  return home.empty() ? "" : home + "/.local/state/foldersync";
}

Result<Roots> open_roots(FileSystem& fs, const FolderOptions& folders) {
  RootPaths paths{.source = absolute_name(folders.source),
                  .replica = absolute_name(folders.replica),
                  .never_replica = {"/"},
                  .mode_above = folders.mode_above};
  if (const std::string home = home_folder(); !home.empty()) paths.never_replica.push_back(home);
  return open_roots(fs, paths);
}

Status refuse_inside(FileSystem& fs, const Root& replica, const std::vector<std::string>& files) {
  for (const std::string& given : files) {
    if (given.empty()) continue;
    const std::string file = without_end_slashes(given);
    const stdfs::path path(file);
    // The folder itself may be a link into the replica, and a link of the replica may lead out.
    const auto itself = lies_inside(fs, file, replica);
    const auto beside = path.filename() == ".." ? Result<bool>(false)
                                                : lies_inside(fs, path.parent_path(), replica);
    if ((itself && *itself) || (beside && *beside)) return misplaced(file);
    // Where a link of somebody else leads is not asked, and the file is not opened there either.
    for (const auto* where : {&itself, &beside}) {
      if (!*where && where->error().code == ErrorCode::kRefused) return Error(where->error());
    }
  }
  return success();
}

Result<std::vector<std::string>> place_own_files(FileSystem& fs, const Roots& roots,
                                                 const std::vector<std::string>& files) {
  if (roots.replica) TRY(refuse_inside(fs, *roots.replica, files));
  std::vector<std::string> left_out;
  for (const std::string& given : files) {
    if (given.empty()) continue;
    const std::string file = without_end_slashes(given);
    const bool in_replica_to_be =
        !roots.replica && !path_below(file, without_end_slashes(roots.replica_path)).empty();
    if (in_replica_to_be) return misplaced(file);
    const std::string below = path_below(file, roots.source.path);
    if (below == ".") {
      return refused_error(
                 "place",
                 "this is the source itself, which is only read: choose another place (--log, "
                 "--state, --output, --backup-dir, --report, --metrics-file)")
          .at(file);
    }
    if (!below.empty() && lies_at(fs, file, roots.source, below)) left_out.push_back(below);
  }
  std::sort(left_out.begin(), left_out.end());
  left_out.erase(std::unique(left_out.begin(), left_out.end()), left_out.end());
  return left_out;
}

}  // namespace foldersync
