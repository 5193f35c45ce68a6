#include "plan/plan.h"

#include <algorithm>
#include <charconv>

namespace foldersync {

const char* to_string(PlanKind kind) { return kind == PlanKind::kUndo ? "undo" : "mirror"; }

const char* to_string(Side side) { return side == Side::kSource ? "source" : "replica"; }

std::string to_string(Limit limit) {
  return std::to_string(limit.amount) + (limit.is_percent ? "%" : "");
}

std::optional<Limit> parse_limit(std::string_view text) {
  Limit limit;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, limit.amount);
  if (error != std::errc{}) return std::nullopt;
  limit.is_percent = rest != end;
  if (limit.is_percent && limit.amount > 100) return std::nullopt;
  // Refuses leading zeros and whatever stands after the figure.
  if (to_string(limit) != text) return std::nullopt;
  return limit;
}

void count(const Action& action, Summary& summary) {
  const bool finishes = is_finish(action);
  ++(summary.*(finishes ? &Summary::finish : traits_of(action.op).count));
}

void add_to_summary(const Action& action, Summary& summary) {
  count(action, summary);
  summary.bytes_to_write += bytes_to_write(action);
  if (removes_entry(action) && action.before) {
    summary.bytes_to_delete += action.before->size.value_or(0);
  }
}

std::uint64_t PlanHeader::held() const {
  const auto count = std::count_if(skipped.begin(), skipped.end(),
                                   [](const Skipped& entry) { return entry.reason == kHeld; });
  return static_cast<std::uint64_t>(count);
}

bool PlanHeader::refused() const {
  return std::any_of(guards.begin(), guards.end(),
                     [](const Guard& guard) { return guard.refused; });
}

}  // namespace foldersync
