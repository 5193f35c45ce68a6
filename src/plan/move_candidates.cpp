#include "plan/move_candidates.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace foldersync {
namespace {

bool has_content(const Facts& facts) {
  return facts.type == FileType::kFile && facts.size.value_or(0) > 0;
}

bool is_created(const Action& action) {
  return action.op == Op::kCreate && action.reasons == ReasonSet{Reason::kMissing} &&
         !action.path.is_root();
}

bool is_gone(const Action& action) {
  return removes_entry(action) && action.reasons == ReasonSet{Reason::kExtra} &&
         (action.phase == Phase::kDelete || action.phase == Phase::kRmdir);
}

// Whether the file that the action writes may be one that the replica has already.
bool is_updated(const Action& action) {
  return action.op == Op::kUpdate && !action.reasons.has(Reason::kLink) &&
         has_content(*action.after) && !action.after->links;
}

// Whether the file that goes from the action's path may be wanted elsewhere, though not as a move.
bool is_changed(const Action& action) {
  return takes_file_away(action) && !is_gone(action) && has_content(*action.before) &&
         !action.reasons.has(Reason::kLink) && !action.before->links;
}

// Bytes that are equal where name and facts are.
std::string described(std::string_view name, const Facts& facts, const TimeLimits& times) {
  std::string text(name);
  const auto field = [&text](const auto& value) {
    text += '\0';
    if (value) text += std::to_string(*value);
  };
  text += '\0';
  text += to_string(facts.type);
  field(facts.size);
  field(facts.mode);
  field(facts.uid);
  field(facts.gid);
  field(facts.device);
  text += '\0';
  if (facts.mtime) text += to_string(stored_as(*facts.mtime, times));
  text += '\0';
  text += facts.target.value_or(std::string());
  text += '\0';
  return text;
}

}  // namespace

struct MoveCandidates::Directory {
  std::size_t index;
  Sha256Hasher hasher;
  bool has_content = false;
  bool stays = false;  // something in it does
};

MoveCandidates::MoveCandidates(const std::vector<Action>& actions,
                               std::vector<GoneDirectory> directories, std::vector<RelPath> blocked,
                               const Policy& policy)
    : actions_(actions),
      directories_(std::move(directories)),
      blocked_(std::move(blocked)),
      policy_(policy) {
  std::sort(blocked_.begin(), blocked_.end());
  for (const Action& action : actions) {
    const bool replaces_leaf = action.phase == Phase::kMkdir && action.op == Op::kReplace;
    if (replaces_leaf) replaced_.insert(action.path);
  }
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const Action& action = actions[i];
    if (is_blocked(action.path)) continue;
    if (is_created(action)) (replaces_above(action.path) ? updated_ : created_).push_back(i);
    if (is_gone(action)) gone_.push_back(i);
    if (is_updated(action)) updated_.push_back(i);
    if (is_changed(action)) changed_.push_back(i);
  }
  if (empty()) return;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (is_finish(actions[i])) finishes_.push_back(i);
  }
  std::sort(directories_.begin(), directories_.end(),
            [](const GoneDirectory& a, const GoneDirectory& b) { return a.path < b.path; });
  for (auto* const list : {&created_, &gone_, &updated_, &changed_, &finishes_}) {
    std::sort(list->begin(), list->end(),
              [&](std::size_t a, std::size_t b) { return actions[a].path < actions[b].path; });
  }
}

bool MoveCandidates::is_blocked(const RelPath& path) const {
  return std::binary_search(blocked_.begin(), blocked_.end(), path);
}

// The last of these paths that is not behind it is the only one that can hold it.
bool MoveCandidates::replaces_above(const RelPath& path) const {
  auto candidate = replaced_.upper_bound(path);
  return candidate != replaced_.begin() && path.is_within(*--candidate);
}

bool MoveCandidates::holds_blocked(const RelPath& directory) const {
  const auto next = std::lower_bound(blocked_.begin(), blocked_.end(), directory);
  return next != blocked_.end() && next->is_within(directory);
}

