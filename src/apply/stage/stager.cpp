#include "apply/stage/stager.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include "apply/stage/job.h"

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr int kTries = 3;
// Below, a copy costs less than reading two files.
constexpr std::uint64_t kWorthCloning = std::uint64_t{1} << 20U;
constexpr std::uint32_t kPermissions = 0777;

// Whether a directory gives what is made in it its group, or an ACL.
bool hands_down(const FileStatus& directory, const std::vector<Xattr>& xattrs) {
  const auto is_acl = [](const Xattr& xattr) { return xattr.name.starts_with("system."); };
  return (directory.mode & kSetGroup) != 0 || std::any_of(xattrs.begin(), xattrs.end(), is_acl);
}

Error changed(const char* what) { return changed_error("copy", what); }

}  // namespace

Stager::Stager(const Job& job, Looker& looker) : job_(job), fs_(job.request.fs), looker_(looker) {}

Result<Staged> Stager::stage(const Action& action, const LookResult& look, const Place& place) {
  auto staged = stage_any(action, look, place);
  if (staged || !is_absence(staged.error()) || look.keeps_content) return staged;
  const auto source = looker_.source_status(action.path);
  if (!source || *source) return staged;
  Error gone = changed("the source's entry vanished after it was planned");
  if (job_.request.follow_source) gone.code = ErrorCode::kVanished;
  return std::move(gone).at(action.path.bytes());
}

Result<Staged> Stager::stage_any(const Action& action, const LookResult& look, const Place& place) {
  const bool is_source = !job_.looks.is_undo && job_.policy.fields.are_all();
  metadata_ = is_source ? nullptr : &look.wanted;
  if (look.keeps_content) return stage_own_content(action, look, place);
  if (look.source->is_directory()) return stage_directory(action, look, place);
  if (takes_file_over(action) && !job_.looks.is_undo) {
    // Whatever stands in the way of that: the source has it all.
    if (auto taken = take_over(action, look, place)) return *taken;
  }
  old_ = look.replica && look.replica->is_file() ? &*look.replica : nullptr;
  keeps_metadata_ = look.keeps_metadata;
  const auto parent = TRY(looker_.source_parent(action.path));
  const std::string source_name(action.path.name());
  auto staged = look.source->is_file()
                    ? stage_file(action, look, *parent, place)
                    : stage_other(action, look, {parent, source_name, *look.source}, place);
  if (!staged) {
    // Whatever was made is of no use; where nothing was, this finds nothing, but for another
    // entry that has the name.
    if (staged.error().error_number != EEXIST)
      (void)fs_.remove_file(place.directory, place.name.c_str());
    return std::move(staged).error().at(action.path.bytes());
  }
  return staged;
}

// What takes back a change of metadata has no content in the backup.
Result<Staged> Stager::stage_own_content(const Action& action, const LookResult& look,
                                         const Place& place) {
  const bool gives_xattrs = action.reasons.has(Reason::kXattrs);
  std::vector<Xattr> xattrs;
  if (gives_xattrs) {
    auto* const parent = TRY(looker_.source_parent(action.path));
    const auto kept = TRY(parent->open_entry(std::string(action.path.name()).c_str()));
    xattrs = TRY(kept->xattrs(job_.policy.as_root));
  }
  const auto parent = TRY(looker_.replica_parent(action.path));
  auto file = TRY(fs_.open_file(parent, std::string(action.path.name()).c_str()));
  const auto now = TRY(fs_.status(file.get()));
  if (!same_content_stamps(now, *look.replica)) return changed("the replica's file was replaced");
  auto to = TRY(fs_.create_file(place.directory, place.name.c_str(), kPrivate));
  xattrs_ = gives_xattrs ? &xattrs : nullptr;
  const OpenedFile own{std::make_unique<LocalEntry>(fs_, std::move(file)), now};
  auto staged = copy_into(action, own, to.get(), 0);
  xattrs_ = nullptr;
  Status completed = staged ? complete(std::move(to)) : Status(staged.error());
  if (completed) return staged;
  (void)fs_.remove_file(place.directory, place.name.c_str());
  return std::move(completed).error().at(action.path.bytes());
}

