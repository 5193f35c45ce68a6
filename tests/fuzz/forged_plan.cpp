#include "fuzz/forged_plan.h"

#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "core/subtrees.h"
#include "format/action_rules.h"
#include "plan/order.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

constexpr std::array kPaths{
    "a",     "copy",       "d",        "d/b",    "d/extra", "d/extra/z", "d/kept",   "fifo",
    "gone",  "gone/x",     "gone/x/y", "h1",     "h2",      "l",         "l/secret", "mode",
    "moved", "moved/file", "new",      "new/er", "old",     "old/file",  "same",     "suid",
    "t",     "t/inside",   "s1",       "s2",     "log",     "log.1",     "."};

struct Pair {
  Phase phase;
  Op op;
};
// Those that a plan may have, see action_rules.cpp.
constexpr std::array kPairs{Pair{Phase::kWrite, Op::kCreate},   Pair{Phase::kWrite, Op::kUpdate},
                            Pair{Phase::kWrite, Op::kReplace},  Pair{Phase::kWrite, Op::kMove},
                            Pair{Phase::kWrite, Op::kLink},     Pair{Phase::kWrite, Op::kMetadata},
                            Pair{Phase::kDelete, Op::kDelete},  Pair{Phase::kRmdir, Op::kDelete},
                            Pair{Phase::kClear, Op::kDelete},   Pair{Phase::kMkdir, Op::kCreate},
                            Pair{Phase::kMkdir, Op::kReplace},  Pair{Phase::kMkdir, Op::kMove},
                            Pair{Phase::kFinish, Op::kMetadata}};

RelPath path_of(const std::string& text) { return text == "." ? RelPath() : RelPath(text); }

std::optional<Facts> facts_at(const Tree& tree, const RelPath& path) {
  const auto found = tree.find(path.shown());
  if (found == tree.end()) return std::nullopt;
  const TreeEntry& entry = found->second;
  Facts facts;
  facts.type = entry.type;
  facts.mtime = entry.mtime;
  if (entry.type == FileType::kFile) facts.size = entry.content.size();
  if (entry.type == FileType::kSymlink) facts.target = entry.content;
  if (entry.type != FileType::kSymlink) facts.mode = entry.mode;
  return facts;
}

void lie(FuzzBytes& bytes, Facts& facts) {
  switch (bytes.pick(8)) {
    case 0:
      facts.mode = bytes.one_of(std::array{0644U, 0U, 04777U, 07777U, 0600U});
      break;
    case 1:
      facts.mtime = FileTime{static_cast<std::int64_t>(bytes.number()), 0};
      break;
    case 2:
      facts.mtime.reset();
      break;
    case 3:
      facts.type = bytes.one_of(
          std::array{FileType::kFile, FileType::kDirectory, FileType::kSymlink, FileType::kFifo});
      break;
    case 4:
      facts.size = bytes.pick(20);
      break;
    case 5:
      facts.md5 = Md5{};
      break;
    case 6:
      facts.uid = facts.gid = static_cast<std::uint32_t>(bytes.pick(3));
      break;
    default:
      facts.target = bytes.one_of(std::array{"a", "../outside/secret", "/etc/passwd"});
  }
}

// Takes out what the format forbids for the type.
void make_lawful(Facts& facts, bool is_before) {
  if (facts.type != FileType::kFile) facts.size.reset(), facts.md5.reset();
  if (facts.type != FileType::kSymlink) facts.target.reset();
  if (facts.type == FileType::kDirectory && is_before) facts.mtime.reset();
}

// Where the replica has what the source has at `path`: a good origin of a move.
std::vector<std::string> twins_of(const World& world, const RelPath& path) {
  const auto wanted = world.source.find(path.shown());
  std::vector<std::string> twins;
  if (wanted == world.source.end()) return twins;
  for (const auto& [other, entry] : world.replica) {
    if (entry.type == wanted->second.type && entry.content == wanted->second.content &&
        other != path.shown()) {
      twins.push_back(other);
    }
  }
  return twins;
}

