// The two folders a run works on, opened once and held.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/file_status.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"

namespace foldersync {

struct Root {
  Fd fd;
  FileStatus status;
  std::string path;         // bytes, absolute, as the person named it
  std::string file_system;  // which file system, see FileSystem::file_system_id
  std::string identity;     // file system and inode: the same after a reboot
  Sharing sharing = Sharing::kShared;
  Fd lock_file = Fd();  // is locked in place of `fd`, where that can't be: see apply/lock.h
  std::string exchangeable = {};  // on the way to it, see NamedPlace; empty: nothing
};

struct Roots {
  Root source;
  std::optional<Root> replica;  // nothing: it does not exist yet, but its parent does
  std::string replica_path;
};

struct RootPaths {
  std::string source;   // absolute
  std::string replica;  // absolute
  std::vector<std::string>
      never_replica;  // folders that are refused as replica: "/", the home folder
};

// Opens one folder for reading, by find_named(). Error kRefused where it is missing or no folder,
// or a link of somebody else leads there.
Result<Root> open_root(FileSystem& fs, const std::string& path, const char* role);

// The same of the folder that is to be a replica; kRefused with ENOENT where nothing has that name.
Result<Root> open_replica(FileSystem& fs, const std::string& path);

// The path of the folder that holds the last name of `path`, which may end with "/" or "/.".
std::string folder_above(const std::string& path);

// Opens both. Errors have a sentence for the person. kRefused where one is no folder, the source or
// the replica's parent is missing, or a link of somebody else leads to one; kBadPair where
// the replica is a folder that is never one, both are the same, or one lies inside the other:
// decided by what is opened, not by names. What a bind mount hides from that is found during the
// walk.
Result<Roots> open_roots(FileSystem& fs, const RootPaths& paths);

// Whether `folder` is `root` or lies below it; a folder that does not exist yet counts as being
// where its nearest existing ancestor is.
Result<bool> lies_inside(FileSystem& fs, const std::string& folder, const Root& root);

// Whether a folder holds nothing but what a file system or a run of ours keeps in it.
Result<bool> is_empty(FileSystem& fs, int directory);

// Whether the root holds an entry of any type at `path`; no link is followed on the way. What can't
// be looked at counts as missing. Requires: `path` is not the root.
bool has_entry(FileSystem& fs, const Root& root, const RelPath& path);

// Makes the missing replica folder, with the source's owner (as root), attributes and ACLs, closed
// to everybody else until its mode is set in the end, and opens it.
Status create_replica(FileSystem& fs, Roots& roots);

}  // namespace foldersync
