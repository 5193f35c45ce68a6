#include "scan/roots.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "fs/denial.h"
#include "fs/named_path.h"
#include "fs/privilege.h"
#include "fs/xattrs.h"
#include "scan/directory_names.h"

namespace foldersync {
namespace {

Error refusal(std::string path, std::string detail, int error_number = 0) {
  return refused_error("open", std::move(detail), error_number).at(std::move(path));
}

Error bad_pair(std::string path, std::string detail) {
  return Error{ErrorCode::kBadPair, "open", std::move(path), 0, std::move(detail)};
}

constexpr const char* kReplica = "replica";
constexpr std::uint32_t kOwnerReads = 0500;

// Whether `directory` is `ancestor` or lies below it, by climbing to the top.
Result<bool> is_inside(FileSystem& fs, int directory, const FileStatus& ancestor) {
  auto here = fs.open_directory(directory, ".");
  if (!here) return here.error();
  auto status = fs.status(here->get());
  while (status) {
    if (same_number(*status, ancestor)) return true;
    auto above = fs.open_parent(here->get());
    if (!above) return above.error();
    auto above_status = fs.status(above->get());
    if (above_status && same_number(*above_status, *status)) return false;
    here = std::move(above);
    status = std::move(above_status);
  }
  return status.error();
}

Error gone(const Error& why, const std::string& path, const std::string& role) {
  return system_error(why.operation, why.error_number,
                      "the file system of the " + role +
                          " has gone: nothing more is tried; once it is back, the next run goes on")
      .at(path);
}

// EIO may be of this folder alone.
Error cannot_be_opened(const Error& why, const std::string& path, const char* role) {
  if (why.code == ErrorCode::kRefused) return why;
  if (why.error_number != EIO && may_be_of_a_cut(why)) return gone(why, path, role);
  const int number = why.error_number;
  const char* what = number == ENOENT    ? " does not exist"
                     : number == ENOTDIR ? " is not a folder"
                                         : " can't be opened";
  return refusal(path, std::string("the ") + role + what, number);
}

// What file_system_id() says of it.
std::string main_file_system_id(const std::vector<std::string>& ids) {
  for (const char* kind : {"uuid:", "fsid:"}) {
    for (const std::string& id : ids) {
      if (id.starts_with(kind)) return id;
    }
  }
  return ids.front();
}

// What has neither an id of its own nor a number that lasts has others each time it is mounted: it
// is known by what is mounted, and where.
void know_by_path(FileSystem& fs, Root& root) {
  if (!root.file_system.starts_with("dev:")) return;
  const auto mounted = fs.mounted_as(root.fd.get());
  if (!mounted) return;
  const auto real = fs.path_of(root.fd.get());
  root.file_system = "mount:" + *mounted;
  root.file_systems = {root.file_system};
  root.number = real ? *real : root.path;
}

// The folder that is open as `fd`, by the path that it was opened by.
Result<Root> root_of(FileSystem& fs, Result<Fd> fd, const std::string& path, const char* role) {
  if (!fd) return cannot_be_opened(fd.error(), path, role);
  const auto status = fs.status(fd->get());
  if (!status)
    return refusal(path, std::string("the ") + role + " can't be examined",
                   status.error().error_number);
  auto ids = fs.file_system_ids(fd->get());
  if (!ids)
    return refusal(path, std::string("the ") + role + " can't be examined",
                   ids.error().error_number);
  const std::string id = main_file_system_id(*ids);
  const auto told = fs.sharing(fd->get());
  const Sharing sharing = told ? *told : Sharing::kShared;
  const auto facts = sharing == Sharing::kShared ? fs.facts(fd->get()) : FileSystemFacts{};
  const bool by_path = sharing == Sharing::kShared && !(facts && facts->keeps_numbers);
  Root root{.fs = by_path ? &fs.by_path() : &fs,
            .fd = std::move(*fd),
            .status = *status,
            .path = path,
            .file_system = id,
            .file_systems = std::move(*ids),
            .number = std::to_string(status->inode),
            .sharing = sharing};
  if (by_path) know_by_path(fs, root);
  root.identity = root.file_system + ":" + root.number;
  return root;
}

Result<Root> root_at(FileSystem& fs, const Result<NamedPlace>& place, const std::string& path,
                     const char* role) {
  auto root = TRY(root_of(fs, place ? open_folder_at(fs, *place) : place.error(), path, role));
  root.exchangeable = place->exchangeable;
  return root;
}

// Null where there is nothing to be opened up, or it can't be.
std::shared_ptr<OpenedRoot> open_up(FileSystem& fs, const NamedPlace& place) {
  if (!place.status || !place.status->is_directory()) return nullptr;
  const std::uint32_t mode = place.status->mode;
  const bool is_closed = (mode & kOwnerReads) != kOwnerReads && place.status->uid == ::geteuid();
  if (!is_closed || may_read_everything() || !can_close_again(*place.status)) return nullptr;
  if (!fs.set_mode({place.entry.get(), true}, mode | kOwnerAll)) return nullptr;
  auto directory = fs.open_directory(place.entry.get(), ".");
  if (directory) return std::make_shared<OpenedRoot>(fs, std::move(*directory), *place.status);
  (void)fs.set_mode({place.entry.get(), true}, mode);  // the next plan finds it otherwise
  return nullptr;
}

Result<Root> replica_at(FileSystem& fs, const Result<NamedPlace>& place, const std::string& path) {
  auto opened_up = place ? open_up(fs, *place) : nullptr;
  auto root = TRY(root_at(fs, place, path, kReplica));
  if (opened_up) root.status = opened_up->as_closed(root.status);
  root.opened_up = std::move(opened_up);
  return root;
}

// Where the replica is, or is to be made.
Result<NamedPlace> find_replica(FileSystem& fs, const std::string& path) {
  auto place = find_named(fs, path);
  if (place && !place->status && place->through_link) {
    return refusal(path,
                   "the replica is a symbolic link that leads nowhere: name the folder itself");
  }
  return place;
}

// Finds what is missing above the replica, and what it would be made in.
Result<NamedPlace> find_above(FileSystem& fs, Roots& roots) {
  std::string path = roots.replica_path;
  for (;;) {
    const std::string above = folder_above(path);
    auto place = find_replica(fs, above);
    if (place && place->status) {
      place->folder = TRY(open_folder_at(fs, *place));
      return place;
    }
    if (above == path || (!place && place.error().error_number != ENOENT)) return place.error();
    roots.missing_above.insert(roots.missing_above.begin(), above);
    if (place) return place;
    path = above;
  }
}

// RACE: who owns the folder above may have put another one into the place of the one just made. Its
// owner tells nothing: not every file system has owners.
Status refuse_filled(FileSystem& fs, int made, const std::string& path) {
  const auto empty = TRY(is_empty(fs, made));
  if (empty) return success();
  return refusal(path, "somebody has put another folder into the place of the new replica");
}

Status make_above(FileSystem& fs, const std::vector<std::string>& folders, std::uint32_t mode) {
  for (const std::string& path : folders) {
    const auto place = TRY(find_replica(fs, path));
    if (place.status) continue;
    const Status made = fs.make_directory(place.folder.get(), place.name.c_str(), kOwnerAll);
    if (!made && made.error().error_number == EEXIST) continue;
    if (!made) return Error(made.error()).at(path);
    const auto fd = fs.open_directory(place.folder.get(), place.name.c_str());
    if (!fd) return Error(fd.error()).at(path);
    TRY(refuse_filled(fs, fd->get(), path));
    // Where there are no modes, it has what all have there.
    (void)fs.set_mode({fd->get(), false}, mode);
  }
  return success();
}

Error cannot_be_made(const Error& why, const std::string& path) {
  if (why.code == ErrorCode::kRefused) return why;
  return refusal(why.path.empty() ? path : why.path,
                 "the replica does not exist, and can't be made", why.error_number);
}

Status refuse_never_replica(FileSystem& fs, const Root& replica,
                            const std::vector<std::string>& never) {
  for (const std::string& path : never) {
    const auto folder = fs.open_root(path.c_str());
    if (!folder) continue;
    const auto status = fs.status(folder->get());
    if (status && same_number(*status, replica.status)) {
      return bad_pair(replica.path,
                      "'" + path +
                          "' itself can't be a replica, everything in it that the source "
                          "lacks would be removed: name a folder inside it");
    }
  }
  return success();
}

Status refuse_nested(FileSystem& fs, const Roots& roots, int replica_or_parent) {
  const auto in_source = TRY(is_inside(fs, replica_or_parent, roots.source.status));
  if (in_source) {
    return bad_pair(roots.replica_path,
                    "the replica lies inside the source, it would be copied into itself: choose a "
                    "folder outside of '" +
                        roots.source.path + "'");
  }
  if (!roots.replica) return success();
  const auto in_replica = TRY(is_inside(fs, roots.source.fd.get(), roots.replica->status));
  if (in_replica) {
    return bad_pair(
        roots.source.path,
        "the source lies inside the replica, what is beside it would be removed: choose a "
        "replica that does not contain '" +
            roots.source.path + "'");
  }
  return success();
}

}  // namespace

OpenedRoot::~OpenedRoot() {
  const auto now = is_handed_over_ ? Result<FileStatus>(closed_) : fs_.status(directory_.get());
  // Where this fails, the next plan finds the mode.
  if (now && is_as_opened(now->mode, closed_.mode)) {
    (void)fs_.set_mode({directory_.get(), false}, closed_.mode);
  }
}

FileStatus OpenedRoot::as_closed(FileStatus now) const {
  if (is_as_opened(now.mode, closed_.mode)) now.mode = closed_.mode;
  return now;
}

Result<FileStatus> look_again(const Root& root) {
  auto now = root.fs->status(root.fd.get());
  return now && root.opened_up ? Result<FileStatus>(root.opened_up->as_closed(*now)) : now;
}

bool may_be_of_a_cut(const Error& error) {
  switch (error.error_number) {
    case EIO:
    case ENXIO:
    case ENODEV:
    case ESTALE:
    case ENOTCONN:
    case ECONNABORTED:
    case ECONNRESET:
    case ECONNREFUSED:
    case ESHUTDOWN:
    case ETIMEDOUT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

Status still_there(const Root& source, const Root* replica) {
  const auto look = [](const Root& root, const std::string& role) {
    const auto seen = root.fs->status(root.fd.get());
    const auto open = seen ? root.fs->open_directory(root.fd.get(), ".") : Result<Fd>(seen.error());
    if (open || !may_be_of_a_cut(open.error())) return success();
    return Status(gone(open.error(), root.path, role));
  };
  TRY(look(source, "source"));
  return replica != nullptr ? look(*replica, "replica") : success();
}

std::string identity_of(const std::string& file_system, const FileStatus& directory) {
  return file_system + ":" + std::to_string(directory.inode);
}

Result<Root> open_root(FileSystem& fs, const std::string& path, const char* role) {
  return root_at(fs, find_named(fs, path), path, role);
}

Result<Root> open_replica(FileSystem& fs, const std::string& path) {
  return replica_at(fs, find_replica(fs, path), path);
}

std::string folder_above(const std::string& path) {
  std::string folder = path;
  while (folder.size() > 1 && (folder.ends_with('/') || folder.ends_with("/."))) folder.pop_back();
  const std::size_t slash = folder.rfind('/');
  return slash == std::string::npos ? "." : folder.substr(0, std::max<std::size_t>(slash, 1));
}

std::string folder_above(const Roots& roots) {
  const auto& missing = roots.missing_above;
  return folder_above(missing.empty() ? roots.replica_path : missing.front());
}

Result<Roots> open_roots(FileSystem& fs, const RootPaths& paths) {
  auto source = open_root(fs, paths.source, "source");
  if (!source) return source.error();
  Roots roots{std::move(*source), std::nullopt, paths.replica};
  auto place = find_replica(fs, paths.replica);
  if (!place && place.error().error_number == ENOENT) {
    if (!paths.mode_above) {
      return refusal(paths.replica,
                     "neither the replica nor the folder it would be made in can be opened: make "
                     "'" +
                         folder_above(paths.replica) +
                         "' first (--mkpath does so), or correct the path",
                     ENOENT);
    }
    roots.mode_above = *paths.mode_above;
    place = find_above(fs, roots);
    if (!place) return cannot_be_opened(place.error(), paths.replica, kReplica);
    place->status.reset();
  }
  if (place && !place->status) {
    TRY(refuse_nested(fs, roots, place->folder.get()));
    return roots;
  }
  roots.replica = TRY(replica_at(fs, place, paths.replica));
  if (same_number(roots.source.status, roots.replica->status)) {
    return bad_pair(paths.replica,
                    "source and replica are the same folder: nothing can be mirrored");
  }
  if (Status nested = refuse_nested(fs, roots, roots.replica->fd.get()); !nested)
    return nested.error();
  TRY(refuse_never_replica(fs, *roots.replica, paths.never_replica));
  return roots;
}

Result<bool> lies_inside(FileSystem& fs, const std::string& folder, const Root& root) {
  if (!is_one_system(*root.fs, fs)) return false;
  std::string path = folder;
  for (;;) {
    const auto place = find_named(fs, path);
    // What is no folder, or is yet to be made, lies where the one around it does.
    const bool is_folder = place && place->status && place->status->is_directory();
    const Fd* const fd = !place ? nullptr : is_folder ? &place->entry : &place->folder;
    if (fd != nullptr && fd->is_open()) return is_inside(fs, fd->get(), root.status);
    const std::string parent = folder_above(path);
    const bool is_beyond = !place && place.error().error_number != ENOENT;
    if (is_beyond) return Error(place.error()).at(path);
    if (parent == path) return system_error("open", ENOENT).at(path);
    path = parent;
  }
}

Result<bool> is_empty(FileSystem& fs, int directory) {
  const auto here = TRY(fs.open_directory(directory, "."));
  DirectoryNames names;
  for (std::size_t seen = 0;;) {
    const auto more = TRY(names.read_more(fs, here.get()));
    for (; seen < names.size(); ++seen) {
      if (!is_staging_name(names[seen]) && names[seen] != "lost+found") return false;
    }
    if (!more) return true;
  }
}

Status create_replica(FileSystem& fs, Roots& roots, const NewReplica& as) {
  const Status above = make_above(fs, roots.missing_above, roots.mode_above);
  if (!above) return cannot_be_made(above.error(), roots.replica_path);
  const auto place = TRY(find_replica(fs, roots.replica_path));
  if (place.status) return system_error("mkdir", EEXIST).at(roots.replica_path);
  const Status made = fs.make_directory(place.folder.get(), place.name.c_str(), kOwnerAll);
  if (!made) return cannot_be_made(made.error(), roots.replica_path);
  auto fd = fs.open_directory(place.folder.get(), place.name.c_str());
  if (!fd) return Error(fd.error()).at(roots.replica_path);
  TRY(refuse_filled(fs, fd->get(), roots.replica_path));
  // What can't be set here is found by the plan, or can't be held by this file system at all.
  const Handle replica{fd->get(), false};
  const bool as_root = ::geteuid() == 0;
  const FileStatus& wanted = as.wanted;
  const bool has_owner = as_root && fs.set_owner(replica, wanted.uid, wanted.gid).ok();
  if (!has_owner && !fs.set_owner(replica, ::geteuid(), wanted.gid)) {
    (void)fs.set_owner(replica, ::geteuid(), ::getegid());
  }
  auto xattrs = read_xattrs(*roots.source.fs, {roots.source.fd.get(), false}, as_root);
  if (xattrs && as.has_own_mode) xattrs = with_acls_of(std::move(*xattrs), {});
  if (xattrs) (void)write_xattrs(fs, replica, *xattrs, as_root);
  TRY(unless_denied(fs.set_mode(replica, kOwnerAll | (as.has_own_mode ? wanted.mode : 0U))));
  // RACE: by its path it may be something else by now.
  auto opened = TRY(root_of(fs, std::move(fd), roots.replica_path, kReplica));
  opened.exchangeable = place.exchangeable;
  roots.replica = std::move(opened);
  return success();
}

}  // namespace foldersync
