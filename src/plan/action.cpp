#include "plan/action.h"

namespace foldersync {

bool changes_in_place(const Action& action) {
  return keeps_object(action) &&
         (sets_metadata(action) || action.after->type != FileType::kDirectory);
}

bool changes_leaf_in_place(const Action& action) {
  return changes_in_place(action) && action.after->type != FileType::kDirectory;
}

bool takes_file_over(const Action& action) {
  return action.other && traits_of(action.op).other == Other::kMayBeFrom;
}

bool takes_file_away(const Action& action) {
  const bool goes = writes_entry(action) || removes_entry(action);
  return goes && is_file(action.before);
}

LaterUses later_uses(const Action& action) {
  const auto is_lone = [](const std::optional<Facts>& facts) {
    return facts && facts->gid.has_value() != facts->uid.has_value();
  };
  return {.lone_id = is_lone(action.before) || is_lone(action.after),
          .decay = action.reasons.has(Reason::kDecay),
          .excluded = action.reasons.has(Reason::kExcluded)};
}

std::uint64_t bytes_to_write(const Action& action) {
  const bool copies = writes_entry(action) && !takes_file_over(action) && action.after;
  return copies ? action.after->size.value_or(0) : 0;
}

std::vector<std::string_view> words_of(ReasonSet reasons) {
  std::vector<std::string_view> words;
  for (const Reason reason : kReasons) {
    if (reasons.has(reason)) words.emplace_back(to_string(reason));
  }
  return words;
}

}  // namespace foldersync
