#include "planner/move_judge.h"

#include <utility>

#include "plan/compare.h"
#include "plan/facts.h"

namespace foldersync {
namespace {

// Whether the file is still the one that the walk saw.
bool is_as_planned(const FileStatus& file, const Facts& seen) {
  return file.size == seen.size && file.mtime == seen.mtime && file.links == 1;
}

}  // namespace

std::optional<EntrySeen> TreeEye::find(const RelPath& path) {
  const auto parent = reader_->enter(path.parent_bytes());
  if (!parent) return std::nullopt;
  if (!directory_ || *directory_ != path.parent()) {
    directory_ = path.parent();
    hashes_.begin(path.parent_bytes());
  }
  EntrySeen found{*parent, std::string(path.name()), {}};
  const auto status = (*parent)->status(found.name.c_str());
  if (!status) return std::nullopt;
  found.status = *status;
  return found;
}

bool MoveJudge::is_near(const FileStatus& status) const {
  return status.device == context_.replica_root.device &&
         status.mount == context_.replica_root.mount;
}

bool MoveJudge::can_move(const EntrySeen& found) const {
  return is_near(found.status) && (found.status.is_directory() || found.status.links == 1);
}

bool MoveJudge::is_capable(const EntrySeen& side) const {
  return side.status.is_file() && context_.policy.as_root &&
         foldersync::is_capable(*side.directory, side.name.c_str());
}

// A move brings the file as it is, and puts its metadata right where it is then.
bool MoveJudge::may_move(const EntrySeen& wanted, const EntrySeen& found) const {
  const Policy& policy = context_.policy;
  const FileStatus& there = found.status;
  const Facts facts = wanted_facts(wanted.status, {}, &there, policy);
  return differences(facts, found_facts(there, {}, policy), policy.limits).empty() ||
         (may_change_in_place(wanted.status, there, policy) && !is_capable(wanted) &&
          !is_capable(found));
}

bool MoveJudge::has_same_xattrs(const EntrySeen& source, const EntrySeen& replica) const {
  const Policy& policy = context_.policy;
  if (!policy.limits.holds_xattrs) return true;
  const auto from = source.directory->open_entry(source.name.c_str());
  const auto to = replica.directory->open_entry(replica.name.c_str());
  if (!from || !to) return false;
  auto wanted = (*from)->xattrs(policy.as_root);
  if (wanted && policy.fields.no_perms) {
    const auto own = (*to)->rights(policy.as_root);
    if (own) *wanted = with_acls_of(std::move(*wanted), *own);
  }
  return wanted && has_xattrs(**to, std::move(*wanted), policy.as_root);
}

// Nothing where the files differ, or can't be read.
std::optional<Md5> MoveJudge::common_md5(const EntrySeen& source, const EntrySeen& replica) {
  const auto common =
      judge_.common_md5(source.file(), source_.hashes(), replica.file(), replica_.hashes());
  return common ? *common : std::nullopt;
}

MoveAnswer MoveJudge::compare(const Action& create, const Action& remove, Content content) {
  auto wanted = source_.find(create.path);
  const auto found = replica_.find(remove.path);
  MoveAnswer answer;
  if (!wanted || !found || !can_move(*found) || wanted->status.type != found->status.type) {
    return answer;
  }
  const FileStatus& there = found->status;
  // Who moves it whole would have to open it up at its old path, and to close it at its new one.
  const bool was_closed = opened_ != nullptr && opened_->has_opened(remove.path);
  if (there.is_directory() && was_closed) return answer;
  if (context_.options.xattrs && !has_same_xattrs(*wanted, *found)) return answer;
  wanted->status = as_wanted(wanted->status, &there, context_.policy);
  if (!may_move(*wanted, *found)) return answer;
  answer.move.before = *remove.before;
  answer.move.after = *create.after;
  if (!there.is_file() || there.size == 0) {
    answer.is_same = true;
    return answer;
  }
  if (!is_as_planned(wanted->status, *create.after) || !is_as_planned(there, *remove.before)) {
    return answer;
  }
  const Facts given = wanted_facts(wanted->status, {}, &there, context_.policy);
  answer.move.after.mode = given.mode;
  answer.move.after.gid = given.gid;
  answer.is_same = content == Content::kKnown;
  if (answer.is_same) return answer;
  const auto common = common_md5(*wanted, *found);
  answer.is_same = common.has_value();
  answer.move.before.md5 = answer.move.after.md5 = common;
  return answer;
}

bool MoveJudge::can_take_over(const Action& comes, const Action& goes, Content content) {
  const Policy& policy = context_.policy;
  // It brings the metadata that it has, and what is there keeps its own.
  if (comes.before && !policy.fields.are_all()) return false;
  auto wanted = source_.find(comes.path);
  const auto found = replica_.find(goes.path);
  if (!wanted || !found || !can_move(*found)) return false;
  if (!wanted->status.is_file() || !is_as_planned(wanted->status, *comes.after)) return false;
  if (!found->status.is_file() || !is_as_planned(found->status, *goes.before)) return false;
  wanted->status = as_wanted(wanted->status, &found->status, policy);
  const Facts facts = wanted_facts(wanted->status, {}, &found->status, policy);
  if (!differences(facts, found_facts(found->status, {}, policy), policy.limits).empty() ||
      !has_same_xattrs(*wanted, *found)) {
    return false;
  }
  if (content == Content::kKnown) return true;
  const auto common = common_md5(*wanted, *found);
  return common && (!comes.after->md5 || *comes.after->md5 == *common);
}

std::optional<Md5> MoveJudge::md5(const Action& action, Side side) {
  TreeEye& eye = side == Side::kSource ? source_ : replica_;
  const auto found = eye.find(action.path);
  if (!found || !found->status.is_file()) return std::nullopt;
  const auto md5 = judge_.md5(found->file(), eye.hashes());
  return md5 ? std::optional(*md5) : std::nullopt;
}

bool MoveJudge::is_reached(const RelPath& path) {
  for (RelPath above = path.parent(); !above.is_root(); above = above.parent()) {
    const auto found = replica_.find(above);
    if (found) return is_near(found->status);
  }
  return true;
}

}  // namespace foldersync
