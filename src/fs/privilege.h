// What the process may do beyond a plain user, and what it gives up of that.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"

namespace foldersync {

// The capabilities of capabilities(7), a bit each, by their numbers.
using CapabilitySet = std::uint64_t;

// What a mirror of everything needs: owners, modes and content of what belongs to others, devices,
// capabilities of files.
CapabilitySet mirroring_capabilities();
// What the attributes of root need besides: trusted.* and security.*.
CapabilitySet attribute_capabilities();

// Whether modes keep this thread from reading nothing: the superuser's rights.
bool may_read_everything();

// Whether this thread may do to what belongs to `owner`, another user, what only owners may: set
// times and modes, remove it from a sticky directory. Nothing is tried.
bool may_act_for(std::uint32_t owner);

// Whether a mode that this thread gives to something of that group keeps its set-group-ID bit: only
// where it is of the group, or has CAP_FSETID.
bool keeps_set_group(std::uint32_t gid);

// What a thread has.
struct Privileges {
  CapabilitySet effective = 0;
  CapabilitySet bounding = 0;
  bool may_gain = true;  // false: no program that it starts has more than itself
};
Privileges current_privileges();

// Gives up for good every capability that is not in `kept`, and that a program that is started gets
// any, or any other user's rights, by its set-id bits: of the thread that calls, and of all that it
// starts from now on. An error where the system refuses, as sandboxes do: then more is kept.
// Requires: no other thread was started.
Status keep_only(CapabilitySet kept);

// "chown dac_override", in the order of their numbers; "none" where there are none.
std::string names_of(CapabilitySet capabilities);

}  // namespace foldersync
