#include "fs/landlock.h"

#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "fs/fd.h"

namespace foldersync {
namespace {

// What came after the headers of Linux 6.1, with which this must compile.
constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14U;           // version 3
constexpr std::uint64_t kIoctlDev = std::uint64_t{1} << 15U;           // version 5
constexpr std::uint64_t kBindTcp = std::uint64_t{1} << 0U;             // version 4
constexpr std::uint64_t kConnectTcp = std::uint64_t{1} << 1U;          // version 4
constexpr std::uint64_t kAbstractUnixSocket = std::uint64_t{1} << 0U;  // version 6
constexpr std::uint64_t kSignal = std::uint64_t{1} << 1U;              // version 6

constexpr std::uint64_t kExecute = LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kFiles =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
constexpr std::uint64_t kTree =
    kFiles | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER;

// As landlock_ruleset_attr of version 6; earlier ones know the first of it.
struct Ruleset {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t processes;
};

std::size_t size_known_to(int version) {
  if (version < 4) return offsetof(Ruleset, network);
  return version < 6 ? offsetof(Ruleset, processes) : sizeof(Ruleset);
}

std::uint64_t rights_in(Writable how) {
  switch (how) {
    case Writable::kTree:
      return kTree | kTruncate;
    case Writable::kFiles:
      return kFiles | kTruncate;
    case Writable::kItself:
      break;
  }
  return LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
}

}  // namespace

Result<int> landlock_version() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 0) return system_error("landlock_create_ruleset", errno);
  return static_cast<int>(version);
}

LandlockRights landlock_rights(int version) {
  if (version < 2) return {};
  LandlockRights rights{.files = kTree | kExecute};
  if (version >= 3) rights.files |= kTruncate;
  if (version >= 4) rights.network = kBindTcp | kConnectTcp;
  if (version >= 5) rights.files |= kIoctlDev;
  if (version >= 6) rights.processes = kAbstractUnixSocket | kSignal;
  return rights;
}

Status write_only_in(const std::vector<WritablePlace>& places, int version) {
  const LandlockRights rights = landlock_rights(version);
  const Ruleset taken{rights.files, rights.network, rights.processes};
  const Fd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &taken, size_known_to(version), 0)));
  if (!ruleset.is_open()) return system_error("landlock_create_ruleset", errno);
  for (const WritablePlace& place : places) {
    landlock_path_beneath_attr rule{};
    rule.allowed_access = rights_in(place.how) & rights.files;
    rule.parent_fd = place.fd;
    if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
      return system_error("landlock_add_rule", errno);
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) < 0)
    return system_error("landlock_restrict_self", errno);
  return success();
}

}  // namespace foldersync
