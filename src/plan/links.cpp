#include "plan/links.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace foldersync {
namespace {

bool stays(const Comparison& comparison) {
  return comparison.decision == Decision::kUnchanged || comparison.decision == Decision::kMetadata;
}

Action plain_action(const LinkedEntry& entry, Op op, ReasonSet reasons) {
  Action action;
  action.phase = op == Op::kDelete ? Phase::kDelete : Phase::kWrite;
  action.op = op;
  action.path = entry.path;
  action.reasons = reasons;
  action.before = entry.before;
  if (op != Op::kDelete) action.after = entry.after;
  return action;
}

class Settlement {
 public:
  explicit Settlement(std::vector<LinkedEntry> entries) : entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end(),
              [](const LinkedEntry& a, const LinkedEntry& b) { return a.path < b.path; });
    for (const LinkedEntry& entry : entries_) {
      if (entry.replica) names_[*entry.replica].push_back(&entry);
      if (entry.source) groups_[{*entry.source, entry.range}].push_back(&entry);
    }
  }

  GroupedLinks run() {
    for (const LinkedEntry& entry : entries_) {
      if (!entry.source) {
        result_.actions.push_back(plain_action(entry, Op::kDelete, entry.comparison.reasons));
        continue;
      }
      const Group& group = groups_.at({*entry.source, entry.range});
      if (group.front() == &entry) decide(group);
    }
    return std::move(result_);
  }

 private:
  using Group = std::vector<const LinkedEntry*>;

  // Whether the object may be changed in place for the group: all its names are known, and all of
  // them are the group's. A name that only goes away later would find another object than planned.
  bool belongs_to(const ObjectId& object, const LinkedEntry& any_of_group) const {
    const Group& names = names_.at(object);
    if (names.size() != names.front()->replica_links) return false;
    return std::all_of(names.begin(), names.end(), [&](const LinkedEntry* name) {
      return name->source == any_of_group.source;
    });
  }

  bool can_keep(const LinkedEntry& entry) const {
    if (!stays(entry.comparison) || claimed_.contains(*entry.replica)) return false;
    return entry.comparison.decision == Decision::kUnchanged || belongs_to(*entry.replica, entry);
  }

  void decide(const Group& group) {
    const auto keeper = std::find_if(group.begin(), group.end(),
                                     [this](const LinkedEntry* entry) { return can_keep(*entry); });
    if (keeper != group.end()) {
      keep(**keeper);
      for (const LinkedEntry* entry : group) {
        if (entry != *keeper) join(*entry, **keeper, true);
      }
      return;
    }
    write_anew(*group.front());
    for (const LinkedEntry* entry : group) {
      if (entry != group.front()) join(*entry, *group.front(), false);
    }
  }

  void keep(const LinkedEntry& entry) {
    claimed_.insert(*entry.replica);
    if (entry.comparison.decision == Decision::kUnchanged) {
      ++result_.unchanged;
      return;
    }
    Action action = plain_action(entry, Op::kMetadata, entry.comparison.reasons);
    if (entry.mode_in_place) action.after->mode = entry.mode_in_place;
    if (entry.group_in_place) action.after->gid = entry.group_in_place;
    if (entry.replica_links > 1) action.before->links = entry.replica_links;
    result_.actions.push_back(std::move(action));
  }

  void write_anew(const LinkedEntry& entry) {
    ReasonSet reasons = entry.comparison.reasons;
    if (stays(entry.comparison)) reasons.add(Reason::kLink);
    const Op op = stays(entry.comparison) ? Op::kUpdate : op_of(entry.comparison.decision);
    result_.actions.push_back(plain_action(entry, op, reasons));
  }

  // Makes `entry` a name of `leader`, whose object stays or is new.
  void join(const LinkedEntry& entry, const LinkedEntry& leader, bool leader_stays) {
    if (leader_stays && entry.replica == leader.replica && stays(entry.comparison)) {
      ++result_.unchanged;
      return;
    }
    ReasonSet reasons{Reason::kLink};
    if (!entry.before) reasons.add(Reason::kMissing);
    if (entry.comparison.decision == Decision::kReplace) reasons.add(Reason::kType);
    Action action = plain_action(entry, Op::kLink, reasons);
    action.other = leader.path;
    result_.actions.push_back(std::move(action));
  }

  std::vector<LinkedEntry> entries_;
  std::map<ObjectId, Group> names_;
  std::map<std::pair<ObjectId, LinkRange>, Group> groups_;
  std::set<ObjectId> claimed_;
  GroupedLinks result_;
};

}  // namespace

GroupedLinks group_links(std::vector<LinkedEntry> entries) {
  return Settlement(std::move(entries)).run();
}

}  // namespace foldersync