// RACE: what others write into the file under its old path, between the comparison and the rename
// there, is under the new one, and the next plan finds it.
std::optional<Staged> Stager::take_over(const Action& action, const LookResult& look,
                                        const Place& place) {
  const auto file = looker_.file_to_take_over(action, look);
  if (!file) return std::nullopt;
  const auto parent = looker_.replica_parent(*action.other);
  if (!parent) return std::nullopt;
  const std::string old_name(action.other->name());
  if (!fs_.make_link(*parent, old_name.c_str(), place.directory, place.name.c_str()))
    return std::nullopt;
  const auto made = fs_.status_at(place.directory, place.name.c_str());
  // Two names, and one of them is this: others that have the file would see what becomes of it.
  const bool is_it = made && same_content_stamps(*made, *file) && made->links == 2 &&
                     made->mode == file->mode && made->uid == file->uid && made->gid == file->gid;
  if (is_it && looker_.is_like_source(action, look, place, *made) && make_durable(place)) {
    return Staged{*made, false, 0};
  }
  (void)fs_.remove_file(place.directory,
                        place.name.c_str());  // a copy finds the name taken, and fails
  return std::nullopt;
}

// What was written to the replica long ago may not be on disk: nobody has waited for it.
bool Stager::make_durable(const Place& place) {
  if (!job_.sync_each) return true;
  const auto file = fs_.open_file(place.directory, place.name.c_str());
  return file && fs_.sync(file->get());
}

Result<Staged> Stager::stage_file(const Action& action, const LookResult& look,
                                  ReadableDirectory& parent, const Place& place) {
  FileStatus seen = *look.source;
  for (int attempt = 1;; ++attempt) {
    auto staged = copy_once(action, seen, parent, place);
    if (staged || staged.error().code != ErrorCode::kChanged || !job_.request.follow_source ||
        attempt == kTries) {
      return staged;
    }
    (void)fs_.remove_file(place.directory, place.name.c_str());
    const auto now = TRY(parent.status(std::string(action.path.name()).c_str()));
    if (!now.is_file()) return changed("the source's file became something else");
    seen = now;
  }
}

Result<Staged> Stager::copy_once(const Action& action, const FileStatus& seen,
                                 ReadableDirectory& parent, const Place& place) {
  const std::string source_name(action.path.name());
  const FileToRead file{&parent, source_name, seen};
  const auto open = [&] {
    return job_.request.follow_source ? open_same_object(file)
                                      : open_looked_at(file, job_.request.stop);
  };
  auto from = open();
  if (!from && job_.looks.is_undo && from.error().error_number == EACCES) {
    // A backup is the caller's own, and what it says of the mode does not count.
    if (parent.make_readable(source_name.c_str(), seen)) from = open();
  }
  if (!from) return from.error();
  if (may_be_cloned(action, from->status)) {
    auto cloned = TRY(clone_and_patch(action, *from, place));
    if (cloned) return std::move(*cloned);
  }
  if (is_copied_in_parts(action, from->status)) return copy_in_parts(action, *from, place);
  // Nobody else gets into a staging folder, so it may have its mode at once.
  const FileStatus& wanted = metadata_ ? *metadata_ : from->status;
  auto to = TRY(fs_.create_file(place.directory, place.name.c_str(),
                                kPrivate | (wanted.mode & kPermissions)));
  auto staged = copy_into(action, *from, to.get(), 0);
  if (!staged) return staged;
  TRY(complete(std::move(to)));
  return staged;
}

Status Stager::complete(Fd to) {
  if (job_.sync_each) TRY(fs_.sync(to.get()));
  return fs_.close(std::move(to));
}

