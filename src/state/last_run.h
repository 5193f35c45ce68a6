// What the last good run saw of its two folders, and when the folders of today are suspicious.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "state/memory.h"

namespace foldersync {

// A file system that was mounted inside the source.
struct KnownMount {
  std::string path;         // bytes, relative to the source
  std::string file_system;  // see FileSystem::file_system_id
  friend bool operator==(const KnownMount&, const KnownMount&) = default;
};

struct FolderMemory {
  std::string identity;  // file system and inode, see Root
  std::string file_system;
  bool has_entries = false;
  friend bool operator==(const FolderMemory&, const FolderMemory&) = default;
};

struct LastRun {
  FolderMemory source;
  FolderMemory replica;
  std::vector<KnownMount> mounts;
  std::uint64_t entries = 0;  // of the source, in all its folders
  friend bool operator==(const LastRun&, const LastRun&) = default;
};

// What is remembered of a pair of folders, by the names a person gives them; nothing where there
// was no run. Error kState: there may have been one, and what it saw can't be read.
Result<std::optional<LastRun>> recall(Memory& memory, std::string_view source_path,
                                      std::string_view replica_path);
void remember(Memory& memory, std::string_view source_path, std::string_view replica_path,
              const LastRun& run);

// Why the source of today is not to be mirrored, as a sentence; empty where it may. An emptied
// folder is only suspicious where it is another one than last time: an unmounted disk, say.
std::string suspicion_about_source(const LastRun& last, const FolderMemory& now);

// Likewise of the replica; `now` is nothing where it is missing.
std::string suspicion_about_replica(const LastRun& last, const std::optional<FolderMemory>& now);

}  // namespace foldersync
