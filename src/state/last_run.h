// What the last good run saw of its two folders, and whether the folders of today are the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/file_time.h"
#include "core/result.h"
#include "state/memory.h"

namespace foldersync {

// A file system that was mounted inside the source.
struct KnownMount {
  std::string path;         // bytes, relative to the source
  std::string file_system;  // see FileSystem::file_system_id
  friend bool operator==(const KnownMount&, const KnownMount&) = default;
};

// A folder by what stays the same after a reboot.
struct FolderMemory {
  std::vector<std::string> file_systems;  // see FileSystem::file_system_ids
  std::string inode;
  bool has_entries = false;
  friend bool operator==(const FolderMemory&, const FolderMemory&) = default;
};

// Whether both lie on one file system: where they have a name in common that no other one has. The
// device number, which the next disk may get, counts where one of them has nothing else.
bool on_same_file_system(const FolderMemory& a, const FolderMemory& b);
bool are_same(const FolderMemory& a, const FolderMemory& b);

struct LastRun {
  std::string source_path;  // both absolute, as a person named them
  std::string replica_path;
  FolderMemory source;
  FolderMemory replica;
  std::vector<KnownMount> mounts;
  std::uint64_t entries = 0;  // of the source, in all its folders, as far as they took part
  std::uint64_t files = 0;    // those of them that are no directories
  // Directories of the source, in path order: what the first run could not read, and never since
  // (nothing: that is not known); and what a later one could not.
  std::optional<std::vector<std::string>> never_read = std::nullopt;
  std::vector<std::string> unread = {};
  // When the last run that had something to do began; nothing: that is not known.
  std::optional<FileTime> last_look = std::nullopt;
  friend bool operator==(const LastRun&, const LastRun&) = default;
};

// The folders of today.
struct Pair {
  std::string source_path;
  std::string replica_path;
  std::optional<FolderMemory> replica;  // nothing: it is missing
};

struct Recalled {
  LastRun run;
  bool is_this_replica = false;  // false: it was found by its path alone, and may be another one
};

// The last run of this replica, from whatever source: found by any name of the folder, or else by
// its path; nothing where there was none. Error kState: there may have been one, and what it saw
// can't be read.
Result<std::optional<Recalled>> recall(Memory& memory, const Pair& pair);
// Kept with save(). Requires: `run` is not what recall() gave.
void remember(Memory& memory, const LastRun& run);

// Whether a run of this version or a later one has found, or made, the capabilities of the
// replica's files to be those of the source. `identity`: see Root::identity; `part`: what took
// part, any bytes.
bool are_capabilities_known(Memory& memory, const std::string& identity, const std::string& part);
// Kept with save().
void know_capabilities(Memory& memory, const std::string& identity, const std::string& part);

// "1 entry", "12 entries": what the last run saw.
std::string entries_of(const LastRun& run);

// Why the replica of today is not to be filled, as a sentence; empty where it may. `now` is nothing
// where it is missing.
std::string suspicion_about_replica(const LastRun& last, const std::optional<FolderMemory>& now);

}  // namespace foldersync
