// Metadata of what stays the object that it is: of entries where they are or have been moved to,
// and, when all else is done, of directories.
#include "apply/stage/attributes.h"
#include "apply/steps/step.h"

namespace foldersync {
namespace {

AttributeRequest request_of(Site& site, const Step& step, Handle entry) {
  AttributeRequest request{site.fs, site.policy, site.book, entry, *step.wanted};
  request.xattrs = step.new_xattrs;
  return request;
}

// What was set is read back.
Result<Published> give(Step& step, const AttributeRequest& request) {
  step.changed.touched = step.wanted->type;
  step.changed.found = TRY(set_attributes(request));
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

// RACE: a writer who changes the content without changing its size between the look and the
// setting of the time is not noticed by size and time afterwards; --checksum finds it.
Result<Published> forward(Site& site, Step& step) {
  const auto entry = TRY(open(site, step.action.path));
  const auto now = TRY(site.fs.status(entry.get()));
  if (!same_content_stamps(now, *step.old)) return Published::kForeign;
  AttributeRequest request = request_of(site, step, {entry.get(), true});
  request.refusal_is_error = true;
  request.now = &now;
  return give(step, request);
}

Result<Published> finish(Site& site, Step& step) {
  const auto directory = TRY(site.replica.directory(step.action.path));
  AttributeRequest request = request_of(site, step, {directory, false});
  request.refusal_is_error = true;
  return give(step, request);
}

// A field that the plan says nothing of stays.
FileStatus wanted_of(const Facts& after, const FileStatus& now) {
  FileStatus wanted = now;
  wanted.mode = after.mode.value_or(now.mode);
  wanted.uid = after.uid.value_or(now.uid);
  wanted.gid = after.gid.value_or(now.gid);
  wanted.mtime = after.mtime.value_or(now.mtime);
  return wanted;
}

Result<Published> again(Site& site, Step& step) {
  const auto entry = open(site, step.action.path);
  if (!entry && is_absence(entry.error())) return Published::kForeign;
  if (!entry) return entry.error();
  const auto now = TRY(site.fs.status(entry->get()));
  const Facts& after = *step.action.after;
  if (now.type != after.type || (step.old && !same_object(now, *step.old))) {
    return Published::kForeign;
  }
  step.wanted = wanted_of(after, now);
  return give(step, request_of(site, step, {entry->get(), true}));
}

// A directory may have been made anew, where it could not be renamed.
Result<Published> back(Site& site, Step& step) {
  const Action& action = step.action;
  const FileStatus& old = *step.old;
  const auto entry = open(site, action.op == Op::kMove ? *action.other : action.path);
  if (!entry && is_absence(entry.error())) return Published::kDone;
  if (!entry) return entry.error();
  const auto now = TRY(site.fs.status(entry->get()));
  const bool was_made_anew = old.is_directory() && now.is_directory();
  if (!same_object(now, old) && !was_made_anew) return Published::kForeign;
  step.wanted = old;
  step.new_xattrs = step.old_xattrs;
  return give(step, request_of(site, step, {entry->get(), true}));
}

}  // namespace

const StepKind kMetadataStep{.forward = forward, .again = again, .back = back};
const StepKind kFinishStep{.forward = finish, .again = again, .back = back};

}  // namespace foldersync
