#include "plan/stored_plan.h"

namespace foldersync {

Result<StoredPlan> stored(const Plan& plan) {
  StoredPlan result;
  static_cast<PlanHeader&>(result) = plan;
  for (const Action& action : plan.actions) TRY(result.actions.append(action));
  return result;
}

Result<Plan> in_memory(const StoredPlan& plan) {
  Plan result;
  static_cast<PlanHeader&>(result) = plan;
  result.actions.reserve(plan.actions.size());
  TRY(for_each_action(plan.actions, [&](const Action& action, std::uint64_t) {
    result.actions.push_back(action);
  }));
  return result;
}

}  // namespace foldersync
