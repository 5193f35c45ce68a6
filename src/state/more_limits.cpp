#include "state/more_limits.h"

#include <algorithm>
#include <utility>

#include "core/parts.h"

namespace foldersync {
namespace {

constexpr std::pair<std::string_view, bool FileSystemLimits::*> kWords[] = {
    {"no-times", &FileSystemLimits::refuses_times},
    {"no-groups", &FileSystemLimits::refuses_groups},
    {"no-link-times", &FileSystemLimits::refuses_link_times},
    {"no-link-owners", &FileSystemLimits::refuses_link_owners},
    {"no-symlinks", &FileSystemLimits::refuses_symlinks},
    {"no-nodes", &FileSystemLimits::refuses_nodes},
};
constexpr std::pair<std::string_view, std::vector<std::uint32_t> FileSystemLimits::*> kIds[] = {
    {"no-uid ", &FileSystemLimits::refused_uids},
    {"no-gid ", &FileSystemLimits::refused_gids},
};

constexpr std::string_view kMostNames = "most-names ";
constexpr std::pair<std::string_view, Numbers> kNumbers[] = {
    {"numbers-kept", Numbers::kKept},
    {"numbers-passing", Numbers::kPassing},
};

void add_line(std::string_view line, FileSystemLimits& limits) {
  for (const auto& [word, member] : kWords) {
    if (line == word) limits.*member = true;
  }
  for (const auto& [word, member] : kIds) {
    if (!line.starts_with(word)) continue;
    if (const auto id = number_in<std::uint32_t>(line.substr(word.size())))
      (limits.*member).push_back(*id);
  }
  for (const auto& [word, numbers] : kNumbers) {
    if (line == word) limits.numbers = numbers;
  }
  if (line.starts_with(kMostNames)) {
    limits.most_names = number_in<std::uint32_t>(line.substr(kMostNames.size())).value_or(0);
  }
}

}  // namespace

std::string more_limits_text(const FileSystemLimits& limits) {
  std::string text;
  for (const auto& [word, member] : kWords) {
    if (limits.*member) text.append(word) += '\n';
  }
  for (const auto& [word, member] : kIds) {
    for (const std::uint32_t id : limits.*member) text.append(word) += std::to_string(id) + '\n';
  }
  for (const auto& [word, numbers] : kNumbers) {
    if (limits.numbers == numbers) text.append(word) += '\n';
  }
  if (limits.most_names != 0) text.append(kMostNames) += std::to_string(limits.most_names) + '\n';
  return text;
}

void add_more_limits(std::string_view text, FileSystemLimits& limits) {
  while (!text.empty()) add_line(take_until(text, '\n'), limits);
  for (const auto& [word, member] : kIds) {
    auto& ids = limits.*member;
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }
}

}  // namespace foldersync
