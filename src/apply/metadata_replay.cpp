#include "apply/metadata_replay.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "apply/attributes.h"

namespace foldersync {
namespace {

// Whether what the action is about stays the object that it is and gets other metadata.
bool is_in_place(const Action& action) {
  const bool moves_leaf = action.op == Op::kMove && action.after->type != FileType::kDirectory;
  return action.op == Op::kMetadata || moves_leaf;
}

// Where the replica had what the action changes.
const RelPath& old_path(const Action& action) {
  return action.op == Op::kMove ? *action.other : action.path;
}

}  // namespace

void MetadataReplay::tell(const RelPath& path, Status done) {
  if (!done) result_.errors.push_back(std::move(done).error().at(path.bytes()));
}

void MetadataReplay::forward() {
  for (const bool finish : {false, true}) {
    for (std::size_t i = 0; i < record_.actions.size(); ++i) {
      const Action& action = record_.plan.actions[i];
      if (!record_.actions[i].is_due || !is_in_place(action) || action.path.is_root()) continue;
      if ((action.phase == Phase::kFinish) == finish) {
        tell(action.path, give(action, record_.actions[i]));
      }
    }
  }
  close_loosened();
}

void MetadataReplay::finish_root() {
  for (std::size_t i = 0; i < record_.actions.size(); ++i) {
    const Action& action = record_.plan.actions[i];
    if (!record_.actions[i].is_due || !action.path.is_root()) continue;
    if (action.phase == Phase::kFinish) tell(action.path, give(action, record_.actions[i]));
  }
}

Result<Fd> MetadataReplay::open(const RelPath& path) {
  if (path.is_root()) return fs_.open_directory(context_.replica.fd.get(), ".");
  const auto parent = TRY(access_.parent(path));
  return fs_.open_entry(parent, std::string(path.name()).c_str());
}

Status MetadataReplay::give(const Action& action, const ActionRecord& record) {
  const auto entry = open(action.path);
  if (!entry && is_absence(entry.error())) {
    ++result_.overtaken;
    return success();
  }
  if (!entry) return entry.error();
  const auto now = TRY(fs_.status(entry->get()));
  if (now.type != action.after->type || (record.old && !same_object(now, *record.old))) {
    ++result_.overtaken;
    return success();
  }
  FileStatus wanted = now;
  wanted.mode = action.after->mode.value_or(now.mode);
  wanted.uid = action.after->uid.value_or(now.uid);
  wanted.gid = action.after->gid.value_or(now.gid);
  wanted.mtime = action.after->mtime.value_or(now.mtime);
  const auto set = set_attributes({fs_,
                                   context_.policy,
                                   context_.book,
                                   {entry->get(), true},
                                   wanted,
                                   record.new_xattrs ? &*record.new_xattrs : nullptr,
                                   0,
                                   false,
                                   true});
  return set ? success() : Status(set.error());
}

// A directory may have been made anew, where it could not be renamed.
Status MetadataReplay::give_back(const RelPath& path, const ActionRecord& record) {
  const FileStatus& old = *record.old;
  const auto entry = open(path);
  if (!entry) return is_absence(entry.error()) ? success() : Status(entry.error());
  const auto now = TRY(fs_.status(entry->get()));
  const bool was_made_anew = old.is_directory() && now.is_directory();
  if (!same_object(now, old) && !was_made_anew) {
    ++result_.overtaken;
    return success();
  }
  const auto set = set_attributes({fs_,
                                   context_.policy,
                                   context_.book,
                                   {entry->get(), true},
                                   old,
                                   record.old_xattrs ? &*record.old_xattrs : nullptr,
                                   0,
                                   false,
                                   true});
  return set ? success() : Status(set.error());
}

void MetadataReplay::backward() {
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < record_.actions.size(); ++i) {
    const ActionRecord& record = record_.actions[i];
    const Action& action = record_.plan.actions[i];
    if (!record.is_due || !record.old) continue;
    if (is_in_place(action) || record.old->is_directory()) due.push_back(i);
  }
  // The deepest first, so that the way to the others stays open.
  std::sort(due.begin(), due.end(), [&](std::size_t a, std::size_t b) {
    return old_path(record_.plan.actions[b]) < old_path(record_.plan.actions[a]);
  });
  for (const std::size_t i : due) {
    const RelPath& path = old_path(record_.plan.actions[i]);
    tell(path, give_back(path, record_.actions[i]));
  }
  close_loosened();
}

void MetadataReplay::close_loosened() {
  // What the record says of one comes first: it knows the mode from before the window.
  std::vector<ReplicaAccess::Loosened> all;
  for (const LoosenedRecord& loosened : record_.loosened) {
    all.push_back({loosened.path, loosened.mode});
  }
  all.insert(all.end(), access_.loosened().begin(), access_.loosened().end());
  access_.close_again(std::move(all));
}

}  // namespace foldersync
