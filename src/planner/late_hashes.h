// Hashes of equal files that are computed many at a time, after the files were decided about.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/file_status.h"
#include "planner/decay_check.h"
#include "planner/findings.h"
#include "scan/directory_hashes.h"
#include "scan/md5_batch.h"

namespace foldersync {

// A file of both trees whose hash is in the batch, and the finding that has to get it, if any.
struct LateHash {
  std::string directory;
  std::string name;
  FileStatus source;
  FileStatus replica;
  FileTime read_at;
  std::optional<Md5> source_remembered;  // see ReadHash
  std::optional<Md5> replica_remembered;
  std::optional<std::size_t> action;  // index in Findings::actions
  std::optional<std::size_t> linked;  // index in Findings::linked
};

// One thread's.
class LateHashes {
 public:
  // What files are read into.
  Md5Batch& batch() { return batch_; }
  // The answer lasts until the next call. Requires: in the order in which the batch took them.
  LateHash& add(LateHash file) { return files_.emplace_back(std::move(file)); }
  // Hashes the batch, gives each finding the hash that it waits for, and remembers it.
  void finish(Findings& findings, DecayCheck decay, DirectoryHashes& source,
              DirectoryHashes& replica);

 private:
  Md5Batch batch_;
  std::vector<LateHash> files_;  // one for each content of the batch
};

}  // namespace foldersync
