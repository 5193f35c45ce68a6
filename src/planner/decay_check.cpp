#include "planner/decay_check.h"

#include <cerrno>
#include <utility>

namespace foldersync {

bool DecayCheck::may_be_carried(const RelPath& path, const FileToRead& file,
                                DirectoryHashes& hashes) {
  if (!context_.options.reads_all()) return true;
  if (context_.accepted != nullptr && context_.accepted->contains(path.bytes())) {
    hashes.forget(file.name);
  }
  const auto sound = judge_.soundness(file, hashes);
  if (sound && *sound != Soundness::kDecayed) return true;
  findings_.add_problem(Side::kSource, path,
                        sound ? system_error(kDecayProblem, EBADMSG) : sound.error());
  findings_.unread_files.push_back(size_and_time(file.status));
  return false;
}

bool DecayCheck::is_decayed(const FileToRead& file, DirectoryHashes& hashes) {
  if (!context_.options.reads_all()) return false;
  const auto sound = judge_.soundness(file, hashes);
  return sound ? *sound == Soundness::kDecayed : is_decay(sound.error());
}

}  // namespace foldersync
