#include "filter/filter.h"

#include <utility>

namespace foldersync {
namespace {

Error unusable(const std::vector<std::string>& rules, const std::vector<std::string>& origins,
               const BrokenRule& broken) {
  constexpr std::size_t kShown = 40;
  const std::string& rule = rules[broken.index];
  std::string detail = broken.index < origins.size() ? origins[broken.index]
                                                     : "rule " + std::to_string(broken.index + 1);
  detail += " \"";
  for (const char byte : std::string_view(rule).substr(0, kShown))
    detail += byte < ' ' || byte > '~' ? '?' : byte;
  detail += rule.size() > kShown ? "...\" " : "\" ";
  detail += broken.why;
  return usage_error("compile filter", std::move(detail));
}

}  // namespace

Result<Filter> Filter::compile(const std::vector<std::string>& rules,
                               const std::vector<std::string>& origins) {
  Filter filter;
  if (const auto broken = filter.rules_.compile(rules)) return unusable(rules, origins, *broken);
  return filter;
}

Result<Filter> Filter::of(const PlanOptions& options, FileTime as_of,
                          const FilterOrigins& origins) {
  auto filter = TRY(compile(options.rules, origins.rules));
  filter.list_ = origins.list;
  filter.bounds_ = {.as_of = as_of, .min_age = options.min_age, .max_size = options.max_size};
  return filter;
}

FilterSaid Filter::decide(std::string_view directory, std::string_view name, bool is_directory,
                          const LocalRules* local) const {
  using By = FilterSaid::By;
  if (list_ != nullptr && !list_->holds(RelPath::from_bytes(directory).child(name))) {
    return {.by = By::kList, .excluded = true};
  }
  if (const auto said = rules_.decide(directory, name, is_directory)) {
    return {.by = By::kRule, .excluded = said->excluded, .rule = said->index};
  }
  if (local == nullptr) return {};
  const auto said = local->decide(directory, name, is_directory);
  if (!said) return {};
  return {.by = said->by_mark ? By::kMark : By::kLocalRule,
          .excluded = said->excluded,
          .directory = said->directory};
}

bool Filter::excludes_file(const FileStatus& entry) const {
  if (!entry.is_file()) return false;
  if (bounds_.max_size > 0 && entry.size > bounds_.max_size) return true;
  if (bounds_.min_age == 0) return false;
  const FileTime youngest{bounds_.as_of.seconds - static_cast<std::int64_t>(bounds_.min_age),
                          bounds_.as_of.nanoseconds};
  return entry.mtime > youngest;
}

}  // namespace foldersync