// Where both trees are on one device of one system, a copy is a clone of the source already. What
// has holes keeps them when it is copied; a clone would have the old copy's.
bool Stager::may_be_cloned(const Action& action, const FileStatus& source) const {
  const bool is_one_system = job_.looks.source_root.has_value();
  return old_ != nullptr && !action.after->md5 && !job_.looks.is_undo &&
         !action.reasons.has(Reason::kDecay) &&  // nothing of a bad file is kept
         std::min(source.size, old_->size) >= kWorthCloning &&
         source.blocks * kBlockUnit >= source.size &&
         !(is_one_system && source.device == old_->device);
}

// Begins with a clone of the replica's own file, where its file system has clones, so that only
// what has changed is written. Nothing where it has none; then its place is free, as it was. CRASH:
// killed in here, the next run removes the clone, and begins with another one.
Result<std::optional<Staged>> Stager::clone_and_patch(const Action& action, const OpenedFile& from,
                                                      const Place& place) {
  const auto facts = fs_.facts(place.directory);
  if (!facts || !facts->clones) return std::optional<Staged>();
  const auto parent = looker_.replica_parent(action.path);
  if (!parent) return std::optional<Staged>();
  const std::string old_name(action.path.name());
  // RACE: whatever this file holds by now is compared with the source, byte by byte.
  const auto old = fs_.open_file(*parent, old_name.c_str());
  if (!old) return std::optional<Staged>();
  const auto is = fs_.status(old->get());
  if (!is || !same_object(*is, *old_)) return std::optional<Staged>();
  auto to = TRY(fs_.create_file(place.directory, place.name.c_str(), kPrivate));
  if (!fs_.clone(old->get(), to.get())) {
    TRY(fs_.remove_file(place.directory, place.name.c_str()));
    return std::optional<Staged>();
  }
  buffer_.resize(kBufferBytes);
  other_buffer_.resize(kBufferBytes);
  const FileCounter counted(job_.request.copied, job_.request.under_way, action.path.bytes(),
                            from.status.size);
  const CopyRequest request{.from = from.entry.get(),
                            .to = to.get(),
                            .source = &from.status,
                            .stop = job_.request.stop,
                            .copied = counted.counter(),
                            .pace = job_.request.pace};
  const auto patched = patch_content(fs_, request, buffer_, other_buffer_);
  if (!patched && is_decay(patched.error())) {
    // Perhaps of the old file: then the new one is written whole.
    to.reset();
    TRY(fs_.remove_file(place.directory, place.name.c_str()));
    TRY(from.entry->seek(0, Seek::kStart));
    return std::optional<Staged>();
  }
  if (!patched) return patched.error();
  auto staged = TRY(complete_copy(action, from, to.get(), *patched));
  TRY(complete(std::move(to)));
  return std::optional<Staged>(std::move(staged));
}

// Where the plan names the content, all of it has to be read.
bool Stager::is_copied_in_parts(const Action& action, const FileStatus& source) const {
  return job_.partials != nullptr && !action.after->md5 && PartialCopies::takes(source);
}

// CRASH: killed in here, or told to stop, the next run goes on with what is there.
Result<Staged> Stager::copy_in_parts(const Action& action, const OpenedFile& from,
                                     const Place& place) {
  PartialCopies& partials = *job_.partials;
  auto begun = TRY(partials.begin(action.path, from.status, place.name));
  const auto moved = from.entry->seek(begun.start, Seek::kStart);
  auto staged =
      moved ? copy_into(action, from, begun.to.get(), begun.start) : Result<Staged>(moved.error());
  if (staged) {
    Status completed = complete(std::move(begun.to));
    if (completed) completed = partials.finish(place.name, place.directory);
    if (completed) return staged;
    staged = completed.error();
  }
  if (staged.error().code != ErrorCode::kStopped) partials.drop(place.name);
  return staged;
}

