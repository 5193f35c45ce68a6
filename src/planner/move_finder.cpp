#include "planner/move_finder.h"

#include <algorithm>
#include <map>
#include <utility>

#include "fs/directory_cursor.h"
#include "fs/stop.h"
#include "plan/move_store.h"
#include "plan/what_is_left.h"
#include "planner/move_judge.h"
#include "scan/on_threads.h"

namespace foldersync {
namespace {

// Directories with the same entries as one that is looked for: so many are compared by content.
constexpr std::size_t kTries = 4;

// What the replica's directories that are deleted have; one that can't be seen is left out, and
// keeps those above it from being moved whole.
std::vector<GoneDirectory> gone_directories(const MoveSearch& search,
                                            const std::vector<Action>& actions) {
  std::vector<GoneDirectory> gone;
  const bool makes_any = std::any_of(actions.begin(), actions.end(), [](const Action& action) {
    return action.phase == Phase::kMkdir && action.op == Op::kCreate;
  });
  if (!makes_any) return gone;
  TreeEye replica(search.replica, CachedTree{}, descriptors_per_cursor(1));
  for (const Action& action : actions) {
    if (action.phase != Phase::kRmdir) continue;
    const auto found = replica.find(action.path);
    if (!found) continue;
    Facts facts = found_facts(found->status, {}, search.context.policy);
    facts.mtime = found->status.mtime;
    gone.push_back({action.path, std::move(facts)});
  }
  return gone;
}

class Finder {
 public:
  Finder(MoveSearch& search, const std::vector<Action>& actions)
      : search_(search),
        actions_(actions),
        candidates_(actions, gone_directories(search, actions), std::move(search.blocked),
                    search.context.policy),
        taken_(actions.size()) {
    if (candidates_.empty()) return;
    const std::size_t open = descriptors_per_cursor(2 * search.threads);
    judges_.reserve(search.threads);
    for (std::size_t i = 0; i < search.threads; ++i) {
      judges_.emplace_back(search.context, search.source, search.replica, search.opened, open);
    }
  }

  Status run() {
    if (candidates_.empty()) return success();
    if (can_move_directories()) {
      const DirectoryCandidates directories = candidates_.directories();
      WhatIsLeft left(directories.removes.size());
      for (const DirectoryCandidate& candidate : directories.creates) {
        if (Status tried = try_directory(candidate, directories.removes, left); !tried)
          return tried;
      }
    }
    return find_files();
  }

  [[nodiscard]] const std::vector<FoundMove>& moves() const { return found_; }
  // Of files that are created or updated, those of which another path gives the content up.
  [[nodiscard]] const std::vector<MovePair>& take_overs() const { return take_overs_; }

 private:
  [[nodiscard]] bool can_move_directories() const {
    if (search_.context.options.cross_mounts) return false;  // a mount may lie anywhere
    const auto facts = search_.replica.facts();
    return !facts || facts->moves_directories;
  }

  [[nodiscard]] bool stopped() const { return is_told_to_stop(search_.stop); }

  // Does `act(judge, i)` for each i below `count`, on all threads.
  template <class Act>
  Status each(std::size_t count, Act act) {
    std::atomic<std::size_t> next{0};
    const auto work = [&](MoveJudge& judge) {
      for (std::size_t i = next++; i < count && !stopped(); i = next++) act(judge, i);
    };
    on_threads(std::min(judges_.size(), count), [&](std::size_t thread) { work(judges_[thread]); });
    return heed(search_.stop, "compare");
  }

  // The answers, in the order of the pairs. What was compared once is not read again.
  Result<std::vector<MoveAnswer>> compare(const std::vector<MovePair>& pairs) {
    std::vector<MoveAnswer> answers(pairs.size());
    std::vector<bool> is_known(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto known = known_.find(pairs[i]);
      is_known[i] = known != known_.end();
      if (is_known[i]) answers[i] = known->second;
    }
    TRY(each(pairs.size(), [&](MoveJudge& judge, std::size_t i) {
      if (is_known[i]) return;
      answers[i] =
          judge.compare(actions_[pairs[i].create], actions_[pairs[i].remove], Content::kAsked);
    }));
    for (std::size_t i = 0; i < pairs.size(); ++i) known_.emplace(pairs[i], answers[i]);
    return answers;
  }

  // `left`: those of `removes` of which nothing was taken.
  Status try_directory(const DirectoryCandidate& candidate, const std::vector<std::size_t>& removes,
                       WhatIsLeft& left) {
    if (taken_[candidate.create]) return success();
    if (!judges_.front().is_reached(actions_[candidate.create].path)) return success();
    std::size_t tries = 0;
    for (const Occurrences& places : candidate.like) {
      for (std::size_t at = left.from(places.begin); at < places.end; at = left.from(at + 1)) {
        // Nothing in what is made is taken: whatever is above it came before it.
        const std::vector<MovePair> entries = candidates_.entries({candidate.create, removes[at]});
        const bool is_taken = std::any_of(entries.begin(), entries.end(),
                                          [&](const auto& entry) { return taken_[entry.remove]; });
        if (is_taken) {
          left.drop(at);
          continue;
        }
        if (++tries > kTries) return success();
        const auto answers = TRY(compare(entries));
        if (!take_directory(entries, answers)) continue;
        left.drop(at);
        return success();
      }
    }
    return success();
  }

