#include "plan/move_store.h"

#include <set>
#include <utility>

namespace foldersync {
namespace {

using SizeAndTime = std::pair<std::uint64_t, FileTime>;

// Whether it is about a file with content that comes or goes.
bool is_about_content(const Action& action) {
  if (action.op != Op::kCreate && action.op != Op::kDelete) return false;
  const Facts& facts = action.after ? *action.after : *action.before;
  return facts.type == FileType::kFile && facts.size.value_or(0) > 0;
}

// Whether a directory takes the place of something else.
bool replaces_leaf(const Action& action) {
  return action.phase == Phase::kMkdir && action.op == Op::kReplace;
}

SizeAndTime size_and_time(const Action& action, const Policy& policy) {
  const Facts& facts = action.after ? *action.after : *action.before;
  return {*facts.size, stored_as(facts.mtime.value_or(FileTime{}), policy.limits.times)};
}

void add(LoadedActions& loaded, const Action& action, std::uint64_t seq) {
  loaded.actions.push_back(action);
  loaded.places.push_back(seq - 1);
}

// The sizes and times of all files with content that go, or come; false where they are too many.
Result<bool> collect(const Arranged& plan, Op op, const Policy& policy, std::size_t most,
                     std::set<SizeAndTime>& found) {
  Status read = for_each_action(plan.actions, [&](const Action& action, std::uint64_t) {
    if (action.op == op && is_about_content(action) && found.size() <= most)
      found.insert(size_and_time(action, policy));
  });
  if (!read) return std::move(read).error();
  return found.size() <= most;
}

}  // namespace

Result<LoadedActions> load_candidates(const Arranged& plan, const Policy& policy,
                                      std::size_t most) {
  LoadedActions loaded;
  const Summary& summary = plan.summary;
  if (summary.create == 0 || summary.remove == 0) return loaded;
  if (summary.create + summary.remove + summary.finish <= most) {
    Status read = for_each_action(plan.actions, [&](const Action& action, std::uint64_t seq) {
      const bool counts = action.op == Op::kCreate || action.op == Op::kDelete;
      if (counts || action.phase == Phase::kFinish || replaces_leaf(action))
        add(loaded, action, seq);
    });
    if (!read) return std::move(read).error();
    return loaded;
  }
  // What the shorter list has is looked for in the longer one.
  const bool more_come = summary.create > summary.remove;
  std::set<SizeAndTime> shorter;
  const auto fits = collect(plan, more_come ? Op::kDelete : Op::kCreate, policy, most, shorter);
  if (!fits) return fits.error();
  if (!*fits) return loaded;
  const Op longer = more_come ? Op::kCreate : Op::kDelete;
  std::set<SizeAndTime> both;
  Status read = for_each_action(plan.actions, [&](const Action& action, std::uint64_t) {
    if (action.op != longer || !is_about_content(action)) return;
    const SizeAndTime key = size_and_time(action, policy);
    if (shorter.contains(key)) both.insert(key);
  });
  if (!read) return std::move(read).error();
  read = for_each_action(plan.actions, [&](const Action& action, std::uint64_t seq) {
    if (loaded.actions.size() > most) return;
    const bool counts = is_about_content(action) && both.contains(size_and_time(action, policy));
    if (counts || replaces_leaf(action)) add(loaded, action, seq);
  });
  if (!read) return std::move(read).error();
  if (loaded.actions.size() > most) return LoadedActions{};
  return loaded;
}

Status put_back(Arranged& plan, const LoadedActions& loaded, const std::vector<bool>& dropped,
                const Spooling& spooling) {
  ActionStore actions(spooling);
  Summary summary;
  GuardCounts counts;
  std::size_t next = 0;
  Status written = for_each_action(plan.actions, [&](const Action& old, std::uint64_t seq) {
    const bool is_loaded = next < loaded.places.size() && loaded.places[next] == seq - 1;
    const std::size_t index = is_loaded ? next++ : next;
    if (is_loaded && dropped[index]) return success();
    const Action& action = is_loaded ? loaded.actions[index] : old;
    add_to_summary(action, summary);
    counts.add(action);
    return actions.append(action);
  });
  if (!written) return written;
  plan.actions = std::move(actions);
  plan.summary = summary;
  plan.counts = counts;
  return success();
}

}  // namespace foldersync
