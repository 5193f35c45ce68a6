#include "plan/mirrored_fields.h"

#include <limits>

#include "core/parts.h"

namespace foldersync {
namespace {

// Decimal digits in their shortest form.
std::optional<std::uint32_t> parse_id(std::string_view text) {
  const auto id = number_in<std::uint32_t>(text);
  if (!id || text.front() == '-' || (text.size() > 1 && text.front() == '0')) return {};
  // chown(2) takes the largest number for "leave it".
  if (*id == std::numeric_limits<std::uint32_t>::max()) return {};
  return id;
}

}  // namespace

std::string to_string(const OwnerChange& change) {
  std::string text = change.uid ? std::to_string(*change.uid) : std::string();
  if (change.gid) text += ":" + std::to_string(*change.gid);
  return text;
}

std::optional<OwnerChange> parse_owner_change(std::string_view text) {
  OwnerChange change;
  if (text.empty()) return change;
  const std::size_t colon = text.find(':');
  const std::string_view user = text.substr(0, colon);
  if (!user.empty() && !(change.uid = parse_id(user))) return std::nullopt;
  if (colon == std::string_view::npos) return change;
  const std::string_view group = text.substr(colon + 1);
  if (group.empty() || !(change.gid = parse_id(group))) return std::nullopt;
  return change;
}

}  // namespace foldersync
