#include "plan/moves.h"

#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/subtrees.h"

namespace foldersync {

std::vector<MovePair> pair_up(const std::vector<Action>& actions,
                              const std::vector<HashedFile>& comes,
                              const std::vector<HashedFile>& goes, bool same_metadata) {
  // What holds one content and, where that counts, has one name, one mode and one owner.
  using Key = std::tuple<Md5, std::string_view, FileMetadata>;
  const auto key = [&](const HashedFile& file, const Facts& facts, bool by_name) {
    return Key{*file.md5, by_name ? actions[file.index].path.name() : std::string_view(),
               same_metadata ? metadata_of(facts) : FileMetadata()};
  };
  std::vector<MovePair> pairs;
  std::vector<bool> used(goes.size());
  std::vector<bool> made(comes.size());
  for (const bool by_name : {true, false}) {
    std::map<Key, std::vector<std::size_t>> free;
    for (std::size_t i = goes.size(); i-- > 0;) {
      if (used[i] || !goes[i].md5) continue;
      free[key(goes[i], *actions[goes[i].index].before, by_name)].push_back(i);
    }
    for (std::size_t i = 0; i < comes.size(); ++i) {
      if (made[i] || !comes[i].md5) continue;
      const auto match = free.find(key(comes[i], *actions[comes[i].index].after, by_name));
      if (match == free.end() || match->second.empty()) continue;
      const std::size_t other = match->second.back();
      if (goes[other].index == comes[i].index) continue;
      match->second.pop_back();
      used[other] = made[i] = true;
      pairs.push_back({comes[i].index, goes[other].index});
    }
  }
  return pairs;
}

void make_take_overs(std::vector<Action>& actions, const std::vector<MovePair>& pairs) {
  for (const MovePair& pair : pairs) actions[pair.create].other = actions[pair.remove].path;
}

namespace {

ReasonSet metadata_reasons(const FoundMove& move) {
  ReasonSet reasons;
  const Facts& before = move.before;
  const Facts& after = move.after;
  if (before.mode != after.mode) reasons.add(Reason::kMode);
  const bool has_owner = !after.uid || before.uid == after.uid;
  if (!has_owner || (after.gid && before.gid != after.gid)) reasons.add(Reason::kOwner);
  return reasons;
}

// A directory that is moved comes with the metadata that it had.
void expect_moved(std::vector<Action>& actions, const std::vector<FoundMove>& moves) {
  std::map<RelPath, const FoundMove*> moved;
  for (const FoundMove& move : moves) {
    if (is_directory(move.after)) moved[actions[move.pair.create].path] = &move;
  }
  for (Action& action : actions) {
    if (moved.empty() || action.phase != Phase::kFinish) continue;
    const auto found = moved.find(action.path);
    if (found == moved.end()) continue;
    action.before = found->second->before;
    action.reasons.add(metadata_reasons(*found->second));
  }
}

}  // namespace

std::vector<bool> make_moves(std::vector<Action>& actions, const std::vector<FoundMove>& moves) {
  expect_moved(actions, moves);
  std::vector<RelPath> made;
  std::vector<RelPath> gone;
  std::vector<bool> dropped(actions.size());
  for (const FoundMove& move : moves) {
    Action& action = actions[move.pair.create];
    const RelPath& from = actions[move.pair.remove].path;
    dropped[move.pair.remove] = true;
    if (is_directory(move.after)) {
      made.push_back(action.path);
      gone.push_back(from);
    }
    action.op = Op::kMove;
    action.other = from;
    action.before = move.before;
    action.after = move.after;
    if (!is_directory(move.after)) action.reasons.add(metadata_reasons(move));
  }
  const Subtrees made_whole(std::move(made));
  const Subtrees gone_whole(std::move(gone));
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const Action& action = actions[i];
    if (removes_entry(action)) {
      dropped[i] = dropped[i] || gone_whole.hold(action.path);
    } else if (!action.path.is_root()) {
      dropped[i] = made_whole.hold(action.path.parent());
    }
  }
  return dropped;
}

}  // namespace foldersync