// The directory itself, and all that is in it.
std::vector<std::size_t> MoveCandidates::below(const std::vector<std::size_t>& sorted,
                                               std::size_t directory) const {
  const RelPath& path = actions_[directory].path;
  auto at = std::lower_bound(
      sorted.begin(), sorted.end(), path,
      [&](std::size_t index, const RelPath& wanted) { return actions_[index].path < wanted; });
  std::vector<std::size_t> found;
  for (; at != sorted.end() && actions_[*at].path.is_within(path); ++at) found.push_back(*at);
  return found;
}

// Of a directory with its time.
Facts MoveCandidates::facts_of(std::size_t index) const {
  const Action& action = actions_[index];
  Facts facts = *subject(action);
  if (!is_directory(facts)) return facts;
  if (action.after) {
    const auto finish = std::lower_bound(
        finishes_.begin(), finishes_.end(), action.path,
        [&](std::size_t other, const RelPath& path) { return actions_[other].path < path; });
    if (finish != finishes_.end() && actions_[*finish].path == action.path)
      facts.mtime = actions_[*finish].after->mtime;
    return facts;
  }
  const auto gone = std::lower_bound(
      directories_.begin(), directories_.end(), action.path,
      [](const GoneDirectory& other, const RelPath& path) { return other.path < path; });
  return gone != directories_.end() && gone->path == action.path ? gone->facts : facts;
}

void MoveCandidates::close(std::vector<Directory>& open, std::vector<Signed>& done) const {
  Directory directory = std::move(open.back());
  open.pop_back();
  const Sha256 signature = directory.hasher.finish();
  const RelPath& path = actions_[directory.index].path;
  const bool can_move = directory.has_content && !directory.stays && !holds_blocked(path);
  if (can_move) done.push_back({signature, directory.index});
  if (open.empty()) return;
  Directory& parent = open.back();
  const Facts facts = facts_of(directory.index);
  parent.has_content = parent.has_content || directory.has_content;
  parent.stays = parent.stays || directory.stays || depends_on_owner(facts);
  parent.hasher.update(described(path.name(), facts, policy_.limits.times));
  parent.hasher.update(to_string(signature));
}

// Whether the mode that it shall have depends on who owns the replica's.
bool MoveCandidates::depends_on_owner(const Facts& facts) const {
  return !policy_.owners() && (facts.mode.value_or(0) & kSetIds) != 0;
}

// Of every directory, by signature, name and path; the subtree of one is a range of `sorted`.
std::vector<MoveCandidates::Signed> MoveCandidates::signatures(
    const std::vector<std::size_t>& sorted) const {
  std::vector<Signed> done;
  std::vector<Directory> open;
  for (const std::size_t index : sorted) {
    const RelPath& path = actions_[index].path;
    while (!open.empty() && !path.is_within(actions_[open.back().index].path)) close(open, done);
    const Facts facts = facts_of(index);
    if (is_directory(facts)) {
      open.push_back({index, Sha256Hasher()});
    } else if (!open.empty()) {
      open.back().has_content = open.back().has_content || has_content(facts);
      open.back().stays = open.back().stays || depends_on_owner(facts);
      open.back().hasher.update(described(path.name(), facts, policy_.limits.times));
    }
  }
  while (!open.empty()) close(open, done);
  std::sort(done.begin(), done.end(), [&](const Signed& a, const Signed& b) {
    if (a.signature != b.signature) return a.signature < b.signature;
    const RelPath& first = actions_[a.index].path;
    const RelPath& second = actions_[b.index].path;
    if (first.name() != second.name()) return first.name() < second.name();
    return first < second;
  });
  return done;
}

