#include "planner/recorder.h"

#include <utility>

#include "plan/order.h"
#include "planner/attribute_comparer.h"

namespace foldersync {
namespace {

// Whether it is something else than a directory that has other names.
bool has_links(const Seen* seen) {
  return seen != nullptr && seen->status.links > 1 && !seen->status.is_directory();
}

}  // namespace

// Where it is written anew.
Facts Recorder::made_facts(const Named& named, const Seen& source) const {
  const Policy& policy = context_.policy;
  if (mirrors_all_ || named.replica == nullptr) {
    return wanted_facts(wanted(*named.source, named.replica), source.target, nullptr, policy);
  }
  const auto kept = kept_by_new(*named.source, *named.replica, policy);
  return wanted_facts(wanted(*named.source, kept ? &*kept : nullptr), source.target, nullptr,
                      policy);
}

void Recorder::record(const Named& named, const Seen* source, const Seen* replica,
                      const Comparison& comparison, const KnownContent& content) {
  const bool of_directory = (source != nullptr ? source : replica)->status.is_directory();
  const bool may_be_link = !of_directory && (has_links(source) || has_links(replica));
  if (comparison.decision == Decision::kUnchanged && !may_be_link) {
    ++findings_.unchanged;
    return;
  }
  const RelPath path = path_of(pair_, named.name);
  if (may_be_link) {
    children_may_change_ = true;
  } else if (comparison.decision != Decision::kMetadata) {
    children_change_ = true;
  }
  if (of_directory) return record_directory(path, source, replica, comparison);

  std::optional<Facts> before;
  std::optional<Facts> after;
  LinkedEntry links;  // what they ask beside that
  if (replica != nullptr) {
    before = found_facts(replica->status, replica->target, context_.policy);
    if (content.common) before->md5 = content.common;
  }
  if (source != nullptr) {
    const Facts made = made_facts(named, *source);
    const bool stays = comparison.decision == Decision::kMetadata;
    after = stays ? wanted_facts(source->status, source->target, &replica->status, context_.policy)
                  : made;
    // Whether an object of several names stays is not known yet.
    links.mode_in_place = after->mode;
    links.group_in_place = after->gid;
    if (may_be_link) {
      after->mode = made.mode;
      after->gid = made.gid;
      links.source = object_of(source->status);
    }
    after->md5 = content.common ? content.common : content.pinned;
  }
  if (may_be_link) {
    links.path = path;
    links.range = pair_.replica_range;
    links.comparison = comparison;
    if (replica != nullptr && !replica->status.is_directory()) {
      links.replica = object_of(replica->status);
      links.replica_links = replica->status.links;
    }
    links.before = std::move(before);
    links.after = std::move(after);
    if (content.late != nullptr) content.late->linked = findings_.linked.size();
    findings_.linked.push_back(std::move(links));
    return;
  }
  const Op op = op_of(comparison.decision);
  if (content.late != nullptr) content.late->action = findings_.actions.size();
  if (replica != nullptr && replica->status.is_directory()) findings_.replaced.push_back(path);
  findings_.actions.push_back(
      action_of(op, path, comparison.reasons, std::move(before), std::move(after)));
}

// A directory that one of the trees lacks, or that takes the place of something else.
void Recorder::record_directory(const RelPath& path, const Seen* source, const Seen* replica,
                                const Comparison& comparison) {
  std::optional<Facts> before;
  if (replica != nullptr) before = found_facts(replica->status, replica->target, context_.policy);
  if (source == nullptr) {
    Facts only_type;
    only_type.type = FileType::kDirectory;
    findings_.actions.push_back(action_of(Op::kDelete, path, comparison.reasons, only_type, {}));
    return;
  }
  Facts after = wanted_facts(source->status, {}, nullptr, context_.policy);
  if (comparison.decision == Decision::kMetadata || comparison.decision == Decision::kUnchanged) {
    finish(path, std::move(*before), source->status, &replica->status, comparison.reasons);
    return;
  }
  findings_.actions.push_back(
      action_of(op_of(comparison.decision), path, comparison.reasons, std::move(before), after));
  const bool has_time = !context_.policy.fields.omit_dir_times;
  finish(path, std::move(after), source->status, nullptr,
         {has_time ? Reason::kMtime : Reason::kChildren});
}

// What the visited directory itself needs, where both trees have it.
void Recorder::record_self() {
  if (pair_.source.self == nullptr || pair_.replica.self == nullptr) return;
  const Seen source{wanted(*pair_.source.self, pair_.replica.self), {}};
  const Seen replica{*pair_.replica.self, {}};
  Comparison comparison = compare(&source, &replica, context_.policy);
  note_hidden(source.status, replica.status);
  // What comes and goes in it moves its time.
  const bool has_time = !context_.policy.fields.omit_dir_times;
  const bool changes = has_time && (children_change_ || children_may_change_);
  if (changes) comparison.reasons.add(Reason::kChildren);
  if (changes && !children_change_) findings_.doubtful.push_back(RelPath::from_bytes(pair_.path));
  if (context_.options.xattrs && pair_.source.here != nullptr && pair_.replica.here != nullptr) {
    AttributeComparer(context_, findings_)
        .compare(pair_, Named{.name = "."}, source.status, comparison);
  }
  if (comparison.reasons.empty()) {
    if (!pair_.path.empty()) ++findings_.unchanged;
    return;
  }
  finish(RelPath::from_bytes(pair_.path), found_facts(replica.status, {}, context_.policy),
         source.status, &replica.status, comparison.reasons);
}

// `replica` is null where the directory is made by the plan.
void Recorder::finish(const RelPath& path, Facts before, const FileStatus& source,
                      const FileStatus* replica, ReasonSet reasons) {
  Facts after = wanted_facts(source, {}, replica, context_.policy);
  want_time(after, source, context_.policy);
  findings_.actions.push_back(finish_of(path, reasons, std::move(before), std::move(after)));
}

}  // namespace foldersync
