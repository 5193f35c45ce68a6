// The safety rules that are decided on the finished plan, before anything is changed. Pure.
#pragma once

#include <cstdint>

#include "plan/document.h"

namespace foldersync {

// The rule --max-delete: how many of the replica's `replica_entries` vanish by the plan. Each
// deleted entry counts, also below directories that become something else.
Guard max_delete_guard(const Plan& plan, Limit limit, std::uint64_t replica_entries);

// What a refused plan tells a person: which rule, which figures, which option overrides it.
std::string explain(const Guard& guard);

}  // namespace foldersync
