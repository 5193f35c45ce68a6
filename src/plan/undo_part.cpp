#include "plan/undo_part.h"

#include <cstddef>
#include <map>
#include <vector>

#include "plan/undo.h"

namespace foldersync {
namespace {

class Part {
 public:
  explicit Part(const Plan& undo) : all_(undo.actions), is_chosen_(undo.actions.size()) {
    for (std::size_t at = 0; at < all_.size(); ++at) {
      const Action& action = all_[at];
      (is_finish(action) ? finishes_ : actions_).emplace(action.path, at);
      if (moves_entry(action)) origins_.emplace(*action.other, at);
    }
  }

  void choose(std::size_t at) {
    if (is_chosen_[at]) return;
    is_chosen_[at] = true;
    open_.push_back(at);
  }

  void choose_what_is_needed() {
    while (!open_.empty()) {
      const Action& action = all_[open_.back()];
      open_.pop_back();
      if (!is_finish(action)) choose_for(action);
    }
  }

  [[nodiscard]] std::vector<Action> chosen() const {
    std::vector<Action> some;
    for (std::size_t at = 0; at < all_.size(); ++at) {
      if (is_chosen_[at]) some.push_back(all_[at]);
    }
    return some;
  }

 private:
  using ByPath = std::map<RelPath, std::size_t>;

  void choose_at(const ByPath& table, const RelPath& path) {
    if (const auto found = table.find(path); found != table.end()) choose(found->second);
  }

  void choose_for(const Action& action) {
    choose_at(finishes_, action.path);
    choose_at(origins_, action.path);  // what is in its place
    for (const RelPath& path : {action.path, old_path(action)}) {
      if (!path.is_root()) choose_at(finishes_, path.parent());
    }
    if (action.other && !moves_entry(action)) choose_at(actions_, *action.other);
    choose_directories_above(action.path);
    if (is_directory(action.before) && !is_directory(action.after)) choose_below(action.path);
  }

  void choose_directories_above(RelPath path) {
    while (!path.is_root()) {
      path = path.parent();
      const auto found = actions_.find(path);
      if (found != actions_.end() && is_directory(all_[found->second].after)) choose(found->second);
    }
  }

  // The directory goes, and must be empty.
  void choose_below(const RelPath& directory) {
    for (auto at = actions_.upper_bound(directory);
         at != actions_.end() && at->first.is_within(directory); ++at) {
      choose(at->second);
    }
    for (auto at = origins_.upper_bound(directory);
         at != origins_.end() && at->first.is_within(directory); ++at) {
      choose(at->second);
    }
  }

  const std::vector<Action>& all_;
  std::vector<bool> is_chosen_;
  std::vector<std::size_t> open_;  // of which it was not asked yet what they need
  ByPath actions_;
  ByPath finishes_;
  ByPath origins_;  // of moves, by where they come from
};

}  // namespace

Result<Plan> part_of_undo(const Plan& undo,
                          const std::function<bool(const RelPath&, bool)>& is_wanted) {
  Part part(undo);
  for (std::size_t at = 0; at < undo.actions.size(); ++at) {
    const Action& action = undo.actions[at];
    const bool is_folder = is_directory(subject(action));
    if (is_wanted(action.path, is_folder) || is_wanted(old_path(action), is_folder))
      part.choose(at);
  }
  part.choose_what_is_needed();
  Plan result = undo;
  result.actions = part.chosen();
  TRY(arrange_undo(result.actions, result.options, success));
  result.summary = {};
  for (const Action& action : result.actions) add_to_summary(action, result.summary);
  return result;
}

}  // namespace foldersync
