#include "fs/xattrs.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include "core/parts.h"
#include "core/text.h"

namespace foldersync {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;  // XATTR_SIZE_MAX and XATTR_LIST_MAX of Linux

bool has_no_xattrs(const Error& error) { return is_one_of(error, {ENOTSUP, EPERM}); }

bool is_acl(std::string_view name) {
  return name == "system.posix_acl_access" || name == "system.posix_acl_default";
}

std::vector<std::string> split_names(std::string_view names, bool as_root) {
  std::vector<std::string> result;
  while (!names.empty()) {
    const std::string_view name = take_until(names, '\0');
    if (is_mirrored_xattr(name, as_root)) result.emplace_back(name);
  }
  std::sort(result.begin(), result.end());
  return result;
}

Result<std::vector<std::string>> list_names(FileSystem& fs, Handle entry, bool as_root) {
  std::array<char, 1024> small{};
  auto bytes = fs.list_xattrs(entry, small);
  if (bytes) return split_names(std::string_view(small.data(), *bytes), as_root);
  if (has_no_xattrs(bytes.error())) return std::vector<std::string>();
  if (bytes.error().error_number != ERANGE) return bytes.error();
  std::vector<char> large(kMostBytes);
  bytes = fs.list_xattrs(entry, large);
  if (!bytes) return bytes.error();
  return split_names(std::string_view(large.data(), *bytes), as_root);
}

Result<std::vector<Xattr>> read_named(FileSystem& fs, Handle entry,
                                      std::vector<std::string> names) {
  std::vector<Xattr> result;
  std::vector<std::byte> buffer;
  for (std::string& name : names) {
    buffer.resize(kMostBytes);
    const auto bytes = fs.get_xattr(entry, name.c_str(), buffer);
    if (!bytes && bytes.error().error_number == ENODATA) continue;  // removed meanwhile
    if (!bytes) return bytes.error();
    buffer.resize(*bytes);
    result.push_back({std::move(name), buffer});
  }
  return result;
}

}  // namespace

bool is_mirrored_xattr(std::string_view name, bool as_root) {
  if (name.starts_with("user.") || is_acl(name)) return true;
  if (!as_root) return false;
  // XFS shows each ACL by a name of its own, too.
  if (name.starts_with("trusted.")) return !name.starts_with("trusted.SGI_ACL_");
  return name.starts_with("security.") && name != "security.selinux" && name != "security.ima" &&
         name != "security.evm" && name != "security.apparmor";
}

bool has_capability(const std::vector<Xattr>& xattrs) {
  return std::any_of(xattrs.begin(), xattrs.end(),
                     [](const Xattr& xattr) { return xattr.name == kCapability; });
}

bool is_right(std::string_view name) { return is_acl(name) || name == kCapability; }

Result<std::vector<Xattr>> read_xattrs(FileSystem& fs, Handle entry, bool as_root) {
  return read_named(fs, entry, TRY(list_names(fs, entry, as_root)));
}

Result<std::vector<Xattr>> read_rights(FileSystem& fs, Handle entry, bool as_root) {
  auto names = TRY(list_names(fs, entry, as_root));
  std::erase_if(names, [](const std::string& name) { return !is_right(name); });
  return read_named(fs, entry, std::move(names));
}

std::vector<Xattr> with_acls_of(std::vector<Xattr> present, const std::vector<Xattr>& other) {
  std::erase_if(present, [](const Xattr& xattr) { return is_acl(xattr.name); });
  std::copy_if(other.begin(), other.end(), std::back_inserter(present),
               [](const Xattr& xattr) { return is_acl(xattr.name); });
  std::sort(present.begin(), present.end(),
            [](const Xattr& a, const Xattr& b) { return a.name < b.name; });
  return present;
}

void fit_acl(std::vector<Xattr>& xattrs, std::uint32_t mode) {
  constexpr std::size_t kHeader = 4;
  constexpr std::size_t kEntry = 8;  // tag and permissions, two bytes each, the lower first; an id
  constexpr unsigned kUser = 1, kGroup = 4, kMask = 16, kOther = 32;
  for (Xattr& xattr : xattrs) {
    if (xattr.name != "system.posix_acl_access") continue;
    std::vector<std::byte>& acl = xattr.value;
    const auto is_there = [&](unsigned tag) {
      for (std::size_t at = kHeader; at + kEntry <= acl.size(); at += kEntry)
        if (acl[at] == std::byte(tag)) return true;
      return false;
    };
    const unsigned group = is_there(kMask) ? kMask : kGroup;
    for (std::size_t at = kHeader; at + kEntry <= acl.size(); at += kEntry) {
      const auto tag = std::to_integer<unsigned>(acl[at]);
      if (tag == kUser) acl[at + 2] = std::byte(mode >> 6U & 7U);
      if (tag == group) acl[at + 2] = std::byte(mode >> 3U & 7U);
      if (tag == kOther) acl[at + 2] = std::byte(mode & 7U);
    }
  }
}

std::vector<Xattr> without_unsupported(FileSystem& fs, Handle entry, std::vector<Xattr> wanted) {
  std::erase_if(wanted, [&](const Xattr& xattr) {
    const auto size = fs.get_xattr(entry, xattr.name.c_str(), {});
    return !size && size.error().error_number == ENOTSUP;
  });
  return wanted;
}

// Of one attribute, because of its kind, its size or what it says.
bool is_denied_xattr(const Error& error) {
  return is_denial(error) || is_one_of(error, {ENOSPC, E2BIG, EDQUOT, ERANGE, EFBIG});
}

Status write_xattrs(FileSystem& fs, Handle entry, const std::vector<Xattr>& wanted, bool as_root) {
  const auto present = TRY(read_xattrs(fs, entry, as_root));
  Status refused = success();
  const auto note = [&](const Xattr& xattr, Error error) {
    error.detail = "the attribute " + escaped(xattr.name);
    if (refused.ok()) refused = std::move(error);
  };
  for (const Xattr& xattr : present) {
    const bool stays = std::any_of(wanted.begin(), wanted.end(),
                                   [&](const Xattr& other) { return other.name == xattr.name; });
    if (stays) continue;
    Status removed = fs.remove_xattr(entry, xattr.name.c_str());
    if (!removed && !is_denied_xattr(removed.error())) return removed;
    if (!removed) note(xattr, std::move(removed).error());
  }
  for (const Xattr& xattr : wanted) {
    if (std::find(present.begin(), present.end(), xattr) != present.end()) continue;
    Status set = fs.set_xattr(entry, xattr.name.c_str(), xattr.value);
    if (!set && !is_denied_xattr(set.error())) return set;
    if (!set) note(xattr, std::move(set).error());
  }
  return refused;
}

}  // namespace foldersync
