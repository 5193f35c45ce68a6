#include "plan/guard.h"

#include <algorithm>
#include <limits>

#include "core/program_name.h"
#include "core/text.h"

namespace foldersync {
namespace {

constexpr std::string_view kMaxDelete = "max-delete";
constexpr std::string_view kMaxUpdate = "max-update";
constexpr std::string_view kRequire = "require";
constexpr std::string_view kSpace = "space";
constexpr std::string_view kDeleteFirst = "delete-first";
constexpr std::string_view kAdopt = "adopt";
constexpr std::string_view kNewSource = "new-source";
constexpr std::string_view kEmptySource = "empty-source";
// What a disk can run out of.
constexpr const char* kBytes = "bytes";
constexpr const char* kInodes = "inodes";
// Below that, what earlier runs saw is no reason to refuse.
constexpr std::uint64_t kFewEntries = 10;
// How much of a replica may vanish, and where the option was given.
constexpr Limit kHalf{50, true};
constexpr Limit kAll{100, true};
// How many files a source must have, likewise.
constexpr Limit kSomeFile{1, false};
constexpr Limit kNoFile{0, false};
constexpr std::size_t kMaxLimitBytes = 255;  // of printable ASCII, in the document

// Whether the same content is written once more, since metadata that the file has or gets is not
// given in place (may_change_in_place).
bool only_changes_metadata(const Action& action) {
  const ReasonSet metadata{Reason::kMode, Reason::kOwner, Reason::kXattrs};
  return action.op == Op::kUpdate && action.reasons.is_within(metadata);
}

// Whether the replica's file at the action's path loses what it holds, and not by a deletion.
bool overwrites_file(const Action& action) {
  if (!is_file(action.before) || only_changes_metadata(action)) return false;
  if (writes_entry(action)) return true;
  if (!adds_name(action) || !action.after) return false;
  return action.after->type != FileType::kFile || action.before->size != action.after->size ||
         action.before->mtime != action.after->mtime;
}

// Whether count / of > percent / 100, without rounding.
bool is_above(std::uint64_t count, std::uint64_t percent, std::uint64_t of) {
  constexpr std::uint64_t kExact = std::numeric_limits<std::uint64_t>::max() / 100;
  if (count > kExact || of > kExact) return count / 100 > of / 100 * percent / 100;
  return count * 100 > percent * of;
}

Guard limited(std::string_view rule, std::uint64_t count, Limit limit, std::uint64_t of) {
  const bool refused = limit.is_percent ? is_above(count, limit.amount, of) : count > limit.amount;
  return {std::string(rule), to_string(limit), count, of, refused};
}

// Any bytes as printable ASCII, the others as %XX: a backslash would be escaped once more.
std::string ascii(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kCut = "...";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    std::string part(1, byte);
    if (value < 0x20 || value > 0x7E || byte == '%') {
      part = {'%', kDigits[value >> 4U], kDigits[value & 15U]};
    }
    if (text.size() + part.size() > kMaxLimitBytes - kCut.size()) return text.append(kCut);
    text += part;
  }
  return text;
}

}  // namespace

void GuardCounts::add(const Action& action) {
  if (removes_entry(action)) ++deleted;
  if (overwrites_file(action)) ++overwritten;
  if (action.before && action.phase != Phase::kFinish) ++found;
}

Guard max_delete_guard(const GuardCounts& counts, Limit limit, std::uint64_t replica_entries) {
  return limited(kMaxDelete, counts.deleted, limit, replica_entries);
}

Guard max_update_guard(const GuardCounts& counts, Limit limit, std::uint64_t replica_entries) {
  return limited(kMaxUpdate, counts.overwritten, limit, replica_entries);
}

Guard require_guard(std::string_view name, bool exists) {
  return {std::string(kRequire), ascii(name), exists ? 1U : 0U, 1, !exists};
}

Guard space_guard(std::uint64_t needed_bytes, std::uint64_t free_bytes) {
  return {std::string(kSpace), std::to_string(free_bytes), needed_bytes, free_bytes,
          needed_bytes > free_bytes};
}

Guard delete_first_guard(RoomUnit unit, std::uint64_t needed, std::uint64_t free) {
  return {std::string(kDeleteFirst), unit == RoomUnit::kBytes ? kBytes : kInodes, needed, free,
          false};
}

