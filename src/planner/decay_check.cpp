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

void DecayCheck::hold(const RelPath& path, const FileStatus& source, const Error& error,
                      const std::optional<Md5>& good) {
  findings_.add_problem(Side::kSource, path, error);
  findings_.held.push_back({path, stamp_of(source), good, error.error_number});
  if (source.links > 1) findings_.decayed.push_back(object_of(source));
}

void DecayCheck::tell_unreadable(const RelPath& path, const FileStatus& source, const Error& error,
                                 const std::optional<Md5>& known) {
  // Where content is not asked for its own sake, it is asked again next time.
  if (reads(path) && is_decay(error)) {
    hold(path, source, error, known);
  } else {
    findings_.add_problem(Side::kSource, path, error);
  }
  findings_.unread_files.push_back(size_and_time(source));
}

// What the replica has under another name may be the last that is good.
void DecayCheck::keep_copies(const FileStatus& source, const FileStatus* replica) {
  const SizeAndTime known = size_and_time(source);
  const bool is_there =
      replica != nullptr && replica->is_file() && size_and_time(*replica) == known;
  if (!is_there) findings_.unread_files.push_back(known);
}

bool DecayCheck::is_held(const RelPath& path, const FileToRead& source, const FileStatus* replica,
                         DirectoryHashes& hashes) {
  const HeldFile* const held =
      context_.doubts == nullptr ? nullptr : context_.doubts->held_like(path, source.status);
  if (held == nullptr || is_accepted(path)) return false;
  const bool is_as_it_was = held->stamp == stamp_of(source.status);
  Error error =
      system_error(held->error_number == EBADMSG ? kDecayProblem : "read", held->error_number);
  if (!is_as_it_was || reads(path)) {
    const auto content =
        is_as_it_was || held->good ? judge_.md5(source, hashes) : Result<Md5>(Md5{});
    if (content && (!held->good || *content == *held->good)) {
      findings_.sound_again.push_back(held->path);
      return false;
    }
    error = content ? system_error(kDecayProblem, EBADMSG) : content.error();
  }
  hold(path, source.status, error, held->good);
  keep_copies(source.status, replica);
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
  if (sound && (*sound != Soundness::kDecayed || is_accepted(path))) return true;
  tell_unreadable(path, file.status, sound ? system_error(kDecayProblem, EBADMSG) : sound.error(),
                  hashes.remembered(file));
  return false;
}

void DecayCheck::judge_equal(const RelPath& path, const FileStatus& source, const Md5& md5,
                             const std::optional<Md5>& source_remembered,
                             const std::optional<Md5>& replica_remembered) {
  if (!reads(path)) return;
  const bool source_is_other = source_remembered && *source_remembered != md5;
  const bool replica_is_other = replica_remembered && *replica_remembered != md5;
  const bool is_sound = !source_is_other && !replica_is_other;
  if (is_sound || is_accepted(path) || !source_is_other) return;
  hold(path, source, system_error(kDecayProblem, EBADMSG), source_remembered);
}

bool DecayCheck::is_decayed(const FileToRead& file, DirectoryHashes& hashes) {
  const auto sound = judge_.soundness(file, hashes);
  return sound ? *sound == Soundness::kDecayed : is_decay(sound.error());
}

}  // namespace foldersync
