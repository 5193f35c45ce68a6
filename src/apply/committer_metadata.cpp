// The part of a Committer that tells what became of entries that got other metadata.
#include <utility>

#include "apply/attributes.h"
#include "apply/committer.h"

namespace foldersync {

std::uint32_t Committer::names_added(const RelPath& path) const {
  const auto added = links_added_.find(path);
  return added == links_added_.end() ? 0 : added->second;
}

void Committer::tell_in_place(const Action& action, std::uint64_t seq, const StagedSlot& slot,
                              const std::optional<InPlace>& done) {
  if (!done) return outcomes_.skip(action, seq);
  if (!holds_again(action, seq, slot, done->look)) return;
  if (auto drift = foreign_name(action, done->look, names_added(action.path))) {
    return outcomes_.stale(action, seq, {std::move(*drift)});
  }
  tell_metadata(action, seq, *done);
}

void Committer::tell_metadata(const Action& action, std::uint64_t seq, const InPlace& done) {
  if (!done.changed) {
    return outcomes_.stale(action, seq,
                           {{Side::kReplica, {"content", "as planned", "changed meanwhile"}}});
  }
  if (done.touched == FileType::kFile) {
    touched_.files.push_back(action.path);
  } else if (done.touched) {
    touched_.others = true;
  }
  if (!*done.changed) return outcomes_.failed(action, seq, done.changed->error());
  learn_from(**done.changed, done.look.wanted);
  outcomes_.done(action, seq, Outcome::kOk);
}

void Committer::learn_from(const FileStatus& found, const FileStatus& wanted) {
  if (found.mtime != wanted.mtime) {
    learn_mtime(fs_, folder_.get(), wanted.mtime, context_.book);
  }
}

}  // namespace foldersync
