#include "planner/move_finder.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "fs/directory_cursor.h"
#include "fs/stop.h"
#include "plan/compare.h"
#include "plan/move_store.h"
#include "plan/what_is_left.h"
#include "scan/on_threads.h"

namespace foldersync {
namespace {

// Directories with the same entries as one that is looked for: so many are compared by content.
constexpr std::size_t kTries = 4;

// One entry of one tree, and the directory that holds it.
struct Found {
  ReadableDirectory* directory = nullptr;
  std::string name;
  FileStatus status;

  [[nodiscard]] FileToRead file() const { return {directory, name, status}; }
};

// One thread's eyes on one of the trees.
class Candidates {
 public:
  Candidates(const ReadableTree& tree, const CachedTree& hashes, std::size_t open)
      : reader_(tree.reader(open)), hashes_(hashes) {}

  // Valid until the next call.
  std::optional<Found> find(const RelPath& path) {
    const auto parent = reader_->enter(path.parent_bytes());
    if (!parent) return std::nullopt;
    if (!directory_ || *directory_ != path.parent()) {
      directory_ = path.parent();
      hashes_.begin(path.parent_bytes());
    }
    Found found{*parent, std::string(path.name()), {}};
    const auto status = (*parent)->status(found.name.c_str());
    if (!status) return std::nullopt;
    found.status = *status;
    return found;
  }

  DirectoryHashes& hashes() { return hashes_; }

 private:
  std::unique_ptr<TreeReader> reader_;
  DirectoryHashes hashes_;
  std::optional<RelPath> directory_;
};

// Whether what two files hold is still to be compared, or known to be the same.
enum class Content : std::uint8_t { kAsked, kKnown };

// What comes of comparing a pair.
struct Answer {
  bool is_same = false;
  FoundMove move;
};

// One thread's judgement.
class Judge {
 public:
  Judge(const MoveSearch& search, std::size_t open)
      : context_(search.context),
        openings_(search.openings),
        source_(search.source, search.context.source_hashes, open),
        replica_(search.replica, search.context.replica_hashes, open),
        judge_(search.context.stop) {}

  // `content`: of files.
  Answer compare(const Action& create, const Action& remove, Content content) {
    auto wanted = source_.find(create.path);
    const auto found = replica_.find(remove.path);
    Answer answer;
    if (!wanted || !found || !can_move(*found) || wanted->status.type != found->status.type) {
      return answer;
    }
    if (found->status.is_directory() && was_closed(remove.path)) return answer;
    if (context_.options.xattrs && !has_same_xattrs(*wanted, *found)) return answer;
    const FileStatus& there = found->status;
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
    const auto common =
        judge_.common_md5(wanted->file(), source_.hashes(), found->file(), replica_.hashes());
    if (!common || !*common) return answer;
    answer.move.before.md5 = answer.move.after.md5 = *common;
    answer.is_same = true;
    return answer;
  }

  // Whether the file that goes is just what the other action wants, metadata too.
  bool can_take_over(const Action& comes, const Action& goes, Content content) {
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
    const auto common =
        judge_.common_md5(wanted->file(), source_.hashes(), found->file(), replica_.hashes());
    return common && *common && (!comes.after->md5 || *comes.after->md5 == **common);
  }

  enum class Which : std::uint8_t { kNew, kOld };
  // Of the source's file, or of the replica's; nothing where it can't be read.
  std::optional<Md5> md5(const Action& action, Which which) {
    Candidates& side = which == Which::kNew ? source_ : replica_;
    const auto found = side.find(action.path);
    if (!found || !found->status.is_file()) return std::nullopt;
    const auto md5 = judge_.md5(found->file(), side.hashes());
    return md5 ? std::optional(*md5) : std::nullopt;
  }

  // Whether what gets this path in the replica is where renames from anywhere in it reach.
  bool is_reached(const RelPath& path) {
    for (RelPath above = path.parent(); !above.is_root(); above = above.parent()) {
      const auto found = replica_.find(above);
      if (found) return is_near(found->status);
    }
    return true;
  }

 private:
  // Whether the file is still the one that the walk saw.
  static bool is_as_planned(const FileStatus& file, const Facts& seen) {
    return file.size == seen.size && file.mtime == seen.mtime && file.links == 1;
  }

  [[nodiscard]] bool is_near(const FileStatus& status) const {
    return status.device == context_.replica_root.device &&
           status.mount == context_.replica_root.mount;
  }

  // Who moves it whole would have to open it up at its old path, and to close it at its new one.
  [[nodiscard]] bool was_closed(const RelPath& directory) const {
    return openings_ != nullptr && openings_->has_opened(directory);
  }

  [[nodiscard]] bool can_move(const Found& found) const {
    return is_near(found.status) && (found.status.is_directory() || found.status.links == 1);
  }

