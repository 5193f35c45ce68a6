#include "cli/values/owner_names.h"

#include <grp.h>
#include <pwd.h>

#include <limits>

#include "core/parts.h"

namespace foldersync {
namespace {

std::optional<std::uint32_t> number_of(const std::string& text) {
  const auto id = number_in<std::uint32_t>(text);
  // chown(2) takes the largest number for "leave it".
  return id != std::numeric_limits<std::uint32_t>::max() ? id : std::nullopt;
}

// A name that looks like a number is a name where the system knows it, as for chown(1).
std::optional<std::uint32_t> user_of(const std::string& name) {
  const passwd* const user = ::getpwnam(name.c_str());
  return user != nullptr ? std::optional<std::uint32_t>(user->pw_uid) : number_of(name);
}

std::optional<std::uint32_t> group_of(const std::string& name) {
  const group* const found = ::getgrnam(name.c_str());
  return found != nullptr ? std::optional<std::uint32_t>(found->gr_gid) : number_of(name);
}

}  // namespace

std::optional<OwnerChange> parse_owners(const std::string& text) {
  OwnerChange change;
  const std::size_t colon = text.find(':');
  const std::string user = text.substr(0, colon);
  const std::string group = colon == std::string::npos ? std::string() : text.substr(colon + 1);
  if (!user.empty() && !(change.uid = user_of(user))) return std::nullopt;
  if (!group.empty() && !(change.gid = group_of(group))) return std::nullopt;
  return change.empty() ? std::nullopt : std::optional(change);
}

}  // namespace foldersync
