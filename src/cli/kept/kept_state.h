// What is kept between runs, as a command has it open: hash cache, memory, and what a person should
// know of both.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/kept/carried.h"
#include "cli/kept/staging_keys.h"
#include "core/file_system_limits.h"
#include "fs/file_system.h"
#include "plan/spool.h"
#include "scan/roots.h"
#include "state/hash_cache.h"
#include "state/memory.h"

namespace foldersync {

// Whatever is wrong with the state folder is a warning, and no obstacle.
class KeptState {
 public:
  // `folder` is absolute; empty: none is known, and nothing is kept.
  KeptState(FileSystem& fs, std::string folder) : fs_(fs), folder_(std::move(folder)) {}

  // Opens the memory, unless it is open, and gets the hash cache ready.
  void open();
  HashCache* cache() { return cache_.get(); }  // null before open(), and without a folder
  Memory* memory() { return memory_.get(); }   // likewise, and where it can't be used
  StagingKeys& staging_keys() { return staging_keys_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  Carried& carried() { return carried_; }

  void warn(std::string warning) { warnings_.push_back(std::move(warning)); }
  // Not in each cycle of a loop.
  void warn_once(std::string warning);
  // What was to be told since this was asked last.
  std::vector<std::string> take_warnings();
  void tell_warnings();  // the same, on standard error

  // What is known of the replica's file system; and what is known by now instead, which is kept
  // with save().
  FileSystemLimits known_limits(const Root& replica);
  void set_limits(const Root& replica, const FileSystemLimits& limits);
  // Whether the last question about them was asked a day ago, or never. One is asked now.
  bool is_time_to_ask(const Root& replica);
  void note_question(const Root& replica);
  // Where large plans are kept: in the state folder, which is made, or else where temporary files
  // are. Requires: the object outlives it.
  [[nodiscard]] Spooling spooling();

  // What a file of the tree held is not known any more, once this is saved.
  void forget_hash(const Root& root, const RelPath& path);
  // Keeps the hashes, what was learned of the replica's file system, and what was put into the
  // memory.
  void save(const Root& replica, const FileSystemLimits& limits);
  // Whatever goes wrong here costs time in the next run, and nothing else.
  void save_hashes();

 private:
  FileSystem& fs_;
  std::string folder_;
  std::unique_ptr<HashCache> cache_;
  std::unique_ptr<Memory> memory_;
  std::vector<std::string> warnings_;
  Carried carried_;
  MemoryStagingKeys staging_keys_{memory_, warnings_, carried_};
};

}  // namespace foldersync