  // Whether it was one, as all that is in the two directories is the same.
  bool take_directory(const std::vector<MovePair>& entries,
                      const std::vector<MoveAnswer>& answers) {
    const bool is_same = std::all_of(answers.begin(), answers.end(),
                                     [](const MoveAnswer& answer) { return answer.is_same; });
    if (!is_same) return false;
    for (const MovePair& entry : entries) taken_[entry.create] = taken_[entry.remove] = true;
    found_.push_back(answers.front().move);
    found_.back().pair = entries.front();
    return true;
  }

  Status find_files() {
    std::vector<MovePair> single;
    std::vector<MovePair> single_take_overs;
    for (const MoveGroup& group : candidates_.files(taken_)) {
      const bool is_single = group.creates.size() + group.updates.size() == 1 &&
                             group.removes.size() + group.changes.size() == 1;
      if (!is_single) {
        TRY(pair_by_hash(group));
      } else if (!group.creates.empty() && !group.removes.empty()) {
        single.push_back({group.creates.front(), group.removes.front()});
      } else {
        single_take_overs.push_back(
            {group.creates.empty() ? group.updates.front() : group.creates.front(),
             group.removes.empty() ? group.changes.front() : group.removes.front()});
      }
    }
    const auto answers = TRY(compare(single));
    for (std::size_t i = 0; i < single.size(); ++i) take(single[i], answers[i]);
    return take_over(single_take_overs);
  }

  // Of several files of one size and time each is read, once.
  Status pair_by_hash(const MoveGroup& group) {
    std::vector<HashedFile> comes;
    std::vector<HashedFile> goes;
    for (const auto* list : {&group.creates, &group.updates})
      for (const std::size_t index : *list) comes.push_back({index, {}});
    for (const auto* list : {&group.removes, &group.changes})
      for (const std::size_t index : *list) goes.push_back({index, {}});
    TRY(each(comes.size() + goes.size(), [&](MoveJudge& judge, std::size_t i) {
      const bool is_new = i < comes.size();
      HashedFile& file = is_new ? comes[i] : goes[i - comes.size()];
      file.md5 = judge.md5(actions_[file.index], is_new ? Side::kSource : Side::kReplica);
    }));
    const auto first = [](const std::vector<HashedFile>& files, std::size_t count) {
      return std::vector(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(count));
    };
    const std::vector<HashedFile> created = first(comes, group.creates.size());
    std::map<std::size_t, Md5> hashes;
    for (const HashedFile& file : created)
      if (file.md5) hashes.emplace(file.index, *file.md5);
    MoveJudge& judge = judges_.front();
    for (const MovePair& pair :
         pair_up(actions_, created, first(goes, group.removes.size()), false)) {
      MoveAnswer answer =
          judge.compare(actions_[pair.create], actions_[pair.remove], Content::kKnown);
      answer.move.before.md5 = answer.move.after.md5 = hashes.at(pair.create);
      take(pair, answer);
    }
    const auto is_taken = [this](const HashedFile& file) { return taken_[file.index]; };
    std::erase_if(comes, is_taken);
    std::erase_if(goes, is_taken);
    for (const MovePair& pair : pair_up(actions_, comes, goes, true)) {
      if (judge.can_take_over(actions_[pair.create], actions_[pair.remove], Content::kKnown))
        add_take_over(pair);
    }
    return success();
  }

  void take(const MovePair& pair, const MoveAnswer& answer) {
    if (!answer.is_same || !judges_.front().is_reached(actions_[pair.create].path)) return;
    taken_[pair.create] = taken_[pair.remove] = true;
    found_.push_back(answer.move);
    found_.back().pair = pair;
  }

  Status take_over(const std::vector<MovePair>& pairs) {
    std::vector<std::uint8_t> is_same(pairs.size());
    TRY(each(pairs.size(), [&](MoveJudge& judge, std::size_t i) {
      const Action& comes = actions_[pairs[i].create];
      const Action& goes = actions_[pairs[i].remove];
      is_same[i] =
          wants_metadata_of(comes, goes) && judge.can_take_over(comes, goes, Content::kAsked) ? 1
                                                                                              : 0;
    }));
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (is_same[i] != 0) add_take_over(pairs[i]);
    }
    return success();
  }

  void add_take_over(const MovePair& pair) {
    if (judges_.front().is_reached(actions_[pair.create].path)) take_overs_.push_back(pair);
  }

  MoveSearch& search_;
  const std::vector<Action>& actions_;
  MoveCandidates candidates_;
  std::vector<bool> taken_;
  std::vector<MoveJudge> judges_;
  std::map<MovePair, MoveAnswer> known_;
  std::vector<FoundMove> found_;
  std::vector<MovePair> take_overs_;
};

}  // namespace

Status find_moves(MoveSearch search, Arranged& plan) {
  auto loaded = TRY(load_candidates(plan, search.context.policy, search.most_actions));
  if (loaded.actions.empty()) return success();
  Finder finder(search, loaded.actions);
  TRY(finder.run());
  if (finder.moves().empty() && finder.take_overs().empty()) return success();
  const std::vector<bool> dropped = make_moves(loaded.actions, finder.moves());
  make_take_overs(loaded.actions, finder.take_overs());
  return put_back(plan, loaded, dropped, search.spooling);
}

}  // namespace foldersync
