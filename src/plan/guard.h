// The safety rules that are decided before anything is changed, and what they tell a person. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plan/document.h"

namespace foldersync {

// The rule --max-delete: how many of the replica's `replica_entries` vanish. Each deleted entry
// counts, also below directories that become something else.
Guard max_delete_guard(const std::vector<Action>& actions, Limit limit,
                       std::uint64_t replica_entries);

// The rule --max-update: how many files of the replica get other content or give their name to
// something else. A link counts where the file it takes the place of has another size or time.
Guard max_update_guard(const std::vector<Action>& actions, Limit limit,
                       std::uint64_t replica_entries);

// The rule --require: whether the source has an entry of that name, which may be any bytes.
Guard require_guard(std::string_view name, bool exists);

// The rule on free space: how many bytes must be free on the replica's file system at the start.
Guard space_guard(std::uint64_t needed_bytes, std::uint64_t free_bytes);

// Those rules of `options` that count actions, in the order of the document.
std::vector<Guard> counting_guards(const PlanOptions& options, const std::vector<Action>& actions,
                                   std::uint64_t replica_entries);

// The same of a plan that was read: its own figures are not believed, only the number of the
// replica's entries, which nobody counts again.
std::vector<Guard> counted_again(const Plan& plan);

// Whether the guard is the one on free space, which is asked again where it matters and which
// --no-space-check overrides at any time.
bool is_about_space(const Guard& guard);

// What was found, for people: "7 of 9, limit 50%".
std::string figures(const Guard& guard);

// What a refused plan tells a person: which rule, which figures, which option overrides it.
std::string explain(const Guard& guard);

}  // namespace foldersync
