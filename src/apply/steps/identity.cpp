#include "apply/steps/identity.h"

namespace foldersync {
namespace {
constexpr std::uint32_t kPermissions = 0777;
constexpr std::uint32_t kGroupAll = 0070;

// Between the bits of the one mode and those of the other; of special bits those that either has.
bool is_mode_left(const FileStatus& found, const InPlaceRecord& record) {
  const std::uint32_t either = record.old.mode | record.wanted.mode;
  if ((found.mode & kSpecialBits & ~either) != 0) return false;
  const std::uint32_t ignored = kGroupAll | (found.is_directory() ? kOwnerAll : 0U);
  const auto has_those_of = [&](std::uint32_t mode) {
    return (found.mode & kPermissions & ~ignored) == (mode & kPermissions & ~ignored);
  };
  return has_those_of(record.old.mode) || has_those_of(record.wanted.mode);
}

bool has_owner_of(const FileStatus& found, const FileStatus& other) {
  return found.uid == other.uid && found.gid == other.gid;
}

}  // namespace

bool is_as_left(const FileStatus& found, const InPlaceRecord& record) {
  const FileStatus& old = record.old;
  if (!same_creation(found, old) || !is_mode_left(found, record)) return false;
  if (!has_owner_of(found, old) && !has_owner_of(found, record.wanted)) return false;
  if (found.is_directory()) return true;
  return found.size == old.size &&
         (found.mtime == old.mtime || found.mtime == record.wanted.mtime) &&
         found.links >= old.links && found.links <= old.links + record.names_added;
}

}  // namespace foldersync
