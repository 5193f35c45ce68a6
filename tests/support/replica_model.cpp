#include "support/replica_model.h"

#include <algorithm>

#include "core/hash.h"
#include "format/json.h"

namespace foldersync::test {
namespace {

Md5 md5_of(const std::string& content) {
  Md5Hasher hasher;
  hasher.update(content);
  return hasher.finish();
}

std::string first_of(const std::vector<Difference>& differences) {
  if (differences.empty()) return {};
  const Difference& first = differences.front();
  return first.field + " is " + first.found + ", expected " + first.expected;
}

Facts facts_in(const Tree& tree, const RelPath& path, const Policy& policy) {
  return found_facts(status_of(tree, path), tree.find(path)->content, policy);
}

}  // namespace

ReplicaModel::ReplicaModel(std::optional<Tree> replica, const Tree& source, const Policy& policy)
    : tree_(replica), first_(std::move(replica)), source_(source), policy_(policy) {
  if (!tree_) return;
  for (const auto& [path, number] : tree_->all()) ++names_at_first_[number];
}

std::string ReplicaModel::apply(const Action& action) {
  std::string reason = objection(action);
  if (!reason.empty()) return told(action) + ": " + reason;
  ++now_;
  if (action.op == Op::kDelete) {
    tree_->erase(action.path);
  } else if (action.op == Op::kLink) {
    tree_->erase(action.path);
    tree_->link(action.path, *action.other);
  } else if (action.op == Op::kMove) {
    move(action);
  } else if (action.op == Op::kMetadata) {
    change_in_place(action);
    return {};
  } else {
    write(action);
  }
  if (!action.path.is_root()) date(action.path.parent());
  date(RelPath());
  return {};
}

std::string ReplicaModel::apply_all(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    std::string reason = apply(action);
    if (!reason.empty()) return reason;
  }
  return {};
}

std::string ReplicaModel::objection(const Action& action) const {
  if (!tree_) {
    const bool makes_root = action.path.is_root() && action.op == Op::kCreate;
    return makes_root ? objection_of_source(action) : "there is no replica";
  }
  std::string reason = objection_of_source(action);
  if (reason.empty()) reason = objection_of_replica(action);
  if (reason.empty() && action.op == Op::kMove) reason = objection_to_move(action);
  if (reason.empty() && action.op == Op::kLink) reason = objection_to_link(action);
  if (reason.empty() && takes_file_over(action)) reason = objection_to_take_over(action);
  if (reason.empty() && action.op == Op::kMetadata) reason = objection_to_change_in_place(action);
  return reason;
}

std::string ReplicaModel::objection_of_source(const Action& action) const {
  const Object* object = source_.find(action.path);
  if (!action.after) {
    return object != nullptr ? "the source has it" : "";
  }
  if (object == nullptr) return "the source lacks it";
  const bool stays = action.op == Op::kMetadata || action.op == Op::kMove;
  const RelPath& there = action.op == Op::kMove ? *action.other : action.path;
  std::optional<FileStatus> owner;
  if (stays && tree_ && tree_->find(there) != nullptr) owner = status_of(*tree_, there);
  Facts wanted = wanted_facts(status_of(source_, action.path), object->content,
                              owner ? &*owner : nullptr, policy_);
  if (action.phase == Phase::kFinish) wanted.mtime = object->mtime;
  std::string reason = first_of(differences(*action.after, wanted, FileSystemLimits{}));
  if (!reason.empty()) return "after against the source: " + reason;
  if (action.after->md5 && *action.after->md5 != md5_of(object->content)) return "md5 of after";
  return {};
}

std::string ReplicaModel::objection_of_replica(const Action& action) const {
  const RelPath& there = action.op == Op::kMove ? *action.other : action.path;
  const Object* object = tree_->find(there);
  if (!action.before) {
    if (object != nullptr) return "the replica has it";
    const Object* parent = tree_->find(action.path.parent());
    if (parent == nullptr || parent->type != FileType::kDirectory) return "no directory for it";
    return {};
  }
  if (object == nullptr) return "the replica lacks it";
  const Facts found = facts_in(*tree_, there, policy_);
  std::string reason = first_of(differences(*action.before, found, policy_.limits));
  if (!reason.empty()) return "before: " + reason;
  if (action.before->md5 && *action.before->md5 != md5_of(object->content)) return "md5 of before";
  const bool goes = action.op != Op::kMetadata && action.op != Op::kMove;
  if (goes && !tree_->children(action.path).empty()) return "the directory is not empty";
  return {};
}

std::string ReplicaModel::objection_to_move(const Action& action) const {
  const RelPath& from = *action.other;
  if (source_.find(from) != nullptr) return "the source has what is to be moved away";
  if (tree_->find(action.path) != nullptr) return "the replica has the new path";
  const Object* parent = tree_->find(action.path.parent());
  if (parent == nullptr || parent->type != FileType::kDirectory) return "no directory for it";
  const auto counts = [](const Tree& tree, const RelPath& path) {
    const auto& all = tree.all();
    return std::count_if(all.lower_bound(path), all.end(),
                         [&](const auto& name) { return name.first.is_within(path); });
  };
  if (counts(*tree_, from) != counts(source_, action.path)) return "it has other entries";
  for (auto name = tree_->all().lower_bound(from);
       name != tree_->all().end() && name->first.is_within(from); ++name) {
    const std::string below = name->first.bytes().substr(from.bytes().size());
    const Object* wanted = source_.find(RelPath(action.path.bytes() + below));
    const Object* found = tree_->find(name->first);
    if (wanted == nullptr || wanted->type != found->type || wanted->content != found->content) {
      return "it holds something else: " + name->first.shown();
    }
    const bool is_directory = found->type == FileType::kDirectory;
    if (!is_directory && (tree_->names(name->first) > 1 || found->names_elsewhere > 0)) {
      return "it has other names";
    }
  }
  return {};
}

