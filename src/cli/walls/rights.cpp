#include "cli/walls/rights.h"

#include <linux/capability.h>
#include <unistd.h>

#include <fstream>

#include "cli/console/console.h"
#include "format/errno_name.h"
#include "fs/landlock.h"
#include "fs/privilege.h"

namespace foldersync {
namespace {

bool has_capability(int capability) {
  return (current_privileges().effective & (CapabilitySet{1} << capability)) != 0;
}

Status give_up_the_rest(RootAttributes attributes) {
  CapabilitySet kept = mirroring_capabilities();
  if (attributes == RootAttributes::kMirrored) kept |= attribute_capabilities();
  return keep_only(kept);
}

std::string landlock_text() {
  const auto version = landlock_version();
  if (!version) return "no (this kernel: " + errno_name(version.error().error_number) + ")";
  const std::string here = "version " + std::to_string(*version);
  if (landlock_rights(*version).files == 0) return "no (this kernel: " + here + ", 2 is needed)";
  const Status confined = write_only_in({}, *version);
  return confined ? here : "no (" + describe(confined.error()) + ")";
}

}  // namespace

bool may_give_owners() { return ::geteuid() == 0 && has_capability(CAP_CHOWN); }

// The kernel asks the first user namespace, whatever this one says.
bool may_make_devices() {
  return ::geteuid() == 0 && has_capability(CAP_MKNOD) && maps_all_groups();
}

bool maps_all_groups() {
  std::ifstream map("/proc/self/gid_map");
  std::uint64_t first = 1, outside = 1, count = 0;
  if (map >> first >> outside >> count) return first == 0 && count >= 0xffffffff;
  return !map.is_open() || map.bad();  // what can't be read takes nothing away
}

std::string what_root_leaves_out() {
  if (::geteuid() != 0 || (may_give_owners() && may_make_devices())) return {};
  if (may_give_owners()) {
    return "this is root in a container or user namespace that makes no device nodes: they are "
           "left out";
  }
  return "this is root without the right to give files away (the capability CAP_CHOWN): owners, "
         "groups of others, set-id bits of what belongs to others, device nodes, and attributes of "
         "root (trusted.*, security.*) are left out";
}

void keep_what_is_needed(RootAttributes attributes) {
  const Status given_up = give_up_the_rest(attributes);
  if (!given_up) tell("more rights are kept than are needed: " + describe(given_up.error()));
}

std::string what_is_in_force() {
  const Status given_up = give_up_the_rest(RootAttributes::kMirrored);
  const Privileges kept = current_privileges();
  std::string text = "capabilities kept: " + names_of(kept.effective) + "\n";
  if (!given_up) text += "not given up: " + describe(given_up.error()) + "\n";
  text += std::string("no new privileges: ") + (kept.may_gain ? "no" : "yes") + "\n";
  text += "Landlock: " + landlock_text() + "\n";
  return text + "hardening: " + FOLDERSYNC_HARDENING + "\n";
}

}  // namespace foldersync
