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
                          const std::vector<std::string>& origins) {
  auto filter = TRY(compile(options.rules, origins));
  filter.bounds_ = {.as_of = as_of, .min_age = options.min_age, .max_size = options.max_size};
  return filter;
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
