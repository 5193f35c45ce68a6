// Two plans, and in what they differ.
#pragma once

#include <cstdint>
#include <string>

#include "show/render.h"

namespace foldersync {

struct PlanDifference {
  std::uint64_t only_old = 0;  // actions
  std::uint64_t only_new = 0;
  std::uint64_t changed = 0;  // same phase and path, but another field
  std::uint64_t equal = 0;
  bool header = false;  // kind, roots, options, guards, problems or what was skipped

  [[nodiscard]] bool any() const { return header || only_old + only_new + changed > 0; }
};

// One of the two: its header and its actions.
struct PlanSide {
  const PlanHeader& plan;
  const ActionStream& actions;
  std::string name;  // for people; escaped already
};

// Writes first what the headers differ in, then the actions in the plans' order: "- " only in the
// old one, "+ " only in the new one, "! " in both with the fields that changed ("after.size 5 ->
// 6"), and counts last. Ids, times of making, versions of the program, counts of what is unchanged
// and the figures of the guard on free space, which differ between any two plans, are no
// differences. Memory: one action of each. Errors: those of the streams and the sink.
Result<PlanDifference> render_diff(const PlanSide& old_side, const PlanSide& new_side,
                                   Colour colour, const ByteSink& sink);

}  // namespace foldersync