  // A move brings the file as it is, and puts its metadata right where it is then.
  bool may_move(const Found& wanted, const Found& found) const {
    const Policy& policy = context_.policy;
    const FileStatus& there = found.status;
    if (differences(wanted_facts(wanted.status, {}, &there, policy), found_facts(there, {}, policy),
                    policy.limits)
            .empty()) {
      return true;
    }
    return may_change_in_place(wanted.status, there, policy) && !is_capable(wanted) &&
           !is_capable(found);
  }

  [[nodiscard]] bool is_capable(const Found& side) const {
    return side.status.is_file() && context_.policy.as_root &&
           foldersync::is_capable(*side.directory, side.name.c_str());
  }

  bool has_same_xattrs(const Found& source, const Found& replica) {
    if (!context_.policy.limits.holds_xattrs) return true;
    const auto from = source.directory->open_entry(source.name.c_str());
    const auto to = replica.directory->open_entry(replica.name.c_str());
    if (!from || !to) return false;
    auto wanted = (*from)->xattrs(context_.policy.as_root);
    if (wanted && context_.policy.fields.no_perms) {
      const auto own = (*to)->rights(context_.policy.as_root);
      if (own) *wanted = with_acls_of(std::move(*wanted), *own);
    }
    return wanted && has_xattrs(**to, std::move(*wanted), context_.policy.as_root);
  }

  const PlanningContext& context_;
  Openings* openings_;
  Candidates source_;
  Candidates replica_;
  ContentJudge judge_;
};

// What the replica's directories that are deleted have; one that can't be seen is left out, and
// keeps those above it from being moved whole.
std::vector<GoneDirectory> gone_directories(const MoveSearch& search,
                                            const std::vector<Action>& actions) {
  std::vector<GoneDirectory> gone;
  const bool makes_any = std::any_of(actions.begin(), actions.end(), [](const Action& action) {
    return action.phase == Phase::kMkdir && action.op == Op::kCreate;
  });
  if (!makes_any) return gone;
  Candidates replica(search.replica, CachedTree{}, descriptors_per_cursor(1));
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
      judges_.emplace_back(search, open);
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
    const auto work = [&](Judge& judge) {
      for (std::size_t i = next++; i < count && !stopped(); i = next++) act(judge, i);
    };
    on_threads(std::min(judges_.size(), count), [&](std::size_t thread) { work(judges_[thread]); });
    return heed(search_.stop, "compare");
  }

  // The answers, in the order of the pairs. What was compared once is not read again.
  Result<std::vector<Answer>> compare(const std::vector<MovePair>& pairs) {
    std::vector<Answer> answers(pairs.size());
    std::vector<bool> is_known(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto known = known_.find(pairs[i]);
      is_known[i] = known != known_.end();
      if (is_known[i]) answers[i] = known->second;
    }
    TRY(each(pairs.size(), [&](Judge& judge, std::size_t i) {
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
  bool take_directory(const std::vector<MovePair>& entries, const std::vector<Answer>& answers) {
    const bool is_same = std::all_of(answers.begin(), answers.end(),
                                     [](const Answer& answer) { return answer.is_same; });
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
    TRY(each(comes.size() + goes.size(), [&](Judge& judge, std::size_t i) {
      const bool is_new = i < comes.size();
      HashedFile& file = is_new ? comes[i] : goes[i - comes.size()];
      file.md5 = judge.md5(actions_[file.index], is_new ? Judge::Which::kNew : Judge::Which::kOld);
    }));
    const auto first = [](const std::vector<HashedFile>& files, std::size_t count) {
      return std::vector(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(count));
    };
    const std::vector<HashedFile> created = first(comes, group.creates.size());
    std::map<std::size_t, Md5> hashes;
    for (const HashedFile& file : created)
      if (file.md5) hashes.emplace(file.index, *file.md5);
    Judge& judge = judges_.front();
    for (const MovePair& pair :
         pair_up(actions_, created, first(goes, group.removes.size()), false)) {
      Answer answer = judge.compare(actions_[pair.create], actions_[pair.remove], Content::kKnown);
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

  void take(const MovePair& pair, const Answer& answer) {
    if (!answer.is_same || !judges_.front().is_reached(actions_[pair.create].path)) return;
    taken_[pair.create] = taken_[pair.remove] = true;
    found_.push_back(answer.move);
    found_.back().pair = pair;
  }

  Status take_over(const std::vector<MovePair>& pairs) {
    std::vector<std::uint8_t> is_same(pairs.size());
    TRY(each(pairs.size(), [&](Judge& judge, std::size_t i) {
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
  std::vector<Judge> judges_;
  std::map<MovePair, Answer> known_;
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
