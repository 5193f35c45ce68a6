#include "plan/links.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/heeding_sort.h"
#include "plan/order.h"

namespace foldersync {
namespace {

bool stays(const Comparison& comparison) {
  return comparison.decision == Decision::kUnchanged || comparison.decision == Decision::kMetadata;
}

Action plain_action(const LinkedEntry& entry, Op op, ReasonSet reasons) {
  return action_of(op, entry.path, reasons, entry.before,
                   op == Op::kDelete ? std::nullopt : entry.after);
}

class Settlement {
 public:
  Settlement(std::vector<LinkedEntry> entries, std::uint32_t most_names,
             const std::function<Status()>& heed)
      : entries_(std::move(entries)), most_names_(most_names), heed_(heed) {}

  Result<GroupedLinks> run() {
    TRY(group());
    for (const LinkedEntry& entry : entries_) {
      TRY(heed());
      if (!entry.source) {
        result_.actions.push_back(plain_action(entry, Op::kDelete, entry.comparison.reasons));
        continue;
      }
      const Group& group = groups_.at({*entry.source, entry.range});
      if (group.front() == &entry) TRY(decide(group));
    }
    return std::move(result_);
  }

 private:
  using Group = std::vector<const LinkedEntry*>;

  [[nodiscard]] Status heed() const { return heed_ ? heed_() : success(); }

  Status group() {
    TRY(sort_heeding(
        entries_, [](const LinkedEntry& a, const LinkedEntry& b) { return a.path < b.path; },
        [this] { return heed(); }));
    for (const LinkedEntry& entry : entries_) {
      TRY(heed());
      if (entry.replica) names_[*entry.replica].push_back(&entry);
      if (entry.source) groups_[{*entry.source, entry.range}].push_back(&entry);
    }
    return success();
  }

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

  // An object of a group that has several, and how many names it still takes.
  struct Leader {
    const LinkedEntry* entry;
    bool stays;
    std::size_t room;
  };

  Leader kept_leader(const LinkedEntry& entry) {
    keep(entry);
    return {&entry, true, most_names_ - std::min(most_names_, entry.replica_links)};
  }

  // As many objects of the replica as the group needs may stay. What is in none of them becomes a
  // name of the first that has room, or else the first name of a new object.
  Status decide_in_parts(const Group& group) {
    std::vector<Leader> leaders;
    const std::size_t parts = (group.size() + most_names_ - 1) / most_names_;
    for (const LinkedEntry* entry : group) {
      if (leaders.size() == parts) break;
      if (!can_keep(*entry)) continue;
      leaders.push_back(kept_leader(*entry));
    }
    for (const LinkedEntry* entry : group) {
      TRY(heed());
      const auto is_in_it = [&](const Leader& leader) {
        return leader.entry == entry || (leader.stays && is_name_of(*entry, *leader.entry));
      };
      const auto own = std::find_if(leaders.begin(), leaders.end(), is_in_it);
      if (own != leaders.end()) {
        if (own->entry != entry) ++result_.unchanged;
        continue;
      }
      const auto next = std::find_if(leaders.begin(), leaders.end(),
                                     [](const Leader& leader) { return leader.room > 0; });
      if (next == leaders.end() && can_keep(*entry)) {
        leaders.push_back(kept_leader(*entry));
      } else if (next == leaders.end()) {
        write_anew(*entry);
        leaders.push_back({entry, false, most_names_ - 1});
      } else {
        --next->room;
        join(*entry, *next->entry, next->stays);
      }
    }
    return success();
  }

  Status decide(const Group& group) {
    if (most_names_ != 0 && group.size() > most_names_) return decide_in_parts(group);
    const auto keeper = std::find_if(group.begin(), group.end(),
                                     [this](const LinkedEntry* entry) { return can_keep(*entry); });
    if (keeper != group.end()) {
      keep(**keeper);
      for (const LinkedEntry* entry : group) {
        TRY(heed());
        if (entry != *keeper) join(*entry, **keeper, true);
      }
      return success();
    }
    write_anew(*group.front());
    for (const LinkedEntry* entry : group) {
      TRY(heed());
      if (entry != group.front()) join(*entry, *group.front(), false);
    }
    return success();
  }

  void keep(const LinkedEntry& entry) {
    claimed_.insert(*entry.replica);
    if (entry.comparison.decision == Decision::kUnchanged) {
      ++result_.unchanged;
      return;
    }
    Action action = plain_action(entry, Op::kMetadata, entry.comparison.reasons);
    action.after = in_place(entry);
    if (entry.replica_links > 1) action.before->links = entry.replica_links;
    result_.actions.push_back(std::move(action));
  }

  static Facts in_place(const LinkedEntry& entry) {
    Facts after = *entry.after;
    if (entry.mode_in_place) after.mode = entry.mode_in_place;
    if (entry.group_in_place) after.gid = entry.group_in_place;
    return after;
  }

  // What a name of `leader` has by that: what the object keeps need not be what a new one has.
  static void take_rights_of(const LinkedEntry& leader, bool leader_stays, Facts& after) {
    const bool is_kept = leader_stays && leader.comparison.decision == Decision::kUnchanged;
    const Facts has = is_kept ? *leader.before : leader_stays ? in_place(leader) : *leader.after;
    for (const auto field : {&Facts::mode, &Facts::uid, &Facts::gid}) {
      if (after.*field) after.*field = has.*field;
    }
  }

  void write_anew(const LinkedEntry& entry) {
    ReasonSet reasons = entry.comparison.reasons;
    if (stays(entry.comparison)) reasons.add(Reason::kLink);
    const Op op = stays(entry.comparison) ? Op::kUpdate : op_of(entry.comparison.decision);
    result_.actions.push_back(plain_action(entry, op, reasons));
  }

  // Whether it is one already of an object that stays.
  static bool is_name_of(const LinkedEntry& entry, const LinkedEntry& leader) {
    return entry.replica == leader.replica && stays(entry.comparison);
  }

  // Makes `entry` a name of `leader`, whose object stays or is new.
  void join(const LinkedEntry& entry, const LinkedEntry& leader, bool leader_stays) {
    if (leader_stays && is_name_of(entry, leader)) {
      ++result_.unchanged;
      return;
    }
    ReasonSet reasons{Reason::kLink};
    if (!entry.before) reasons.add(Reason::kMissing);
    if (entry.comparison.decision == Decision::kReplace) reasons.add(Reason::kType);
    Action action = plain_action(entry, Op::kLink, reasons);
    action.other = leader.path;
    take_rights_of(leader, leader_stays, *action.after);
    result_.actions.push_back(std::move(action));
  }

  std::vector<LinkedEntry> entries_;
  std::uint32_t most_names_;
  const std::function<Status()>& heed_;
  std::map<ObjectId, Group> names_;
  std::map<std::pair<ObjectId, LinkRange>, Group> groups_;
  std::set<ObjectId> claimed_;
  GroupedLinks result_;
};

}  // namespace

Result<GroupedLinks> group_links(std::vector<LinkedEntry> entries, std::uint32_t most_names,
                                 const std::function<Status()>& heed) {
  return Settlement(std::move(entries), most_names, heed).run();
}

}  // namespace foldersync
