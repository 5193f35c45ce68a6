// The two folders a run works on, opened once and held.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/file_status.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"
#include "fs/replica_access.h"

namespace foldersync {

// A replica's root that is the caller's own and closed to him, opened up for as long as this lives
// and nobody else has taken that over. CRASH: killed meanwhile, it keeps u+rwx, and the next plan
// finds its mode.
class OpenedRoot {
 public:
  // `directory`: the root, which was `closed` before.
  OpenedRoot(FileSystem& fs, Fd directory, const FileStatus& closed)
      : fs_(fs), directory_(std::move(directory)), closed_(closed) {}
  ~OpenedRoot();
  OpenedRoot(const OpenedRoot&) = delete;
  OpenedRoot& operator=(const OpenedRoot&) = delete;

  // As it was, where it is still as it was opened up.
  [[nodiscard]] FileStatus as_closed(FileStatus now) const;
  // Who calls closes it.
  OpenedUp hand_over() {
    is_handed_over_ = true;
    return {closed_.mode, closed_};
  }

 private:
  FileSystem& fs_;
  Fd directory_;
  FileStatus closed_;
  bool is_handed_over_ = false;
};

struct Root {
  // Of this side: whatever is asked or done below the root goes to it. By path where others than
  // this system have a hand in it, until it is known that numbers can be relied on.
  FileSystem* fs = nullptr;
  Fd fd;
  FileStatus status;
  std::string path;                            // bytes, absolute, as the person named it
  std::string file_system = {};                // which file system, see FileSystem::file_system_id
  std::vector<std::string> file_systems = {};  // all its names, see FileSystem::file_system_ids
  // Its inode number, or its path where it is known by that and by what is mounted.
  std::string number = {};
  std::string identity =
      {};  // file system and number: the same after a reboot, or when mounted anew
  Sharing sharing = Sharing::kShared;
  Fd lock_file = Fd();  // is locked in place of `fd`, where that can't be: see apply/lock.h
  std::string exchangeable = {};               // on the way to it, see NamedPlace; empty: nothing
  std::shared_ptr<OpenedRoot> opened_up = {};  // null: it did not have to be
  std::shared_ptr<OpenedNotes> notes = {};     // of directories that are opened up; null: none
};

inline bool is_one_system(const Root& a, const Root& b) { return is_one_system(*a.fs, *b.fs); }

struct Roots {
  Root source;
  std::optional<Root> replica;  // nothing: it does not exist yet, but its parent does
  std::string replica_path;
  std::vector<std::string> missing_above = {};  // folders that are to be made before it, in order
  std::uint32_t mode_above = kOwnerAll;         // and get this mode
};

struct RootPaths {
  std::string source;   // absolute
  std::string replica;  // absolute
  std::vector<std::string>
      never_replica;  // folders that are refused as replica: "/", the home folder
  // The folders above the replica may be missing, and are made with it, with this mode.
  std::optional<std::uint32_t> mode_above = std::nullopt;
};

// What Root::identity says of a directory.
std::string identity_of(const std::string& file_system, const FileStatus& directory);

// Opens one folder for reading, by find_named(). Error kRefused where it is missing or no folder,
// or a link of somebody else leads there.
Result<Root> open_root(FileSystem& fs, const std::string& path, const char* role);

// The same of the folder that is to be a replica; kRefused with ENOENT where nothing has that name.
Result<Root> open_replica(FileSystem& fs, const std::string& path);

// The path of the folder that holds the last name of `path`, which may end with "/" or "/.".
std::string folder_above(const std::string& path);

// What the root is by now, but for what it was opened up for.
Result<FileStatus> look_again(const Root& root);

// Whether an error can come of a file system that has gone as a whole: the network was cut, what
// serves the mount has died, the disk was pulled.
bool may_be_of_a_cut(const Error& error);
// An error for a person where one of them can't be looked at any more.
Status still_there(const Root& source, const Root* replica);

// The nearest folder above a replica that does not exist yet which is there.
std::string folder_above(const Roots& roots);

// Opens both, by the same file system. Errors have a sentence for the person. kRefused where one is
// no folder, the source or the replica's parent is missing (see `mode_above`), or a link of
// somebody else leads to one; kBadPair where the replica is a folder that is never one, both are
// the same, or one lies inside the other: decided by what is opened, not by names. What a bind
// mount hides from that is found during the walk.
Result<Roots> open_roots(FileSystem& fs, const RootPaths& paths);

// Whether `folder`, of `fs`, is `root` or lies below it; a folder that does not exist yet counts as
// being where its nearest existing ancestor is.
Result<bool> lies_inside(FileSystem& fs, const std::string& folder, const Root& root);

// Whether a folder holds nothing but what a file system or a run of ours keeps in it.
Result<bool> is_empty(FileSystem& fs, int directory);

// What a replica that is made gets of the source's root.
struct NewReplica {
  FileStatus wanted;  // its owner, where that can be given
  // The mode at once, with u+rwx, and no ACL: where nothing gives it one in the end. Otherwise it
  // is closed to everybody else until then.
  bool has_own_mode = false;
};

// Makes the missing replica folder in `fs`, and what is missing above it, with owner (as root),
// attributes and ACLs, and opens it. Error kRefused where it can't be made.
Status create_replica(FileSystem& fs, Roots& roots, const NewReplica& as);

}  // namespace foldersync
