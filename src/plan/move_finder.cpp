#include "plan/move_finder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "fs/directory_cursor.h"
#include "fs/xattrs.h"
#include "plan/move_store.h"

namespace foldersync {
namespace {

// Directories with the same entries as one that is looked for: so many are compared by content.
constexpr std::size_t kTries = 4;

// One entry of one tree, and the directory that holds it.
struct Found {
  int directory = -1;
  std::string name;
  FileStatus status;

  [[nodiscard]] FileToRead file() const { return {directory, name, status}; }
};

// One thread's eyes on one of the trees.
class Side {
 public:
  Side(const PlanningContext& context, const Root& root, const CachedTree& tree, std::size_t open)
      : fs_(context.fs), cursor_(context.fs, root.fd.get(), {}, open), hashes_(tree) {}

  // Valid until the next call.
  std::optional<Found> find(const RelPath& path) {
    const auto parent = cursor_.enter(path.parent_bytes());
    if (!parent) return std::nullopt;
    if (!directory_ || *directory_ != path.parent()) {
      directory_ = path.parent();
      hashes_.begin(path.parent_bytes());
    }
    Found found{*parent, std::string(path.name()), {}};
    const auto status = fs_.status_at(*parent, found.name.c_str());
    if (!status) return std::nullopt;
    found.status = *status;
    return found;
  }

  DirectoryHashes& hashes() { return hashes_; }

 private:
  FileSystem& fs_;
  DirectoryCursor cursor_;
  DirectoryHashes hashes_;
  std::optional<RelPath> directory_;
};

// What comes of comparing a pair.
struct Answer {
  bool is_same = false;
  FoundMove move;
};

// One thread's judgement.
class Judge {
 public:
  Judge(const PlanningContext& context, const Roots& roots, std::size_t open)
      : context_(context),
        source_(context, roots.source, context.source_hashes, open),
        replica_(context, *roots.replica, context.replica_hashes, open),
        judge_(context.fs) {}

  // `asks_content`: of files.
  Answer compare(const Action& create, const Action& remove, bool asks_content) {
    const auto wanted = source_.find(create.path);
    const auto found = replica_.find(remove.path);
    Answer answer;
    if (!wanted || !found || !can_move(*found) || wanted->status.type != found->status.type ||
        !has_same_xattrs(*wanted, *found)) {
      return answer;
    }
    const FileStatus& there = found->status;
    answer.move.before =
        there.is_directory() ? found_facts(there, {}, context_.policy) : *remove.before;
    answer.move.after = *create.after;
    if (!there.is_file() || there.size == 0) {
      answer.is_same = true;
      return answer;
    }
    if (!is_as_planned(wanted->status, *create.after) || !is_as_planned(there, *remove.before)) {
      return answer;
    }
    answer.move.after.mode = wanted_facts(wanted->status, {}, &there, context_.policy).mode;
    answer.is_same = !asks_content;
    if (!asks_content) return answer;
    const auto common =
        judge_.common_md5(wanted->file(), source_.hashes(), found->file(), replica_.hashes());
    if (!common || !*common) return answer;
    answer.move.before.md5 = answer.move.after.md5 = *common;
    answer.is_same = true;
    return answer;
  }

  // Nothing where it can't be read.
  std::optional<Md5> md5(const Action& action) {
    Side& side = action.after ? source_ : replica_;
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

  [[nodiscard]] bool can_move(const Found& found) const {
    return is_near(found.status) && (found.status.is_directory() || found.status.links == 1);
  }

  bool has_same_xattrs(const Found& source, const Found& replica) {
    if (!context_.options.xattrs || !context_.policy.limits.holds_xattrs) return true;
    FileSystem& fs = context_.fs;
    const auto from = fs.open_entry(source.directory, source.name.c_str());
    const auto to = fs.open_entry(replica.directory, replica.name.c_str());
    if (!from || !to) return false;
    const Handle entry{to->get(), true};
    auto wanted = read_xattrs(fs, {from->get(), true}, context_.policy.as_root);
    const auto found = read_xattrs(fs, entry, context_.policy.as_root);
    if (!wanted || !found) return false;
    return *wanted == *found || without_unsupported(fs, entry, std::move(*wanted)) == *found;
  }

  const PlanningContext& context_;
  Side source_;
  Side replica_;
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
  const PlanningContext& context = search.context;
  Side replica(context, *search.roots.replica, CachedTree{}, descriptors_per_cursor(1));
  for (const Action& action : actions) {
    if (action.phase != Phase::kRmdir) continue;
    const auto found = replica.find(action.path);
    if (!found) continue;
    Facts facts = found_facts(found->status, {}, context.policy);
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
      judges_.emplace_back(search.context, search.roots, open);
    }
  }

