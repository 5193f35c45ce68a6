#include "cli/rights.h"

#include "cli/console.h"
#include "core/text.h"
#include "format/errno_name.h"
#include "fs/landlock.h"
#include "fs/privilege.h"

namespace foldersync {
namespace {

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
