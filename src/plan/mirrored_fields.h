// Which metadata of the replica is the source's affair, and what takes the place of the source's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plan/mode_change.h"

namespace foldersync {

// Owner and group that all entries get in place of the source's. An id is below 2^32 - 1.
struct OwnerChange {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;

  [[nodiscard]] bool empty() const { return !uid && !gid; }
  friend bool operator==(const OwnerChange&, const OwnerChange&) = default;
};
std::string to_string(const OwnerChange& change);  // "1000:100", "1000", ":100"; "": none
std::optional<OwnerChange> parse_owner_change(std::string_view text);  // the inverse

// The options that say so. A field that is left out is neither compared nor set: what is there
// keeps it, also where it is written anew; see as_wanted() for what is new.
struct MirroredFields {
  bool omit_dir_times = false;  // the times of directories
  bool no_owner = false;
  bool no_group = false;
  bool no_perms = false;  // modes and ACLs
  OwnerChange chown;
  ModeChange chmod;  // of the source's modes, but those of symlinks

  // Whether the replica has what the source has, without exception.
  [[nodiscard]] bool are_all() const {
    return !omit_dir_times && !no_owner && !no_group && !no_perms && chown.empty() && chmod.empty();
  }
  friend bool operator==(const MirroredFields&, const MirroredFields&) = default;
};

}  // namespace foldersync