// The file that was seen, with whatever it holds by now.
Result<OpenedFile> Stager::open_same_object(const FileToRead& file) {
  auto entry = TRY(open_to_read(file, job_.request.stop));
  const auto now = TRY(entry->status());
  if (!may_be_same(now, file.status)) return changed("the source's file was replaced by another");
  return OpenedFile{std::move(entry), now};
}

// Files of the kernel's own (as in /proc) give a size of 0 and have content all the same.
bool Stager::holds_something(ReadableEntry& file) {
  const auto count = file.read(std::span(buffer_).first(1));
  return count && *count > 0;
}

Result<Staged> Stager::copy_into(const Action& action, const OpenedFile& opened, int to,
                                 std::uint64_t start) {
  const FileStatus& before = opened.status;
  buffer_.resize(kBufferBytes);
  const bool pinned = action.after->md5.has_value();
  hasher_.finish();  // a copy that failed may have left its part
  const FileCounter counted(job_.request.copied, job_.request.under_way, action.path.bytes(),
                            before.size);
  const CopyRequest request{.from = opened.entry.get(),
                            .to = to,
                            .source = &before,
                            .hasher = pinned ? &hasher_ : nullptr,
                            .stop = job_.request.stop,
                            .copied = counted.counter(),
                            .start = start,
                            .pace = job_.request.pace};
  const auto bytes = TRY(copy_content(fs_, request, buffer_));
  return complete_copy(action, opened, to, {bytes, bytes - start});
}

// Whether the source is still what was copied; then gives `to` its attributes.
Result<Staged> Stager::complete_copy(const Action& action, const OpenedFile& opened, int to,
                                     Patched content) {
  ReadableEntry& from = *opened.entry;
  const FileStatus& before = opened.status;
  const auto after = from.status();
  if (!after) return after.error();
  Staged staged;
  staged.bytes = content.written;
  if (!same_content_stamps(*after, before) || after->ctime != before.ctime) {
    staged.grown = after->size > before.size && content.size == before.size;
    if (!staged.grown) return changed("the source's file changed while it was copied");
  } else if (before.size == 0 && holds_something(from)) {
    return changed("the source's file says that it is empty, and it is not");
  } else if (content.size != before.size) {
    return changed("the source's file holds less than it says");
  }
  if (action.after->md5) {
    const Md5 found = hasher_.finish();
    if (found != *action.after->md5) {
      drift_ = {Side::kSource, {"md5", to_string(*action.after->md5), to_string(found)}};
      return changed("the source's content is not what the plan names (md5)");
    }
  }
  std::vector<Xattr> xattrs;
  if (xattrs_ != nullptr) {
    xattrs = *xattrs_;
  } else if (job_.policy.limits.holds_xattrs) {
    xattrs = TRY(from.xattrs(job_.policy.as_root));
  }
  FileStatus given = metadata_ ? *metadata_ : before;
  if (!job_.looks.is_undo) given.mtime = before.mtime;
  TRY(keep_acls(action, old_ != nullptr && keeps_metadata_, given.mode, xattrs));
  staged.status = TRY(set_attributes(request_for(action, {to, false}, given, xattrs)));
  return staged;
}

// Of what lies in a staging folder, where nobody else gets to.
AttributeRequest Stager::request_for(const Action& action, Handle to, const FileStatus& wanted,
                                     const std::vector<Xattr>& xattrs) const {
  AttributeRequest request{fs_, job_.policy, job_.book, to, wanted, action.path.bytes(), &xattrs};
  request.is_private = true;
  request.own_folder = job_.area.fd();
  return request;
}

