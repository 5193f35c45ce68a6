// Actions as bytes, short and quick to read: for the memory and the spool of one process, and for
// no file that outlives it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "plan/action.h"

namespace foldersync {

// Appends `action`. Of its path only what differs from the beginning of `previous_path` is written:
// the bytes of the path of the action before it, or none.
void append_encoded(std::string& out, const Action& action, std::string_view previous_path);

// Takes an action from the beginning of `bytes`, which was encoded after the same `previous_path`;
// false where there is none: the bytes are damaged.
bool take_encoded(std::string_view& bytes, std::string_view previous_path, Action& action);

}  // namespace foldersync
