// A replica in memory, to which a plan's actions are applied as the document describes them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plan/action.h"
#include "plan/facts.h"
#include "support/tree.h"

namespace foldersync::test {

// Does one action after another, strictly: an action that the replica or the source does not fit,
// or that would hurt an object whose names are not all known, is refused. As in reality every
// action that changes a directory dates it, and every action dates the root.
class ReplicaModel {
 public:
  // Nothing: the replica does not exist yet. Requires: `source` outlives this object.
  ReplicaModel(std::optional<Tree> replica, const Tree& source, const Policy& policy);

  // Does the action and gives an empty text, or does nothing and says why.
  std::string apply(const Action& action);
  // All of them, up to the first that is refused.
  std::string apply_all(const std::vector<Action>& actions);

  [[nodiscard]] const std::optional<Tree>& tree() const { return tree_; }

 private:
  [[nodiscard]] std::string objection(const Action& action) const;
  [[nodiscard]] std::string objection_of_source(const Action& action) const;
  [[nodiscard]] std::string objection_of_replica(const Action& action) const;
  [[nodiscard]] std::string objection_to_change_in_place(const Action& action) const;
  [[nodiscard]] std::string objection_to_move(const Action& action) const;
  [[nodiscard]] std::string objection_to_link(const Action& action) const;
  [[nodiscard]] std::string objection_to_take_over(const Action& action) const;
  void write(const Action& action);
  void change_in_place(const Action& action);
  void move(const Action& action);
  void date(const RelPath& directory);

  std::optional<Tree> tree_;
  std::optional<Tree> first_;  // the replica before the first action
  const Tree& source_;
  Policy policy_;
  std::map<Tree::Number, std::uint32_t> names_at_first_;
  std::int64_t now_ = 2'000'000'000;  // seconds
};

// What the replica `found` should be: the source, with what `policy` does not mirror taken from
// `found`.
Tree mirrored(const Tree& source, const Tree& found, const Policy& policy);

// An action for the message of a failing test.
std::string told(const Action& action);
std::string told(const std::vector<Action>& actions);

}  // namespace foldersync::test
