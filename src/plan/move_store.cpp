#include "plan/move_store.h"

#include <optional>
#include <set>
#include <utility>

#include "plan/size_and_time.h"

namespace foldersync {
namespace {

// Whether a directory takes the place of something else.
bool replaces_leaf(const Action& action) {
  return action.phase == Phase::kMkdir && action.op == Op::kReplace;
}

bool comes_or_goes(const Action& action) {
  return action.op == Op::kCreate || removes_entry(action);
}

// Loads the candidates of one plan.
class Loader {
 public:
  Loader(const Arranged& plan, const Policy& policy, std::size_t most)
      : plan_(plan), policy_(policy), most_(most) {}

  Result<LoadedActions> run() {
    const Summary& summary = plan_.summary;
    const bool has_moves = summary.create > 0 && summary.remove > 0;
    const bool has_rewritten = summary.update + summary.replace > 0 &&
                               summary.create + summary.update > 0 &&
                               summary.remove + summary.update + summary.replace > 0;
    takes_whole_ = has_moves && summary.create + summary.remove + summary.finish <= most_;
    for (const bool with_rewritten : {true, false}) {
      if (with_rewritten ? !has_rewritten : !has_moves) continue;
      with_rewritten_ = with_rewritten;
      const auto fits = TRY(try_load());
      if (fits) return std::move(loaded_);
    }
    return LoadedActions{};
  }

 private:
  // Of a file that the action brings to its path.
  [[nodiscard]] std::optional<SizeAndTime> coming(const Action& action) const {
    const bool counts = action.op == Op::kCreate || (with_rewritten_ && action.op == Op::kUpdate);
    return counts ? size_and_time(action.after, policy_.limits.times) : std::nullopt;
  }

  // Of a file that it takes away.
  [[nodiscard]] std::optional<SizeAndTime> going(const Action& action) const {
    const bool counts = removes_entry(action) || (with_rewritten_ && takes_file_away(action));
    return counts ? size_and_time(action.before, policy_.limits.times) : std::nullopt;
  }

  // False where that is too much to be held.
  Result<bool> try_load() {
    both_.clear();
    if (with_rewritten_ || !takes_whole_) {
      const auto fits = find_both();
      if (!fits || !*fits) return fits;
    }
    loaded_ = {};
    TRY(for_each_action(plan_.actions, [&](const Action& action, std::uint64_t seq) {
      if (loaded_.actions.size() > most_ || !is_wanted(action)) return;
      loaded_.actions.push_back(action);
      loaded_.places.push_back(seq - 1);
    }));
    return loaded_.actions.size() <= most_;
  }

  // The sizes and times of files with content that come as well as go: what the shorter list has is
  // looked for in the longer one.
  Result<bool> find_both() {
    const Summary& summary = plan_.summary;
    const bool more_come = summary.create > summary.remove + summary.replace;
    const auto of_shorter = [&](const Action& action) {
      return more_come ? going(action) : coming(action);
    };
    const auto of_longer = [&](const Action& action) {
      return more_come ? coming(action) : going(action);
    };
    std::set<SizeAndTime> shorter;
    Status read = for_each_action(plan_.actions, [&](const Action& action, std::uint64_t) {
      const auto key = of_shorter(action);
      if (key && shorter.size() <= most_) shorter.insert(*key);
    });
    if (!read) return std::move(read).error();
    if (shorter.size() > most_) return false;
    read = for_each_action(plan_.actions, [&](const Action& action, std::uint64_t) {
      const auto key = of_longer(action);
      if (key && shorter.contains(*key)) both_.insert(*key);
    });
    if (!read) return std::move(read).error();
    return true;
  }

  [[nodiscard]] bool is_wanted(const Action& action) const {
    if (replaces_leaf(action)) return true;
    if (takes_whole_ && (comes_or_goes(action) || is_finish(action))) return true;
    for (const auto& key : {coming(action), going(action)}) {
      if (key && both_.contains(*key)) return true;
    }
    return false;
  }

  const Arranged& plan_;
  const Policy& policy_;
  std::size_t most_;
  bool takes_whole_ = false;     // all that comes, goes and is finished
  bool with_rewritten_ = false;  // what is updated or replaced counts, too
  std::set<SizeAndTime> both_;
  LoadedActions loaded_;
};

}  // namespace

Result<LoadedActions> load_candidates(const Arranged& plan, const Policy& policy,
                                      std::size_t most) {
  return Loader(plan, policy, most).run();
}

Status put_back(Arranged& plan, const LoadedActions& loaded, const std::vector<bool>& dropped,
                const Spooling& spooling) {
  ActionStore actions(spooling);
  Summary summary;
  GuardCounts counts;
  std::size_t next = 0;
  TRY(for_each_action(plan.actions, [&](const Action& old, std::uint64_t seq) {
    const bool is_loaded = next < loaded.places.size() && loaded.places[next] == seq - 1;
    const std::size_t index = is_loaded ? next++ : next;
    if (is_loaded && dropped[index]) return success();
    const Action& action = is_loaded ? loaded.actions[index] : old;
    add_to_summary(action, summary);
    counts.add(action);
    return actions.append(action);
  }));
  plan.actions = std::move(actions);
  plan.summary = summary;
  plan.counts = counts;
  return success();
}

}  // namespace foldersync