DirectoryCandidates MoveCandidates::directories() const {
  DirectoryCandidates found;
  const std::vector<Signed> gone = signatures(gone_);
  if (gone.empty()) return found;
  for (const Signed& directory : gone) found.removes.push_back(directory.index);
  const auto place = [&](auto at) { return static_cast<std::size_t>(at - gone.begin()); };
  const auto by_name = [&](const Signed& a, const Signed& b) {
    return actions_[a.index].path.name() < actions_[b.index].path.name();
  };
  for (const Signed& made : signatures(created_)) {
    const auto before = [](const Signed& a, const Signed& b) { return a.signature < b.signature; };
    const auto [first, last] = std::equal_range(gone.begin(), gone.end(), made, before);
    if (first == last) continue;
    const auto [namesake, other] = std::equal_range(first, last, made, by_name);
    const Occurrences of_its_name{place(namesake), place(other)};
    found.creates.push_back(
        {made.index,
         {of_its_name, {place(first), of_its_name.begin}, {of_its_name.end, place(last)}}});
  }
  std::sort(found.creates.begin(), found.creates.end(),
            [&](const DirectoryCandidate& a, const DirectoryCandidate& b) {
              return actions_[a.create].path < actions_[b.create].path;
            });
  return found;
}

std::vector<MovePair> MoveCandidates::entries(MovePair directories) const {
  const std::vector<std::size_t> creates = below(created_, directories.create);
  const std::vector<std::size_t> removes = below(gone_, directories.remove);
  std::vector<MovePair> pairs;
  // Equal signatures: the same names, so the same order.
  for (std::size_t i = 0; i < std::min(creates.size(), removes.size()); ++i) {
    pairs.push_back({creates[i], removes[i]});
  }
  return pairs;
}

// Leaves of what is rewritten only that which something else that goes, or comes, suits.
void MoveCandidates::keep_suited(MoveGroup& group) const {
  std::map<FileMetadata, std::size_t> coming;
  std::map<FileMetadata, std::size_t> going;
  for (const auto* list : {&group.creates, &group.updates})
    for (const std::size_t index : *list) ++coming[metadata_of(*actions_[index].after)];
  for (const auto* list : {&group.removes, &group.changes})
    for (const std::size_t index : *list) ++going[metadata_of(*actions_[index].before)];
  const std::set<std::size_t> updated(group.updates.begin(), group.updates.end());
  const std::set<std::size_t> changed(group.changes.begin(), group.changes.end());
  // A file does not suit itself.
  const auto suits_itself = [&](std::size_t index) {
    return updated.contains(index) && changed.contains(index) &&
           wants_metadata_of(actions_[index], actions_[index]);
  };
  std::erase_if(group.updates, [&](std::size_t index) {
    const auto like = going.find(metadata_of(*actions_[index].after));
    return like == going.end() || like->second == (suits_itself(index) ? 1U : 0U);
  });
  std::erase_if(group.changes, [&](std::size_t index) {
    const auto like = coming.find(metadata_of(*actions_[index].before));
    return like == coming.end() || like->second == (suits_itself(index) ? 1U : 0U);
  });
}

std::vector<MoveGroup> MoveCandidates::files(const std::vector<bool>& taken) const {
  std::map<std::pair<std::uint64_t, FileTime>, MoveGroup> groups;
  const auto key = [&](const Facts& facts) {
    return std::pair(*facts.size,
                     stored_as(facts.mtime.value_or(FileTime{}), policy_.limits.times));
  };
  const auto add_going = [&](const std::vector<std::size_t>& list, auto part) {
    for (const std::size_t index : list) {
      const Facts& facts = *actions_[index].before;
      if (!taken[index] && has_content(facts)) (groups[key(facts)].*part).push_back(index);
    }
  };
  const auto add_coming = [&](const std::vector<std::size_t>& list, auto part) {
    for (const std::size_t index : list) {
      const Facts& facts = *actions_[index].after;
      if (taken[index] || !has_content(facts)) continue;
      const auto group = groups.find(key(facts));
      if (group != groups.end()) (group->second.*part).push_back(index);
    }
  };
  add_going(gone_, &MoveGroup::removes);
  add_going(changed_, &MoveGroup::changes);
  add_coming(created_, &MoveGroup::creates);
  add_coming(updated_, &MoveGroup::updates);
  std::vector<MoveGroup> found;
  for (auto& [of, group] : groups) {
    if (!group.updates.empty() || !group.changes.empty()) keep_suited(group);
    const bool comes = !group.creates.empty() || !group.updates.empty();
    const bool goes = !group.removes.empty() || !group.changes.empty();
    if (comes && goes) found.push_back(std::move(group));
  }
  return found;
}

}  // namespace foldersync