std::optional<Guard> adopt_guard(std::uint64_t deleted, std::uint64_t replica_entries,
                                 bool is_allowed) {
  if (deleted < kFewEntries || !limited(kAdopt, deleted, kHalf, replica_entries).refused) {
    return std::nullopt;
  }
  return limited(kAdopt, deleted, is_allowed ? kAll : kHalf, replica_entries);
}

std::optional<Guard> new_source_guard(std::uint64_t deleted, std::uint64_t replica_entries,
                                      bool is_allowed) {
  if (!limited(kNewSource, deleted, kHalf, replica_entries).refused) return std::nullopt;
  return limited(kNewSource, deleted, is_allowed ? kAll : kHalf, replica_entries);
}

std::optional<Guard> empty_source_guard(std::uint64_t known_entries, std::uint64_t deleted,
                                        bool is_allowed) {
  if (known_entries < kFewEntries || deleted == 0) return std::nullopt;
  return Guard{std::string(kEmptySource), to_string(is_allowed ? kNoFile : kSomeFile), 0,
               known_entries, !is_allowed};
}

std::vector<Guard> counting_guards(const PlanOptions& options, const GuardCounts& counts,
                                   std::uint64_t replica_entries) {
  std::vector<Guard> guards;
  if (options.max_delete) {
    guards.push_back(max_delete_guard(counts, *options.max_delete, replica_entries));
  }
  if (options.max_update) {
    guards.push_back(max_update_guard(counts, *options.max_update, replica_entries));
  }
  return guards;
}

bool is_later_rule(std::string_view rule) {
  return rule == kDeleteFirst || rule == kAdopt || rule == kNewSource || rule == kEmptySource;
}

bool is_known_rule(std::string_view rule) {
  return rule == kMaxDelete || rule == kMaxUpdate || rule == kRequire || rule == kSpace ||
         is_later_rule(rule);
}

bool asks_for_adoption(const Guard& guard) { return guard.refused && guard.rule == kAdopt; }

void allow(Guard& guard) {
  guard.limit = to_string(kAll);
  guard.refused = false;
}

std::size_t count_of_known(const std::vector<Guard>& guards) {
  const auto end = std::find_if(guards.begin(), guards.end(),
                                [](const Guard& guard) { return !is_known_rule(guard.rule); });
  return static_cast<std::size_t>(end - guards.begin());
}

namespace {

// A rule about earlier runs: what its guard must be, as far as the document tells.
struct Rule {
  std::string_view name;
  std::optional<Guard> (*expected)(const Guard& told, std::uint64_t deleted);
};

// In the order of the document.
constexpr Rule kLaterRules[] = {
    {kAdopt,
     [](const Guard& told, std::uint64_t deleted) {
       return adopt_guard(deleted, told.of, told.limit == to_string(kAll));
     }},
    {kNewSource,
     [](const Guard& told, std::uint64_t deleted) {
       return new_source_guard(deleted, told.of, told.limit == to_string(kAll));
     }},
    {kEmptySource,
     [](const Guard& told, std::uint64_t deleted) {
       return empty_source_guard(told.of, deleted, told.limit == to_string(kNoFile));
     }},
};

}  // namespace

namespace {

bool tells_of_room(const Guard& told) {
  const RoomUnit unit = told.limit == kInodes ? RoomUnit::kInodes : RoomUnit::kBytes;
  return told.count > told.of && told == delete_first_guard(unit, told.count, told.of);
}

}  // namespace

