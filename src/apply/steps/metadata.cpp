// Metadata of what stays the object that it is: of entries where they are or have been moved to,
// and, when all else is done, of directories.
#include "apply/stage/attributes.h"
#include "apply/steps/identity.h"
#include "apply/steps/step.h"

namespace foldersync {
namespace {

AttributeRequest request_of(Site& site, const Step& step, Handle entry) {
  AttributeRequest request{site.fs, site.policy,  site.book,
                           entry,   *step.wanted, step.action.path.bytes()};
  request.xattrs = step.new_xattrs;
  request.own_folder = site.own_folder;
  return request;
}

// What was set is read back.
Result<Published> give(Site& site, Step& step, const AttributeRequest& request) {
  step.changed.touched = step.wanted->type;
  step.changed.found = TRY(set_attributes(request));
  const bool has_parted = request.now != nullptr && request.now->is_file() &&
                          step.changed.found->links < request.now->links;
  if (has_parted) site.book.saw_links_part();
  return Published::kDone;
}

Result<Fd> open(Site& site, const RelPath& path) {
  if (path.is_root()) {
    const auto root = TRY(site.replica.directory(path));
    return site.fs.open_directory(root, ".");
  }
  const auto parent = TRY(site.replica.parent(path));
  return site.fs.open_entry(parent, std::string(path.name()).c_str());
}

// What is there, by the descriptor that is used then. Where nobody knows when it was made, with
// what else tells it from others.
Result<FileStatus> status_of(Site& site, const Fd& entry, const std::optional<FileStatus>& seen) {
  auto now = TRY(site.fs.status(entry.get()));
  if (has_proof(now) || !seen || !has_proof(*seen)) return now;
  now.incarnation = TRY(site.fs.incarnation(entry.get())).value_or(0);
  return now;
}

// Whether the plan gives it one; else it is left alone.
bool has_time(const Step& step) {
  return !step.wanted->is_directory() || (step.action.after && step.action.after->mtime);
}

// Whether it is a file that has, would get or lose rights of its own: such are written anew.
bool gives_rights(Site& site, const Step& step, const FileStatus& now) {
  if (!now.is_file()) return false;
  const std::uint32_t wanted = wanted_mode(*step.wanted, now, site.policy);
  const auto lists_capability = [](const std::vector<Xattr>* xattrs) {
    return xattrs != nullptr && has_capability(*xattrs);
  };
  return ((wanted | now.mode) & kSetIds) != 0 || lists_capability(step.new_xattrs) ||
         lists_capability(step.old_xattrs);
}

// What others put into a directory meanwhile is its own affair.
bool is_what_was_seen(const FileStatus& now, const Step& step) {
  const FileStatus& seen = *step.old;
  if (!now.is_directory()) return is_untouched(now, seen, step.was_renamed);
  return same_creation(now, seen) && now.uid == seen.uid && now.gid == seen.gid &&
         now.mode == seen.mode;
}

// RACE: a writer who changes the content without changing its size between the setting of the time
// and the look at it is not noticed by size and time afterwards; --checksum finds it.
Result<Published> forward(Site& site, Step& step) {
  const auto entry = TRY(open(site, step.action.path));
  const auto now = TRY(status_of(site, entry, step.old));
  if (!is_what_was_seen(now, step)) return Published::kOvertaken;
  if (gives_rights(site, step, now)) return Published::kOvertaken;
  AttributeRequest request = request_of(site, step, {entry.get(), true});
  request.refusal_is_error = true;
  request.now = &now;
  request.set_mtime = has_time(step);
  return give(site, step, request);
}

// A field that the plan says nothing of stays.
FileStatus wanted_of(const Facts& after, const FileStatus& old) {
  FileStatus wanted = old;
  wanted.mode = after.mode.value_or(old.mode);
  wanted.uid = after.uid.value_or(old.uid);
  wanted.gid = after.gid.value_or(old.gid);
  wanted.mtime = after.mtime.value_or(old.mtime);
  return wanted;
}

bool has_it_all(const FileStatus& now, const Step& step) {
  const FileStatus& wanted = *step.wanted;
  return step.new_xattrs == nullptr && now.type == wanted.type && now.mode == wanted.mode &&
         now.uid == wanted.uid && now.gid == wanted.gid && now.mtime == wanted.mtime;
}

// In a recovery: gives step.wanted to the entry where that is the one that was recorded, which may
// have got some of it before the kill.
Result<Published> give_if_proven(Site& site, Step& step, const Fd& entry, InPlaceRecord record,
                                 bool is_back) {
  const auto now = TRY(status_of(site, entry, record.old));
  const FileTime held = stored_as(record.wanted.mtime, site.policy.limits.times);
  if (now.mtime == held) record.wanted.mtime = held;
  const bool is_proven = has_proof(record.old);
  if (is_proven && !is_as_left(now, record)) return Published::kOvertaken;
  if (has_it_all(now, step)) return Published::kDone;
  if (!is_proven || gives_rights(site, step, now)) return Published::kUnproven;
  AttributeRequest request = request_of(site, step, {entry.get(), true});
  request.now = &now;
  request.set_mtime = is_back || has_time(step);
  auto given = give(site, step, request);
  // What can't be set does not keep the time from being so.
  if (!given && request.set_mtime) (void)site.fs.set_mtime(request.to, step.wanted->mtime);
  return given;
}

Result<Published> again(Site& site, Step& step) {
  const auto entry = TRY(if_there(open(site, step.action.path)));
  if (!entry) return Published::kOvertaken;
  // Of a directory that the window has made, what was made.
  const std::optional<FileStatus>& seen = step.old ? step.old : step.made;
  if (!seen) return Published::kUnproven;
  if (seen->type != step.action.after->type) return Published::kOvertaken;
  step.wanted = wanted_of(*step.action.after, *seen);
  return give_if_proven(site, step, *entry, {*seen, *step.wanted, step.names_added}, false);
}

Result<Published> back(Site& site, Step& step) {
  const Action& action = step.action;
  const RelPath& path = old_path(action);
  const auto entry = TRY(if_there(open(site, path)));
  if (!entry) return Published::kDone;
  step.wanted = *step.old;
  step.new_xattrs = step.old_xattrs;
  InPlaceRecord record{*step.old, *step.old, step.names_added};
  if (action.after) record.wanted = wanted_of(*action.after, *step.old);
  if (site.made_anew != nullptr) {
    const auto anew = site.made_anew->find(path);
    if (anew != site.made_anew->end()) record.old = anew->second;
  }
  return give_if_proven(site, step, *entry, record, true);
}

}  // namespace

const StepKind kMetadataStep{.forward = forward, .again = again, .back = back};
const StepKind kFinishStep{.forward = forward, .again = again, .back = back};

}  // namespace foldersync
