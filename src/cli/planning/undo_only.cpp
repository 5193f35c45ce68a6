#include "cli/planning/undo_only.h"

#include <algorithm>
#include <span>

#include "core/program_name.h"
#include "filter/filter.h"
#include "format/json.h"
#include "plan/undo_part.h"

namespace foldersync {
namespace {

bool matches(const Filter& filter, const RelPath& path, bool is_directory) {
  for (RelPath at = path; !at.is_root(); at = at.parent()) {
    if (filter.excludes(at.parent_bytes(), at.name(), is_directory || at != path)) return true;
  }
  return false;
}

// As a document has it, so that all of its rules are asked.
Result<StoredPlan> checked(const Plan& plan, const Spooling& spooling) {
  std::string text;
  TRY(write_plan(plan, [&](std::string_view piece) {
    text += piece;
    return success();
  }));
  std::string_view left = text;
  return read_plan(
      [&](std::span<char> buffer) -> Result<std::size_t> {
        const std::size_t count = left.copy(buffer.data(), buffer.size());
        left.remove_prefix(count);
        return count;
      },
      spooling);
}

}  // namespace

Result<StoredPlan> only_matching(const StoredPlan& undo, const std::vector<std::string>& patterns,
                                 const Spooling& spooling) {
  const auto filter = TRY(Filter::compile(patterns));
  const Plan whole = TRY(in_memory(undo));
  const Plan part = TRY(part_of_undo(whole, [&](const RelPath& path, bool is_directory) {
    return matches(filter, path, is_directory);
  }));
  if (part.actions.empty()) {
    return usage_error("undo", "the run changed nothing that --only matches: " +
                                   our_command("show") + " of its undo.json lists what it did");
  }
  return checked(part, spooling);
}

}  // namespace foldersync