  Result<std::vector<FoundMove>> run() {
    if (candidates_.empty()) return std::move(found_);
    if (can_move_directories()) {
      for (const DirectoryCandidate& candidate : candidates_.directories()) {
        if (Status tried = try_directory(candidate); !tried) return std::move(tried).error();
      }
    }
    if (Status found = find_files(); !found) return std::move(found).error();
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool can_move_directories() const {
    if (search_.context.options.cross_mounts) return false;  // a mount may lie anywhere
    const auto facts = search_.context.fs.facts(search_.roots.replica->fd.get());
    return !facts || facts->moves_directories;
  }

  [[nodiscard]] bool stopped() const { return search_.stop != nullptr && *search_.stop; }

  // Does `act(judge, i)` for each i below `count`, on all threads.
  template <class Act>
  Status each(std::size_t count, Act act) {
    std::atomic<std::size_t> next{0};
    const auto work = [&](Judge& judge) {
      for (std::size_t i = next++; i < count && !stopped(); i = next++) act(judge, i);
    };
    std::vector<std::thread> others;
    try {
      for (std::size_t t = 1; t < std::min(judges_.size(), count); ++t)
        others.emplace_back(work, std::ref(judges_[t]));
    } catch (const std::system_error&) {
      // The system gives no more threads: fewer do the same.
    }
    work(judges_.front());
    for (std::thread& other : others) other.join();
    if (stopped()) return Error{ErrorCode::kStopped, "compare", {}, 0, "told to stop"};
    return success();
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
    Status done = each(pairs.size(), [&](Judge& judge, std::size_t i) {
      if (is_known[i]) return;
      answers[i] = judge.compare(actions_[pairs[i].create], actions_[pairs[i].remove], true);
    });
    if (!done) return std::move(done).error();
    for (std::size_t i = 0; i < pairs.size(); ++i) known_.emplace(pairs[i], answers[i]);
    return answers;
  }

  Status try_directory(const DirectoryCandidate& candidate) {
    if (taken_[candidate.create]) return success();
    if (!judges_.front().is_reached(actions_[candidate.create].path)) return success();
    std::size_t tries = 0;
    for (const std::size_t remove : candidate.removes) {
      const MovePair pair{candidate.create, remove};
      const std::vector<MovePair> entries = candidates_.entries(pair);
      const bool is_taken = std::any_of(entries.begin(), entries.end(), [&](const MovePair& entry) {
        return taken_[entry.create] || taken_[entry.remove];
      });
      if (is_taken) continue;
      if (++tries > kTries) break;
      const auto answers = compare(entries);
      if (!answers) return answers.error();
      const bool is_same = std::all_of(answers->begin(), answers->end(),
                                       [](const Answer& answer) { return answer.is_same; });
      if (!is_same) continue;
      for (const MovePair& entry : entries) taken_[entry.create] = taken_[entry.remove] = true;
      found_.push_back(answers->front().move);
      found_.back().pair = pair;
      return success();
    }
    return success();
  }

  Status find_files() {
    std::vector<MovePair> single;
    std::vector<MovePair> of_groups;
    for (const MoveGroup& group : candidates_.files(taken_)) {
      if (group.creates.size() == 1 && group.removes.size() == 1) {
        single.push_back({group.creates.front(), group.removes.front()});
        continue;
      }
      const auto pairs = pairs_of(group);
      if (!pairs) return pairs.error();
      of_groups.insert(of_groups.end(), pairs->begin(), pairs->end());
    }
    const auto answers = compare(single);
    if (!answers) return answers.error();
    for (std::size_t i = 0; i < single.size(); ++i) take(single[i], (*answers)[i]);
    for (const MovePair& pair : of_groups) {
      take(pair, judges_.front().compare(actions_[pair.create], actions_[pair.remove], false));
    }
    return success();
  }

  // Of several files of one size and time each is read, once.
  Result<std::vector<MovePair>> pairs_of(const MoveGroup& group) {
    std::vector<std::size_t> files = group.creates;
    files.insert(files.end(), group.removes.begin(), group.removes.end());
    std::vector<std::optional<Md5>> hashes(files.size());
    Status done = each(files.size(), [&](Judge& judge, std::size_t i) {
      hashes[i] = judge.md5(actions_[files[i]]);
    });
    if (!done) return std::move(done).error();
    const auto middle = hashes.begin() + static_cast<std::ptrdiff_t>(group.creates.size());
    for (std::size_t i = 0; i < files.size(); ++i) hashes_[files[i]] = hashes[i];
    return pair_up(actions_, group, {hashes.begin(), middle}, {middle, hashes.end()});
  }

  void take(const MovePair& pair, const Answer& answer) {
    if (!answer.is_same || !judges_.front().is_reached(actions_[pair.create].path)) return;
    found_.push_back(answer.move);
    FoundMove& move = found_.back();
    move.pair = pair;
    const auto hash = hashes_.find(pair.create);
    if (hash != hashes_.end()) move.before.md5 = move.after.md5 = hash->second;
  }

  MoveSearch& search_;
  const std::vector<Action>& actions_;
  MoveCandidates candidates_;
  std::vector<bool> taken_;
  std::vector<Judge> judges_;
  std::map<MovePair, Answer> known_;
  std::map<std::size_t, std::optional<Md5>> hashes_;
  std::vector<FoundMove> found_;
};

}  // namespace

Status find_moves(MoveSearch search, Arranged& plan) {
  auto loaded = load_candidates(plan, search.context.policy, search.most_actions);
  if (!loaded) return std::move(loaded).error();
  if (loaded->actions.empty()) return success();
  auto found = Finder(search, loaded->actions).run();
  if (!found) return std::move(found).error();
  if (found->empty()) return success();
  const std::vector<bool> dropped = make_moves(loaded->actions, *found);
  return put_back(plan, *loaded, dropped, search.spooling);
}

}  // namespace foldersync