// Where modes are not mirrored neither are ACLs: what is there keeps its own. What is new gets the
// source's with its mode, whose group bits are the mask of that, and would be the group's without.
Status Stager::keep_acls(const Action& action, bool is_there, std::uint32_t mode,
                         std::vector<Xattr>& xattrs) {
  if (!job_.policy.fields.no_perms) return success();
  if (!is_there) {
    std::erase_if(xattrs,
                  [](const Xattr& xattr) { return xattr.name == "system.posix_acl_default"; });
    fit_acl(xattrs, mode);
    return success();
  }
  const auto parent = TRY(looker_.replica_parent(action.path));
  const auto entry = TRY(fs_.open_entry(parent, std::string(action.path.name()).c_str()));
  const auto own = TRY(read_rights(fs_, {entry.get(), true}, job_.policy.as_root));
  xattrs = with_acls_of(std::move(xattrs), own);
  return success();
}

bool Stager::is_known_problem(const RelPath& path) const {
  const std::vector<Problem>& problems = job_.request.plan.problems;
  return std::any_of(problems.begin(), problems.end(),
                     [&](const Problem& problem) { return problem.path == path; });
}

Result<Staged> Stager::stage_directory(const Action& action, const LookResult& look,
                                       const Place& place) {
  const auto source = looker_.source_directory(action.path);
  // A directory that may not be read is mirrored as far as it can be seen; the plan knows it.
  if (!source && !is_known_problem(action.path)) return source.error();
  std::vector<Xattr> xattrs;
  if (source && job_.policy.limits.holds_xattrs) {
    xattrs = TRY((*source)->xattrs(job_.policy.as_root));
  }
  TRY(keep_acls(action, false, look.wanted.mode, xattrs));
  TRY(fs_.make_directory(place.directory, place.name.c_str(), kOwnerAll));
  const auto fd = fs_.open_directory(place.directory, place.name.c_str());
  const auto give = [&] {
    AttributeRequest request = request_for(action, {fd->get(), false}, look.wanted, xattrs);
    request.extra_mode = kOwnerAll;
    request.set_mtime = false;
    return set_attributes(request);
  };
  auto status = fd ? give() : Result<FileStatus>(fd.error());
  if (status && job_.sync_each) {
    if (Status synced = fs_.sync(fd->get()); !synced) status = synced.error();
  }
  if (!status) {
    (void)fs_.remove_directory(place.directory, place.name.c_str());
    return std::move(status).error().at(action.path.bytes());
  }
  // Nobody gives it its mode in the end where that is not mirrored.
  const bool is_opened_up = (look.wanted.mode & kOwnerAll) != kOwnerAll;
  if (job_.policy.fields.no_perms && is_opened_up) {
    looker_.replica().opened_up().insert_or_assign(action.path,
                                                   OpenedUp{look.wanted.mode, *status});
  }
  return Staged{*status, false, 0, hands_down(*status, xattrs)};
}

Result<Staged> Stager::stage_other(const Action& action, const LookResult& look,
                                   const FileToRead& source, const Place& place) {
  const FileStatus& seen = source.status;
  TRY(seen.type == FileType::kSymlink
          ? fs_.make_symlink(look.source_target.c_str(), place.directory, place.name.c_str())
          : fs_.make_node(place.directory, place.name.c_str(), seen.type, kPrivate, seen.rdev));
  const auto to = TRY(fs_.open_entry(place.directory, place.name.c_str()));
  std::vector<Xattr> xattrs;
  const auto from = TRY(source.directory->open_entry(source.name.data()));
  const auto now = TRY(from->status());
  if (!may_be_same(now, seen)) return changed("the source's entry became something else");
  if (job_.policy.limits.holds_xattrs) {
    xattrs = TRY(from->xattrs(job_.policy.as_root));
  }
  const bool is_there = look.replica && look.replica->type == seen.type;
  TRY(keep_acls(action, is_there && look.keeps_metadata, look.wanted.mode, xattrs));
  auto status = TRY(set_attributes(request_for(action, {to.get(), true}, look.wanted, xattrs)));
  return Staged{status, false, 0};
}

}  // namespace foldersync
