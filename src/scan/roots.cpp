#include "scan/roots.h"

#include <unistd.h>

#include <cerrno>

#include "fs/directory_cursor.h"
#include "fs/xattrs.h"
#include "scan/directory_names.h"

namespace foldersync {
namespace {

Error refusal(std::string path, std::string detail, int error_number = 0) {
  return Error{ErrorCode::kRefused, "open", std::move(path), error_number, std::move(detail)};
}

Error bad_pair(std::string path, std::string detail) {
  return Error{ErrorCode::kBadPair, "open", std::move(path), 0, std::move(detail)};
}

constexpr const char* kReplica = "replica";
constexpr int kMostLinks = 40;  // one after the other, as the kernel has it

// A path split into its parent and its last component; "." where that is the top of all.
struct SplitPath {
  std::string parent;
  std::string name;
};

SplitPath split(std::string path) {
  // With a slash or "/." at its end a link is followed, whoever looks at it.
  while (path.size() > 1 && (path.ends_with('/') || path.ends_with("/."))) path.pop_back();
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  const std::string name = path.substr(slash + 1);
  return {slash == 0 ? "/" : path.substr(0, slash), name.empty() ? "." : name};
}

// Whether `directory` is `ancestor` or lies below it, by climbing to the top.
Result<bool> is_inside(FileSystem& fs, int directory, const FileStatus& ancestor) {
  auto here = fs.open_directory(directory, ".");
  if (!here) return here.error();
  auto status = fs.status(here->get());
  while (status) {
    if (same_object(*status, ancestor)) return true;
    auto above = fs.open_parent(here->get());
    if (!above) return above.error();
    auto above_status = fs.status(above->get());
    if (above_status && same_object(*above_status, *status)) return false;
    here = std::move(above);
    status = std::move(above_status);
  }
  return status.error();
}

Status refuse_odd_link(const FileStatus& link, const std::string& path) {
  if (link.uid == 0 || link.uid == ::geteuid()) return success();
  return refusal(path, "the replica is a symbolic link that belongs to somebody else (uid " +
                           std::to_string(link.uid) + "): name the folder itself");
}

// A link of /proc does not lead to what its text names, and any other may be a new one by now.
Result<Fd> opened_by_links(FileSystem& fs, const std::string& path, Fd folder) {
  const auto followed = fs.open_root(path.c_str());
  const auto there = followed ? fs.status(followed->get()) : Result<FileStatus>(followed.error());
  const auto here = fs.status(folder.get());
  if (there && here && same_object(*there, *here)) return folder;
  return refusal(path,
                 "the replica is a symbolic link that does not lead where it seems to: name "
                 "the folder itself");
}

// Opens the folder that is to be the replica. ENOENT where nothing has its name.
// RACE: who owns the folder above may exchange the name, at any moment, with a link to elsewhere.
// So a folder is opened without following a link; a link is opened itself, and judged, and what is
// followed is the target of that one.
Result<Fd> open_judged(FileSystem& fs, const std::string& path) {
  std::string here = path;
  for (int links = 0; links <= kMostLinks; ++links) {
    const SplitPath parts = split(here);
    const auto above = fs.open_above(parts.parent.c_str());
    auto folder = above ? fs.open_directory(above->get(), parts.name.c_str()) : above.error();
    if (folder)
      return links == 0 ? std::move(folder) : opened_by_links(fs, path, std::move(*folder));
    const int number = folder.error().error_number;
    if (number == ENOENT && links > 0) {
      return refusal(path,
                     "the replica is a symbolic link that leads nowhere: name the folder itself");
    }
    if (!above || (number != ENOTDIR && number != ELOOP)) return folder;
    const auto link = fs.open_entry(above->get(), parts.name.c_str());
    const auto status = link ? fs.status(link->get()) : link.error();
    if (!status || status->type != FileType::kSymlink) return folder;
    TRY(refuse_odd_link(*status, path));
    auto target = TRY(fs.link_target(link->get(), ""));
    here = target.starts_with('/') ? std::move(target) : parts.parent + "/" + target;
  }
  return system_error("open", ELOOP);
}

Error cannot_be_opened(const Error& why, const std::string& path, const char* role) {
  if (why.code == ErrorCode::kRefused) return why;
  const int number = why.error_number;
  const char* what = number == ENOENT    ? " does not exist"
                     : number == ENOTDIR ? " is not a folder"
                                         : " can't be opened";
  return refusal(path, std::string("the ") + role + what, number);
}

// What is open as `fd`, by the path that it was opened by.
Result<Root> root_at(FileSystem& fs, Result<Fd> fd, const std::string& path, const char* role) {
  if (!fd) return cannot_be_opened(fd.error(), path, role);
  const auto status = fs.status(fd->get());
  if (!status)
    return refusal(path, std::string("the ") + role + " can't be examined",
                   status.error().error_number);
  const auto id = fs.file_system_id(fd->get());
  if (!id)
    return refusal(path, std::string("the ") + role + " can't be examined",
                   id.error().error_number);
  const auto sharing = fs.sharing(fd->get());
  return Root{std::move(*fd),
              *status,
              path,
              *id,
              *id + ":" + std::to_string(status->inode),
              sharing ? *sharing : Sharing::kShared,
              Fd()};
}

Status refuse_never_replica(FileSystem& fs, const Root& replica,
                            const std::vector<std::string>& never) {
  for (const std::string& path : never) {
    const auto folder = fs.open_root(path.c_str());
    if (!folder) continue;
    const auto status = fs.status(folder->get());
    if (status && same_object(*status, replica.status)) {
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

Result<Root> open_root(FileSystem& fs, const std::string& path, const char* role) {
  return root_at(fs, fs.open_root(path.c_str()), path, role);
}

Result<Root> open_replica(FileSystem& fs, const std::string& path) {
  return root_at(fs, open_judged(fs, path), path, kReplica);
}

std::string folder_above(const std::string& path) { return split(path).parent; }

Result<Roots> open_roots(FileSystem& fs, const RootPaths& paths) {
  auto source = open_root(fs, paths.source, "source");
  if (!source) return source.error();
  Roots roots{std::move(*source), std::nullopt, paths.replica};
  auto replica = open_replica(fs, paths.replica);
  if (!replica) {
    if (replica.error().error_number != ENOENT) return replica.error();
    const auto parent = fs.open_root(folder_above(paths.replica).c_str());
    if (!parent) {
      return refusal(
          paths.replica,
          "neither the replica nor the folder it would be made in can be opened: make '" +
              folder_above(paths.replica) + "' first, or correct the path",
          parent.error().error_number);
    }
    TRY(refuse_nested(fs, roots, parent->get()));
    return roots;
  }
  roots.replica = std::move(*replica);
  if (same_object(roots.source.status, roots.replica->status)) {
    return bad_pair(paths.replica,
                    "source and replica are the same folder: nothing can be mirrored");
  }
  if (Status nested = refuse_nested(fs, roots, roots.replica->fd.get()); !nested)
    return nested.error();
  TRY(refuse_never_replica(fs, *roots.replica, paths.never_replica));
  return roots;
}

Result<bool> lies_inside(FileSystem& fs, const std::string& folder, const Root& root) {
  std::string path = folder;
  for (;;) {
    const auto fd = fs.open_root(path.c_str());
    if (fd) return is_inside(fs, fd->get(), root.status);
    const std::string parent = folder_above(path);
    if (fd.error().error_number != ENOENT || parent == path) return Error(fd.error()).at(path);
    path = parent;
  }
}

Result<bool> is_empty(FileSystem& fs, int directory) {
  const auto here = TRY(fs.open_directory(directory, "."));
  DirectoryNames names;
  for (std::size_t seen = 0;;) {
    const auto more = TRY(names.read_more(fs, here.get()));
    for (; seen < names.size(); ++seen) {
      if (names[seen] != kStagingName && names[seen] != "lost+found") return false;
    }
    if (!more) return true;
  }
}

bool has_entry(FileSystem& fs, const Root& root, const RelPath& path) {
  DirectoryCursor cursor(fs, root.fd.get(), {}, descriptors_per_cursor(1));
  const auto parent = cursor.enter(path.parent_bytes());
  return parent && fs.status_at(*parent, std::string(path.name()).c_str());
}

Status create_replica(FileSystem& fs, Roots& roots) {
  const SplitPath parts = split(roots.replica_path);
  const auto parent = fs.open_root(parts.parent.c_str());
  if (!parent) return Error(parent.error()).at(parts.parent);
  Status made = fs.make_directory(parent->get(), parts.name.c_str(), 0700);
  if (!made) return std::move(made).error().at(roots.replica_path);
  auto fd = fs.open_directory(parent->get(), parts.name.c_str());
  if (!fd) return Error(fd.error()).at(roots.replica_path);
  // What can't be set here is found by the plan, or can't be held by this file system at all.
  const Handle replica{fd->get(), false};
  const bool as_root = ::geteuid() == 0;
  if (as_root) (void)fs.set_owner(replica, roots.source.status.uid, roots.source.status.gid);
  const auto xattrs = read_xattrs(fs, {roots.source.fd.get(), false}, as_root);
  if (xattrs) (void)write_xattrs(fs, replica, *xattrs, as_root);
  TRY(fs.set_mode(replica, 0700));
  // RACE: by its path it may be something else by now.
  auto opened = TRY(root_at(fs, std::move(fd), roots.replica_path, kReplica));
  roots.replica = std::move(opened);
  return success();
}

}  // namespace foldersync
