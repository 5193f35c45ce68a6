#include "planner/decay_check.h"

#include <cerrno>

namespace foldersync {

bool DecayCheck::is_accepted(const RelPath& path) {
  if (context_.accepted == nullptr || !context_.accepted->contains(path.bytes())) return false;
  findings_.accepted.push_back(path);
  return true;
}

// Read it is in any case: a file system can share what it can't read any more.
bool DecayCheck::may_be_carried(const RelPath& path, const FileToRead& file,
                                DirectoryHashes& hashes) {
  if (!context_.options.reads_all()) return true;
  auto sound = judge_.soundness(file, hashes);
  if (sound && *sound == Soundness::kUnknown) {
    if (const auto read = judge_.md5(file, hashes); !read) sound = read.error();
  }
  if (sound && (*sound != Soundness::kDecayed || is_accepted(path))) return true;
  findings_.add_problem(Side::kSource, path,
                        sound ? system_error(kDecayProblem, EBADMSG) : sound.error());
  findings_.unread_files.push_back(size_and_time(file.status));
  if (file.status.links > 1) findings_.decayed.push_back(object_of(file.status));
  return false;
}

void DecayCheck::judge_equal(const RelPath& path, const Md5& md5,
                             const std::optional<Md5>& source_remembered,
                             const std::optional<Md5>& replica_remembered) {
  if (!context_.options.reads_all()) return;
  const bool source_is_other = source_remembered && *source_remembered != md5;
  const bool replica_is_other = replica_remembered && *replica_remembered != md5;
  if (!source_is_other && !replica_is_other) return;
  if (is_accepted(path) || !source_is_other) return;
  findings_.add_problem(Side::kSource, path, system_error(kDecayProblem, EBADMSG));
}

bool DecayCheck::is_decayed(const FileToRead& file, DirectoryHashes& hashes) {
  if (!context_.options.reads_all()) return false;
  const auto sound = judge_.soundness(file, hashes);
  return sound ? *sound == Soundness::kDecayed : is_decay(sound.error());
}

}  // namespace foldersync
