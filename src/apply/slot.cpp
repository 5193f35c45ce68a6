#include "apply/slot.h"

namespace foldersync {

bool holds_as_then(const Slot& slot, const LookResult& look) {
  if (!slot.look || slot.error) return false;
  const Finding then = slot.look->finding;
  if (then == Finding::kFailed || then == Finding::kStale) return false;
  if (look.finding != Finding::kHolds) return false;
  const auto& found = slot.look->replica;
  return found.has_value() == look.replica.has_value() &&
         (!found || same_object(*found, *look.replica));
}

}  // namespace foldersync
