#include "apply/look/look.h"

#include <algorithm>
#include <utility>

#include "fs/trust.h"
#include "plan/refused_type.h"
#include "scan/local_tree.h"

namespace foldersync {
namespace {

// Where the file system takes several names for one, another one may lead there.
// RACE: before the folder is made nothing leads there; who executes actions looks after that. Where
// it can't be seen, the exact name and its letter cases are still refused by the rules of plans.
std::optional<FileStatus> own_folder(const LookContext& context) {
  const Root& replica = context.replica;
  const auto own = replica.fs->status_at(replica.fd.get(), context.staging_name.c_str());
  return own ? std::optional(*own) : std::nullopt;
}

CursorRules replica_rules(const LookContext& context, const std::optional<FileStatus>& own) {
  CursorRules rules;
  rules.other_root = context.source_root;
  rules.own_folder = own;
  if (!context.options.cross_mounts) rules.only_mount = context.replica.status.mount;
  return rules;
}

}  // namespace

Drift presence(Side side, const char* expected, const char* found) {
  return {side, {"type", expected, found}};
}

void fail(LookResult& result, Error error) {
  result.finding = Finding::kFailed;
  result.error = std::move(error);
}

void stale(LookResult& result, Drift drift) {
  result.finding = Finding::kStale;
  result.drifts.push_back(std::move(drift));
}

Looker::Looker(const LookContext& context, std::size_t max_open, bool may_open_up)
    : context_(context),
      fs_(*context.replica.fs),
      source_(context.source.reader(max_open)),
      own_folder_(own_folder(context)),
      replica_(fs_, context.replica.fd.get(), replica_rules(context, own_folder_), max_open,
               may_open_up),
      judge_(context.stop) {
  replica_.note_in(context.replica.notes.get());
}

Result<ReadableDirectory*> Looker::source_directory(const RelPath& path) {
  return source_->enter(path.bytes());
}
Result<int> Looker::replica_directory(const RelPath& path) { return replica_.directory(path); }
Result<ReadableDirectory*> Looker::source_parent(const RelPath& path) {
  return source_->enter(path.parent_bytes());
}
Result<int> Looker::replica_parent(const RelPath& path) { return replica_.parent(path); }

Result<std::optional<FileStatus>> Looker::source_status(const RelPath& path) {
  using Answer = std::optional<FileStatus>;
  if (path.is_root()) {
    const auto root = TRY(source_directory(path));
    const auto status = TRY(root->status());
    return Answer(status);
  }
  if (absent_in_source_.holds(path)) return Answer();
  const auto parent = source_parent(path);
  if (!parent) {
    if (!is_absence(parent.error())) return parent.error();
    absent_in_source_.learn(parent.error());
    return Answer();
  }
  const auto status = (*parent)->status(std::string(path.name()).c_str());
  if (status) return Answer(*status);
  if (is_absence(status.error())) return Answer();
  return Error(status.error()).at(path.bytes());
}

Result<std::optional<FileStatus>> Looker::replica_status(const RelPath& path) {
  auto status = replica_.status(path);
  if (own_folder_ && status && *status && same_number(**status, *own_folder_)) {
    return own_folder_refused(path.bytes());
  }
  return status;
}

std::optional<Drift> Looker::name_outside(const Action& action, const LookResult& look,
                                          std::uint32_t added) {
  if (!changes_leaf_in_place(action) || !look.replica) return std::nullopt;
  const std::uint32_t found = look.replica->links;
  const auto more_than = [&](std::uint32_t known) {
    return Drift{Side::kReplica, {"links", std::to_string(known), std::to_string(found)}};
  };
  const auto& planned = action.before->links;
  const bool is_limited = planned || context_.names == nullptr;
  if (is_limited && found > planned.value_or(1) + added) {
    return more_than(planned.value_or(1) + added);
  }
  if (context_.names == nullptr || found == 1) return std::nullopt;
  // What can't be counted is not known.
  const auto names = context_.names->of(*look.replica);
  const auto counted = names && !names->empty() ? static_cast<std::uint32_t>(names->size()) : 1;
  if (found <= counted) return std::nullopt;
  return more_than(counted);
}

bool Looker::is_excluded(const RelPath& path, bool is_directory) const {
  if (context_.filter.empty()) return false;
  for (RelPath ancestor = path; !ancestor.is_root(); ancestor = ancestor.parent()) {
    const bool directory = is_directory || ancestor != path;
    if (context_.filter.excludes(ancestor.parent_bytes(), ancestor.name(), directory)) return true;
  }
  return false;
}

// Where the source is a symlink.
Status Looker::read_target(const Action& action, LookResult& result) {
  if (result.source->type != FileType::kSymlink) return success();
  const auto parent = TRY(source_parent(action.path));
  auto target = TRY(parent->target(std::string(action.path.name()).c_str()));
  result.source_target = std::move(target);
  return success();
}

// The backup has the content of what is to be restored, and nothing of what is to go.
void Looker::look_at_backup(const Action& action, LookResult& result) {
  if (!action.after) {
    if (result.source)
      stale(result, presence(Side::kSource, "absent", to_string(result.source->type)));
    return;
  }
  const Facts& after = *action.after;
  const bool has_content = writes_entry(action);
  if (has_content) {
    if (!result.source)
      return stale(result, presence(Side::kSource, to_string(after.type), "absent"));
    if (Status read = read_target(action, result); !read) {
      return fail(result, std::move(read).error().at(action.path.bytes()));
    }
    Facts kept = found_facts(*result.source, result.source_target, context_.policy);
    // Its folder may lie on a file system that can't hold the metadata.
    kept.mode.reset();
    kept.uid.reset();
    kept.gid.reset();
    kept.mtime.reset();
    for (Difference& difference : differences(after, kept, FileSystemLimits{})) {
      stale(result, {Side::kSource, std::move(difference)});
    }
  }
  result.after = after;
  if (has_content) result.wanted = *result.source;
  if (!has_content && result.replica) result.wanted = *result.replica;
  if (has_content && result.replica && result.replica->type == after.type) {
    // What it says nothing of stays, but for rights that go with other content.
    const FileStatus& there = *result.replica;
    result.wanted.mode = there.is_file() ? there.mode & ~kSetIds : there.mode;
    if (context_.policy.owners()) result.wanted.uid = there.uid;
    if (context_.policy.owners()) result.wanted.gid = there.gid;
  }
  result.wanted.type = after.type;
  result.wanted.mode = after.mode.value_or(result.wanted.mode);
  result.wanted.uid = after.uid.value_or(result.wanted.uid);
  result.wanted.gid = after.gid.value_or(result.wanted.gid);
  result.wanted.mtime = after.mtime.value_or(result.wanted.mtime);
}

// Whether both paths of a link are one file in the source. Requires: the source is there.
bool Looker::look_at_link(const Action& action, LookResult& result) {
  if (!adds_name(action)) return true;
  const auto other = source_status(*action.other);
  if (!other) {
    fail(result, Error(other.error()).at(action.other->bytes()));
    return false;
  }
  if (*other && same_number(**other, *result.source)) return true;
  stale(result,
        {Side::kSource, {"link", action.other->bytes(), *other ? "another file" : "absent"}});
  return false;
}

std::optional<Drift> Looker::pinned_drift(const Action& action, const LookResult& look) {
  if (!action.after || !action.after->md5 || !look.source || !look.source->is_file()) return {};
  const auto parent = source_parent(action.path);
  if (!parent) return {};
  DirectoryHashes none{CachedTree{}};
  const auto found = judge_.md5({*parent, std::string(action.path.name()), *look.source}, none);
  if (!found || *found == *action.after->md5) return {};
  return Drift{Side::kSource, {"md5", to_string(*action.after->md5), to_string(*found)}};
}

// Whether the plan was made by somebody who may give none of the groups, or other ones: who applies
// it gives what he may give.
bool Looker::is_given_by_others(const Facts& after, const Facts& today) const {
  const bool has_other_group = after.gid && !after.uid && after.gid != today.gid;
  if (!has_other_group || context_.policy.can_give(*after.gid)) return false;
  Facts same = after;
  same.gid = today.gid;
  if (after.mode && today.mode && (*after.mode & ~*today.mode) == 0) same.mode = today.mode;
  return differences(same, today, FileSystemLimits{}).empty();
}

// Whether the replica turned out not to hold who is to have it, so that it gets less of the mode.
bool Looker::is_more_than_held(const Facts& after, const Facts& today) {
  const bool loses_owner = (after.uid && !today.uid) || (after.gid && !today.gid);
  if (!loses_owner || !after.mode || !today.mode || (*today.mode & ~*after.mode) != 0) return false;
  Facts same = after;
  same.mode = today.mode;
  return differences(same, today, FileSystemLimits{}).empty();
}

// A name gives no rights: its file has those that its own action gives, or that it had. Where these
// can't be held, as nobody knew when it was planned, whatever it has is right.
void Looker::leave_to_leader(Facts& after, Facts& today) {
  const bool loses_owner = (after.uid && !today.uid) || (after.gid && !today.gid);
  for (const auto field : {&Facts::mode, &Facts::uid, &Facts::gid}) {
    if (loses_owner) (after.*field).reset();
    today.*field = after.*field;
  }
}

// Whether the source alone says which rights an entry has, whatever is in the replica.
bool Looker::gives_all(const FileStatus& source) const {
  return context_.policy.fields.are_all() && context_.policy.gives_owner(source);
}

// The directory of the replica that would hand its group down to what is made at the path: the one
// that holds it; where modes are not mirrored, a new one in between hands down what it got.
std::optional<FileStatus> Looker::handing_down(const RelPath& path) {
  for (RelPath above = path; !above.is_root();) {
    above = above.parent();
    const auto found = replica_status(above);
    if (!found) return std::nullopt;
    if (*found || !context_.policy.fields.no_perms) return *found;
  }
  return std::nullopt;
}

// Whether somebody else than root, the caller and its owner can have given `there`, which is at the
// path, that name, or a directory above it its own.
bool Looker::may_be_exchanged(const RelPath& path, const FileStatus& there) {
  const Trusted trusted{context_.policy.uid, there.uid};
  FileStatus entry = there;
  for (RelPath at = path; !at.is_root(); at = at.parent()) {
    const auto folder = replica_status(at.parent());
    if (!folder || !*folder) return true;
    if (others_exchange(**folder, entry, trusted, is_private_group)) return true;
    entry = **folder;
  }
  return false;
}

FileStatus Looker::wanted_of(const Action& action, LookResult& result) {
  const FileStatus& source = *result.source;
  const Policy& policy = context_.policy;
  if (policy.fields.are_all()) return source;
  result.keeps_metadata = false;
  if (result.replica && result.replica->type == source.type) {
    const FileStatus& there = *result.replica;
    const auto kept =
        keeps_object(action) ? std::optional(there) : kept_by_new(source, there, policy);
    result.keeps_metadata = kept.has_value();
    if (kept && writes_entry(action) && policy.fields.no_perms &&
        may_be_exchanged(action.path, there)) {
      // It says no more than a new entry of that group would, and its ACL nothing.
      result.keeps_metadata = false;
      Policy new_in_group = policy;
      FileStatus wanted = as_wanted(source, &*kept, policy);
      new_in_group.gid = wanted.gid;
      wanted.mode &= as_wanted(source, nullptr, new_in_group).mode;
      return wanted;
    }
    if (kept) return as_wanted(source, &*kept, policy);
  }
  const bool may_inherit = policy.fields.no_group || policy.fields.no_perms;
  const auto parent = may_inherit ? handing_down(action.path) : std::nullopt;
  return as_wanted(source, nullptr, policy, parent ? &*parent : nullptr);
}

void Looker::look_at_source(const Action& action, LookResult& result) {
  auto source = source_status(action.path);
  if (!source) return fail(result, std::move(source).error());
  result.source = *source;
  if (context_.is_undo) return look_at_backup(action, result);
  if (!action.after) {
    // What can't be held is not there.
    const auto& limits = context_.policy.limits;
    if (result.source && is_refused_type(result.source->type, limits)) result.source.reset();
    // The source is the authority: what it has is never deleted. Only what it has and the plan's
    // rules exclude there counts as absent, where the rules do not protect the replica's entry too;
    // and what the plan says to be left out, where nobody could ask once more.
    const bool may_go =
        !result.source ||
        (context_.options.delete_excluded && action.reasons.has(Reason::kExcluded)) ||
        (context_.options.delete_excluded && context_.filter.excludes_file(*result.source)) ||
        (is_excluded(action.path, result.source->is_directory()) &&
         (context_.options.delete_excluded ||
          !is_excluded(action.path, result.replica && result.replica->is_directory())));
    if (!may_go) stale(result, presence(Side::kSource, "absent", to_string(result.source->type)));
    return;
  }
  if (!result.source) {
    return stale(result, presence(Side::kSource, to_string(action.after->type), "absent"));
  }
  if (Status read = read_target(action, result); !read) {
    return fail(result, std::move(read).error().at(action.path.bytes()));
  }
  result.wanted = wanted_of(action, result);
  if (!look_at_link(action, result)) return;
  const bool new_object = !keeps_object(action) || !result.replica;
  Facts today = wanted_facts(result.wanted, result.source_target,
                             new_object ? nullptr : &*result.replica, context_.policy);
  if (is_finish(action)) want_time(today, *result.source, context_.policy);
  result.after = action.after;
  if (adds_name(action) && !gives_all(*result.source)) leave_to_leader(*result.after, today);
  // Nobody knew when it was planned.
  if (!context_.policy.gives_time(today.type)) result.after->mtime.reset();
  if (is_given_by_others(*action.after, today) || is_more_than_held(*action.after, today)) {
    today.md5 = action.after->md5;
    result.after = today;
  }
  for (Difference& difference : differences(*result.after, today, FileSystemLimits{})) {
    result.drifts.push_back({Side::kSource, std::move(difference)});
  }
  if (result.drifts.empty()) return;
  // What was compared with what is to be moved there is another file by now.
  const bool may_follow = context_.follow_source && !moves_entry(action);
  if (may_follow && today.type == action.after->type) {
    today.md5 = std::nullopt;
    result.after = std::move(today);
    result.drifts.clear();
    return;
  }
  result.finding = Finding::kStale;
}

LookResult Looker::look(const Action& action) {
  LookResult result;
  if (moves_entry(action)) {
    look_at_move(action, result);
    return result;
  }
  auto replica = replica_status(action.path);
  if (!replica) {
    fail(result, std::move(replica).error());
    return result;
  }
  result.replica = *replica;
  look_at_source(action, result);
  if (result.finding == Finding::kHolds) look_at_replica(action, result);
  const bool is_told = result.finding == Finding::kStale && !context_.follow_source;
  if (is_told && result.drifts.front().side == Side::kSource) tell_of_replica(action, result);
  return result;
}

}  // namespace foldersync
