// Extended attributes and ACLs (which the kernel shows as attributes) of one entry, as a whole.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

inline constexpr const char* kCapability = "security.capability";

struct Xattr {
  std::string name;
  std::vector<std::byte> value;
  friend bool operator==(const Xattr&, const Xattr&) = default;
};

// Whether an attribute is mirrored: user.* and POSIX ACLs; for root trusted.* and security.* too,
// but for labels that the system gives by its own policy (SELinux, IMA, EVM, AppArmor), and for
// second names of ACLs (XFS).
bool is_mirrored_xattr(std::string_view name, bool as_root);

// Whether one of them lets the file run with rights of its own (security.capability).
bool has_capability(const std::vector<Xattr>& xattrs);

// Whether it says who may do what: an ACL, or what has_capability() looks for.
bool is_right(std::string_view name);

// The attributes of `entry` that are mirrored, by name. None where the file system has no
// attributes.
Result<std::vector<Xattr>> read_xattrs(FileSystem& fs, Handle entry, bool as_root);

// Those of them that say who may do what, which no permission on the entry is needed for.
Result<std::vector<Xattr>> read_rights(FileSystem& fs, Handle entry, bool as_root);

// `present` with the ACLs of `other` in the place of its own; by name, as both are.
std::vector<Xattr> with_acls_of(std::vector<Xattr> present, const std::vector<Xattr>& other);

// Gives an access ACL among them the permissions of `mode`, as a change of mode does.
void fit_acl(std::vector<Xattr>& xattrs, std::uint32_t mode);

// Those of `wanted` that `entry` has or could be given, as far as a look tells: a file system may
// have no attributes, or none of some kind (user.* on an old tmpfs, ACLs where they are off).
std::vector<Xattr> without_unsupported(FileSystem& fs, Handle entry, std::vector<Xattr> wanted);

// Whether write_xattrs() met one that the file system will not hold: nothing is broken.
bool is_denied_xattr(const Error& error);

// Makes the mirrored attributes of `entry` exactly `wanted`; others stay. One that is refused does
// not keep the others from being set; the first refusal is returned then, and its detail names the
// attribute.
Status write_xattrs(FileSystem& fs, Handle entry, const std::vector<Xattr>& wanted, bool as_root);

}  // namespace foldersync
