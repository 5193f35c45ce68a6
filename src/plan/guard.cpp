#include "plan/guard.h"

#include "core/text.h"

namespace foldersync {

Guard max_delete_guard(const Plan& plan, Limit limit, std::uint64_t replica_entries) {
  Guard guard{"max-delete", to_string(limit), plan.summary.remove, replica_entries, false};
  if (limit.is_percent) {
    // count / of > amount / 100, without rounding.
    guard.refused = guard.count * 100 > limit.amount * guard.of;
  } else {
    guard.refused = guard.count > limit.amount;
  }
  return guard;
}

std::string explain(const Guard& guard) {
  return "the plan deletes " + human_count(guard.count) + " of the replica's " +
         human_count(guard.of) + " entries, and --max-delete allows " + guard.limit +
         "; look at the deletions with 'sync plan', and if they are right, raise --max-delete";
}

}  // namespace foldersync
