// How the format grows within version 1: what a document has that version 1.0 did not have, and
// what it tells a program that is older than that. docs/plan-format.md, "What may change".
//
// A *feature* is named by the path of a field in the document, without places in lists:
// "options.min_age", "actions.after.btime"; or by a word that a field may have:
// "guards.rule=space".
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "format/digest_bytes.h"
#include "plan/plan.h"

namespace foldersync {

inline constexpr std::uint32_t kMajorVersion = 1;
// The lowest minor version that has everything this program writes.
inline constexpr std::uint32_t kMinorVersion = 1;

// "1.MINOR".
std::string version_text(std::uint32_t minor);
// The minor version of a text of that form; nothing for any other, also for another major version.
std::optional<std::uint32_t> parse_version(std::string_view text);

// What a document announces: what has to be known by whom applies it, and what may be ignored.
// Both ascending, without repetition, and nothing in common.
struct Announcement {
  std::vector<std::string> needs;
  std::vector<std::string> ignorable;
  friend bool operator==(const Announcement&, const Announcement&) = default;
};

// What a document of this program has beyond version 1.0; `uses`: its actions.
Announcement announcement_of(const PlanHeader& plan, LaterUses uses);

// The lowest minor version that has everything that is said.
std::uint32_t version_of(const Announcement& announced, LaterUses uses);

// The header's later fields, those of `announced` too, as the digest has them.
LaterFields later_fields(const PlanHeader& plan, const Announcement& announced);

// Whether a name can be that of a feature or of a later field.
bool is_feature_name(std::string_view name);
bool is_field_name(std::string_view name);

// Whether this program knows what a document needs.
bool knows_feature(std::string_view name);

// The rule that an announcement breaks in a document of this program's version or a later one,
// which has the fields `known` to this program, beside fields `unknown` to it; empty: none.
std::string broken_announcement(const Announcement& announced, const Announcement& known,
                                const std::set<std::string>& unknown);

}  // namespace foldersync