Action forged_action(FuzzBytes& bytes, const World& world) {
  const Pair pair = bytes.one_of(kPairs);
  Action action;
  action.phase = pair.phase;
  action.op = pair.op;
  action.path = path_of(bytes.one_of(kPaths));
  action.reasons.add(bytes.one_of(kReasons));
  const bool may_have_origin =
      pair.phase == Phase::kWrite && (pair.op == Op::kCreate || pair.op == Op::kUpdate);
  if (pair.op == Op::kMove || pair.op == Op::kLink || (may_have_origin && bytes.coin())) {
    const auto twins = twins_of(world, action.path);
    const bool is_near = !twins.empty() && bytes.coin();
    action.other = path_of(is_near ? bytes.one_of(twins) : bytes.one_of(kPaths));
  }
  const bool is_move = pair.op == Op::kMove;
  action.before = facts_at(world.replica, is_move ? *action.other : action.path);
  action.after = facts_at(world.source, action.path);
  if (pair.op == Op::kCreate) action.before.reset();
  if (pair.op == Op::kDelete) action.after.reset();
  for (auto* facts : {&action.before, &action.after}) {
    if (!*facts && bytes.chance(4)) facts->emplace();
    if (*facts && bytes.chance(3)) lie(bytes, **facts);
    if (*facts) make_lawful(**facts, facts == &action.before);
  }
  return action;
}

// A directory that moves takes all below it along, and is finished where it comes to.
void make_moves_lawful(std::vector<Action>& actions) {
  std::vector<RelPath> moved;
  std::set<RelPath> unfinished;
  for (const Action& action : actions) {
    if (action.op != Op::kMove || action.phase != Phase::kMkdir) continue;
    moved.push_back(*action.other);
    moved.push_back(action.path);
  }
  const Subtrees trees(moved);
  const auto is_below = [&](const RelPath& path) {
    return !path.is_root() && trees.hold(path.parent());
  };
  std::erase_if(actions, [&](const Action& action) {
    return is_below(action.path) || (action.other && is_below(*action.other));
  });
  for (const Action& action : actions) {
    if (action.op == Op::kMove && action.phase == Phase::kMkdir) unfinished.insert(action.path);
  }
  for (const Action& action : actions) {
    if (action.phase == Phase::kFinish) unfinished.erase(action.path);
  }
  Facts directory;
  directory.type = FileType::kDirectory;
  for (const RelPath& path : unfinished) {
    Action finish = test::action_of(Phase::kFinish, Op::kMetadata, path.shown(), {Reason::kMtime});
    finish.before = finish.after = directory;
    actions.push_back(std::move(finish));
  }
  put_in_order(actions);
}

// Leaves out what the reader would refuse.
std::vector<Action> lawful(std::vector<Action> actions) {
  put_in_order(actions);
  std::vector<Action> kept;
  ActionStore store;
  SequenceRules rules(store);
  for (Action& action : actions) {
    if (action.reasons.has(Reason::kUndo)) action.reasons = {Reason::kMtime};
    if (broken_rule(action) != nullptr || *rules.broken_by(action) != nullptr) continue;
    (void)store.append(action);
    kept.push_back(std::move(action));
  }
  make_moves_lawful(kept);
  std::set<RelPath> left;
  for (const Action& action : kept) {
    if (takes_file_away(action)) left.insert(action.path);
  }
  for (Action& action : kept) {
    if (takes_file_over(action) && !left.contains(*action.other)) action.other.reset();
  }
  return kept;
}

}  // namespace

Plan forge(FuzzBytes& bytes, const World& world) {
  std::vector<Action> actions;
  for (const Action& action : world.honest) {
    if (bytes.chance(3)) continue;
    actions.push_back(action);
    Action& mine = actions.back();
    if (bytes.chance(6)) mine.path = path_of(bytes.one_of(kPaths));
    if (takes_file_over(mine) && bytes.chance(6)) mine.other = path_of(bytes.one_of(kPaths));
    for (auto* facts : {&mine.before, &mine.after}) {
      if (!*facts || !bytes.chance(6)) continue;
      lie(bytes, **facts);
      make_lawful(**facts, facts == &mine.before);
    }
  }
  for (std::size_t more = bytes.pick(12); more > 0; --more) {
    // First those that were made up: of two with one path the later is left out.
    actions.insert(actions.begin(), forged_action(bytes, world));
  }
  Plan plan = test::empty_plan();
  plan.actions = lawful(std::move(actions));
  test::settle_summary(plan);
  return plan;
}

}  // namespace foldersync