std::string ReplicaModel::objection_to_link(const Action& action) const {
  const Object* leader = tree_->find(*action.other);
  if (leader == nullptr) return "the replica lacks the path it becomes a name of";
  if (source_.find(*action.other) == nullptr ||
      source_.number(*action.other) != source_.number(action.path)) {
    return "the source has them apart";
  }
  const Object& wanted = *source_.find(action.path);
  if (leader->type != wanted.type || leader->content != wanted.content) {
    return "the path it becomes a name of holds something else";
  }
  return {};
}

// Files are taken over from the replica as it was, wherever the action stands.
std::string ReplicaModel::objection_to_take_over(const Action& action) const {
  const RelPath& from = *action.other;
  const Object* found = first_->find(from);
  const Object& wanted = *source_.find(action.path);
  if (found == nullptr || found->type != FileType::kFile) return "no file is there to take over";
  if (found->content != wanted.content) return "what is taken over holds something else";
  if (first_->names(from) > 1 || found->names_elsewhere > 0) return "it has other names";
  Facts facts = facts_in(*first_, from, policy_);
  const FileStatus status = status_of(*first_, from);
  const Facts needed = wanted_facts(status_of(source_, action.path), {}, &status, policy_);
  const std::string reason = first_of(differences(needed, facts, policy_.limits));
  if (!reason.empty()) return "what is taken over: " + reason;
  const Object* stays = source_.find(from);
  const bool goes = stays == nullptr || stays->type != FileType::kFile ||
                    stays->content != found->content || source_.names(from) > 1;
  return goes ? "" : "it is to stay where it is";
}

std::string ReplicaModel::objection_to_change_in_place(const Action& action) const {
  const Object& object = *tree_->find(action.path);
  if (object.type == FileType::kDirectory) return {};
  if (object.names_elsewhere > 0) return "the object has names outside of the replica";
  if (object.content != source_.find(action.path)->content) return "the content is another";
  const auto number = tree_->number(action.path);
  const auto counted = names_at_first_.find(number);
  const std::uint32_t names = counted == names_at_first_.end() ? 1 : counted->second;
  if (action.before->links.value_or(1) != names) return "another number of names";
  return {};
}

void ReplicaModel::write(const Action& action) {
  Object made = *source_.find(action.path);
  made.uid = action.after->uid.value_or(policy_.uid);
  made.gid = action.after->gid.value_or(policy_.gid);
  made.mode = action.after->mode.value_or(0777);
  made.mtime = stored_as(action.after->mtime.value_or(FileTime{now_, 0}), policy_.limits.times);
  made.ctime = FileTime{now_, 0};
  made.names_elsewhere = 0;
  if (action.path.is_root()) {
    tree_.emplace();
    *tree_->find(RelPath()) = made;
    return;
  }
  tree_->erase(action.path);
  tree_->put(action.path, made);
}

void ReplicaModel::change_in_place(const Action& action) {
  if (!action.path.is_root()) date(RelPath());
  Object& object = *tree_->find(action.path);
  if (action.after->uid) object.uid = *action.after->uid;
  if (action.after->gid) object.gid = *action.after->gid;
  if (action.after->mode) object.mode = *action.after->mode;
  object.mtime = stored_as(*action.after->mtime, policy_.limits.times);
  object.ctime = FileTime{now_, 0};
}

void ReplicaModel::move(const Action& action) {
  tree_->rename(*action.other, action.path);
  date(action.other->parent());
  Object& object = *tree_->find(action.path);
  if (object.type == FileType::kDirectory) return;
  if (action.after->uid) object.uid = *action.after->uid;
  if (action.after->gid) object.gid = *action.after->gid;
  if (action.after->mode) object.mode = *action.after->mode;
}

void ReplicaModel::date(const RelPath& directory) {
  tree_->find(directory)->mtime = stored_as(FileTime{now_, 1}, policy_.limits.times);
}

Tree mirrored(const Tree& source, const Tree& found, const Policy& policy) {
  Tree result = source;
  for (const auto& [path, number] : source.all()) {
    const Object* there = found.find(path);
    if (there == nullptr) continue;
    Object& object = *result.find(path);
    const TimeLimits& times = policy.limits.times;
    const FileStatus original = status_of(source, path);
    if (stored_as(original.mtime, times) == stored_as(there->mtime, times)) {
      object.mtime = there->mtime;
    }
    object.mode = policy.limits.holds_modes ? wanted_mode(original, status_of(found, path), policy)
                                            : there->mode;
    if (policy.owners()) continue;
    object.uid = there->uid;
    object.gid = wanted_group(original, status_of(found, path), policy);
  }
  return result;
}

std::string told(const Action& action) { return action_json(action, 1); }

std::string told(const std::vector<Action>& actions) {
  std::string text;
  for (const Action& action : actions) text += told(action) + "\n";
  return text;
}

}  // namespace foldersync::test