const char* broken_guards(const PlanHeader& plan, const GuardCounts& counts) {
  const PlanOptions& options = plan.options;
  const std::size_t known = count_of_known(plan.guards);
  std::size_t at = 0;
  const auto is_next = [&](const auto& expected) {
    if (at == known || plan.guards[at] != expected(plan.guards[at])) return false;
    return ++at, true;
  };
  if (options.max_delete && !is_next([&](const Guard& told) {
        return max_delete_guard(counts, *options.max_delete, told.of);
      })) {
    return "the guard \"max-delete\" is missing, or doesn't say what option and actions do";
  }
  if (options.max_update && !is_next([&](const Guard& told) {
        return max_update_guard(counts, *options.max_update, told.of);
      })) {
    return "the guard \"max-update\" is missing, or doesn't say what option and actions do";
  }
  for (const std::string& name : options.require) {
    if (!is_next([&](const Guard& told) { return require_guard(name, told.count != 0); })) {
      return "a guard \"require\" is missing, or doesn't say what its option does";
    }
  }
  if (at < known && is_about_space(plan.guards[at]) &&
      !is_next([](const Guard& told) { return space_guard(told.count, told.of); })) {
    return "the figures of the guard \"space\" deny its verdict";
  }
  if (at < known && makes_room(plan.guards[at])) {
    if (!options.delete_first || !tells_of_room(plan.guards[at])) {
      return "the guard \"delete-first\" doesn't say what its option and figures do";
    }
    ++at;
  }
  for (const Rule& rule : kLaterRules) {
    if (at == known || plan.guards[at].rule != rule.name) continue;
    if (!is_next([&](const Guard& told) { return rule.expected(told, counts.deleted); })) {
      return "a guard about earlier runs doesn't say what the actions do";
    }
  }
  return at == known ? nullptr : "a guard is there that no option asks for, or out of order";
}

bool is_about_space(const Guard& guard) { return guard.rule == kSpace; }

bool makes_room(const Guard& guard) { return guard.rule == kDeleteFirst; }

std::string figures(const Guard& guard) {
  if (guard.rule == kRequire) {
    return "'" + escaped(guard.limit) + (guard.count > 0 ? "' is there" : "' is missing");
  }
  if (is_about_space(guard)) {
    return human_bytes(guard.count) + " at a time, " + human_bytes(guard.of) + " free";
  }
  if (makes_room(guard)) {
    const bool counts_bytes = guard.limit == kBytes;
    const auto amount = [&](std::uint64_t count) {
      return counts_bytes ? human_bytes(count) : human_count(count) + " " + escaped(guard.limit);
    };
    return amount(guard.count) + " at a time if deletions came last, " + amount(guard.of) + " free";
  }
  if (guard.rule == kEmptySource) {
    return "no file in the source, " + human_count(guard.of) + " entries in the last run";
  }
  return human_count(guard.count) + " of " + human_count(guard.of) + ", limit " +
         escaped(guard.limit);
}

std::string explain(const Guard& guard) {
  const std::string of_entries =
      human_count(guard.count) + " of the replica's " + human_count(guard.of) + " entries";
  if (guard.rule == kMaxDelete) {
    return "the plan deletes " + of_entries + ", and --max-delete allows " + guard.limit +
           "; look at the deletions with " + our_command("plan") +
           ", and if they are right, raise --max-delete";
  }
  if (guard.rule == kMaxUpdate) {
    return "the plan overwrites " + of_entries + " (files), and --max-update allows " +
           guard.limit + "; look at the updates with " + our_command("plan") +
           ", and if they are right, raise --max-update";
  }
  if (guard.rule == kRequire) {
    return "the source lacks '" + guard.limit +
           "', which --require asks for: its disk may not be mounted (if it is right, leave out "
           "this --require)";
  }
  if (is_about_space(guard)) {
    return "not enough space: " + human_bytes(guard.count) + " are to be written at a time, and " +
           human_bytes(guard.of) +
           " are free; make room and plan again, or go on all the same with --no-space-check";
  }
  if (guard.rule == kAdopt) {
    return "the plan deletes " + of_entries +
           ", and no earlier run is known to have made this folder a copy: it may be the wrong one "
           "(if it is right, give --adopt once; --no-delete keeps what is there)";
  }
  if (guard.rule == kNewSource) {
    return "the source is another folder than the last run of this replica saw, and the plan "
           "deletes " +
           of_entries + ": its disk may not be mounted (if it is right, give --new-source once)";
  }
  if (guard.rule == kEmptySource) {
    return "the source holds no file any more, and the last run saw " + human_count(guard.of) +
           " entries in it: its disk may not be mounted, or somebody emptied it (if it is right, "
           "give --new-source once, or always --empty-source for a folder that is emptied by "
           "design)";
  }
  return "the rule '" + guard.rule + "' refuses this plan (" + figures(guard) +
         "): make a new plan";
}

}  // namespace foldersync
