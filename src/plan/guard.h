// The safety rules that are decided before anything is changed, and what they tell a person. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "plan/stored_plan.h"

namespace foldersync {

// What the rules that count actions count.
struct GuardCounts {
  std::uint64_t deleted = 0;      // entries, also below directories that become something else
  std::uint64_t overwritten = 0;  // files of the replica that get other content or give their name
                                  // to something else; by a link, where size or time differ
  std::uint64_t found = 0;        // entries that the replica has, as far as they have actions
  void add(const Action& action);
};

// The rule --max-delete: how many of the replica's `replica_entries` vanish.
Guard max_delete_guard(const GuardCounts& counts, Limit limit, std::uint64_t replica_entries);

// The rule --max-update: how many of them are overwritten.
Guard max_update_guard(const GuardCounts& counts, Limit limit, std::uint64_t replica_entries);

// The rule --require: whether the source has an entry of that name, which may be any bytes.
Guard require_guard(std::string_view name, bool exists);

// The rule on free space: how many bytes must be free on the replica's file system at the start.
Guard space_guard(std::uint64_t needed_bytes, std::uint64_t free_bytes);

// Says that deletions go first, since there is no room otherwise: so much would have to be free at
// the start if they came last, and so much is. Refuses nothing.
enum class RoomUnit : std::uint8_t { kBytes, kInodes };
Guard delete_first_guard(RoomUnit unit, std::uint64_t needed, std::uint64_t free);

// The rules on what earlier runs saw. A document has each at most once, and only where something
// would be refused without its option.
//
// --adopt: so many of the entries of a replica that no earlier run knows vanish; nothing where that
// may be.
std::optional<Guard> adopt_guard(std::uint64_t deleted, std::uint64_t replica_entries,
                                 bool is_allowed);
// --new-source: so many vanish for a source that is another one than the last run saw; likewise.
std::optional<Guard> new_source_guard(std::uint64_t deleted, std::uint64_t replica_entries,
                                      bool is_allowed);
// --empty-source: the source holds no file any more, where the last run saw so many entries, and
// something vanishes. Requires: there were files; likewise.
std::optional<Guard> empty_source_guard(std::uint64_t known_entries, std::uint64_t deleted,
                                        bool is_allowed);

// Those rules of `options` that count actions, in the order of the document.
std::vector<Guard> counting_guards(const PlanOptions& options, const GuardCounts& counts,
                                   std::uint64_t replica_entries);

// Whether the rule is one of those above.
bool is_known_rule(std::string_view rule);
// How many guards stand at the beginning that have such a rule.
std::size_t count_of_known(const std::vector<Guard>& guards);
// What is wrong with the guards of a plan whose actions count `counts`, for people: those that its
// options ask for are missing, out of order, or say something else than these figures; nullptr:
// nothing. Guards of unknown rules may follow. `of`, the number of the replica's entries, is
// believed: nobody counts them again.
const char* broken_guards(const PlanHeader& plan, const GuardCounts& counts);

// Whether the guard is the one on free space, which is asked again where it matters and which
// --no-space-check overrides at any time.
bool is_about_space(const Guard& guard);

// Whether it is the one that says why deletions go first.
bool makes_room(const Guard& guard);

// Whether it is one that the document announces, since version 1.0 does not know it.
bool is_later_rule(std::string_view rule);
// Whether it refuses what a person may allow at a terminal, with --adopt.
bool asks_for_adoption(const Guard& guard);
// The same guard as --adopt would have made it. Requires: asks_for_adoption().
void allow(Guard& guard);

// What was found, for people: "7 of 9, limit 50%".
std::string figures(const Guard& guard);

// What a refused plan tells a person: which rule, which figures, which option overrides it.
std::string explain(const Guard& guard);

}  // namespace foldersync
