#include "planner/decay_check.h"

#include <cerrno>

namespace foldersync {

bool DecayCheck::reads(const RelPath& path) const {
  return context_.options.reads_all() ||
         (context_.doubts != nullptr && context_.doubts->are_read(path.bytes()));
}

bool DecayCheck::is_accepted(const RelPath& path) {
  if (context_.doubts == nullptr || !context_.doubts->accepted.contains(path.bytes())) return false;
  findings_.accepted.push_back(path);
  return true;
}

void DecayCheck::note_sound(const RelPath& path) {
  if (context_.doubts != nullptr && context_.doubts->held.contains(path.bytes())) {
    findings_.sound_again.push_back(path);
  }
}

void DecayCheck::hold(const RelPath& path, const FileStatus& source, const Error& error) {
  findings_.add_problem(Side::kSource, path, error);
  findings_.held.push_back({path, stamp_of(source)});
  if (source.links > 1) findings_.decayed.push_back(object_of(source));
}

void DecayCheck::tell_unreadable(const RelPath& path, const FileStatus& source,
                                 const Error& error) {
  // Where content is not asked for its own sake, it is asked again next time.
  if (reads(path) && is_decay(error)) {
    hold(path, source, error);
  } else {
    findings_.add_problem(Side::kSource, path, error);
  }
  findings_.unread_files.push_back(size_and_time(source));
}

bool DecayCheck::is_held(const RelPath& path, const FileStatus& source, const FileStatus* replica) {
  if (context_.doubts == nullptr || reads(path)) return false;
  const auto held = context_.doubts->held.find(path.bytes());
  if (held == context_.doubts->held.end() || held->second != stamp_of(source)) return false;
  hold(path, source, system_error(kDecayProblem, EBADMSG));
  const SizeAndTime known = size_and_time(source);
  const bool is_there =
      replica != nullptr && replica->is_file() && size_and_time(*replica) == known;
  if (!is_there) findings_.unread_files.push_back(known);
  return true;
}

// Read it is in any case: a file system can share what it can't read any more.
bool DecayCheck::may_be_carried(const RelPath& path, const FileToRead& file,
                                DirectoryHashes& hashes) {
  if (!reads(path)) return true;
  auto sound = judge_.soundness(file, hashes);
  if (sound && *sound == Soundness::kUnknown) {
    if (const auto read = judge_.md5(file, hashes); !read) sound = read.error();
  }
  if (sound && (*sound != Soundness::kDecayed || is_accepted(path))) {
    note_sound(path);
    return true;
  }
  tell_unreadable(path, file.status, sound ? system_error(kDecayProblem, EBADMSG) : sound.error());
  return false;
}

void DecayCheck::judge_equal(const RelPath& path, const FileStatus& source, const Md5& md5,
                             const std::optional<Md5>& source_remembered,
                             const std::optional<Md5>& replica_remembered) {
  if (!reads(path)) return;
  const bool source_is_other = source_remembered && *source_remembered != md5;
  const bool replica_is_other = replica_remembered && *replica_remembered != md5;
  const bool is_sound = !source_is_other && !replica_is_other;
  if (is_sound || is_accepted(path) || !source_is_other) return note_sound(path);
  hold(path, source, system_error(kDecayProblem, EBADMSG));
}

bool DecayCheck::is_decayed(const FileToRead& file, DirectoryHashes& hashes) {
  const auto sound = judge_.soundness(file, hashes);
  return sound ? *sound == Soundness::kDecayed : is_decay(sound.error());
}

}  // namespace foldersync
