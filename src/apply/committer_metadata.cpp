// The part of a Committer that tells what became of entries that got other metadata.
#include <utility>

#include "apply/attributes.h"
#include "apply/committer.h"

namespace foldersync {

std::uint32_t Committer::names_added(const RelPath& path) const {
  const auto added = links_added_.find(path);
  return added == links_added_.end() ? 0 : added->second;
}

void Committer::tell_in_place(const Slot& slot, const std::optional<InPlace>& done) {
  const Action& action = slot.action;
  if (!done) return outcomes_.skip(slot);
  if (!holds_again(slot, done->look)) return;
  if (auto drift = foreign_name(action, done->look, names_added(action.path))) {
    return outcomes_.stale(slot, {std::move(*drift)});
  }
  tell_metadata(slot, *done);
}

void Committer::tell_metadata(const Slot& slot, const InPlace& done) {
  const Action& action = slot.action;
  if (!done.changed) {
    return outcomes_.stale(slot,
                           {{Side::kReplica, {"content", "as planned", "changed meanwhile"}}});
  }
  if (done.touched == FileType::kFile) {
    touched_.files.push_back(action.path);
  } else if (done.touched) {
    touched_.others = true;
  }
  if (!*done.changed) return outcomes_.failed(slot, done.changed->error());
  learn_from(**done.changed, done.look.wanted);
  outcomes_.done(slot, Outcome::kOk);
}

void Committer::learn_from(const FileStatus& found, const FileStatus& wanted) {
  if (found.mtime != wanted.mtime) {
    learn_mtime(fs_, folder_.get(), wanted.mtime, context_.book);
  }
}

}  // namespace foldersync
