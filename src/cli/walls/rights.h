// What a command may do as root, and what it gives up before it looks at the first file.
#pragma once

#include <cstdint>
#include <string>

namespace foldersync {

// Whether the attributes of root (trusted.*, security.*) are written or compared.
enum class RootAttributes : std::uint8_t { kLeftAlone, kMirrored };

// So that an error in a command can do no more than what it is for: gives up, for good, all that
// mirroring does not need. A refusal of the system is told to people, and nothing else.
// Requires: no other thread was started.
void keep_what_is_needed(RootAttributes attributes);

// Whether this process may give files to others, and make device nodes, which root in a container
// may not.
bool may_give_owners();
bool may_make_devices();
// Whether each group has a number in here. In a user namespace those that have none look like one
// group, which nobody can give.
bool maps_all_groups();

// What root leaves out for want of rights, as a sentence; empty: nothing, or this is not root.
std::string what_root_leaves_out();

// What protects a run from its own errors: which rights it keeps, how the program was built; lines.
// Gives up what a run does, to see what is left.
std::string what_is_in_force();

}  // namespace foldersync
