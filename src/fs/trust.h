// Whose names and links are believed, and who else could exchange a name.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "core/file_status.h"

namespace foldersync {

// The users that can do to the caller whatever they like anyway: root, and the caller itself.
struct Trusted {
  std::uint32_t caller = 0;
  // The owner that a user namespace shows for all whom it does not know, where "/" is theirs: who
  // owns that could exchange anything. Nothing elsewhere, where it is a user like any other.
  std::optional<std::uint32_t> unmapped;

  [[nodiscard]] bool has(std::uint32_t uid) const {
    return uid == 0 || uid == caller || uid == unmapped;
  }
};

// Those of this process, where "/" belongs to `owner_of_top`.
Trusted trusted_here(std::uint32_t owner_of_top);

// Which of the uids that a user namespace knows is the one that it shows for all others: the
// overflow uid, unless `uid_map` (the text of /proc/self/uid_map) has it. Pure.
bool is_unmapped(std::uint32_t uid, const char* uid_map, std::uint32_t overflow_uid);

// Whether the group of that number is the private group of a user: has the user's name, and nobody
// else as a member.
bool is_private_group(std::uint32_t gid, std::uint32_t uid);

using PrivateGroups = std::function<bool(std::uint32_t gid, std::uint32_t uid)>;

// Whether somebody who is not trusted could give the name of `entry`, which `folder` holds, to
// something else, as far as owners and modes tell: who owns the folder, or may write in it, unless
// it is sticky and `entry` belongs to somebody trusted. A group that is private to root or the
// caller is nobody else. Pure but for `is_private`.
bool others_exchange(const FileStatus& folder, const FileStatus& entry, const Trusted& trusted,
                     const PrivateGroups& is_private);

}  // namespace foldersync
