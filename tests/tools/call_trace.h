// What a traced process hands to a system call, in words.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "file_calls.h"

namespace call_stopper {

using Arguments = std::array<std::uint64_t, 6>;

// The call as one line of JSON, with these members, of which only `call` is always there:
//   call   the name
//   names  the names in their order; null for a null pointer
//   dirs   for each name, the path of the directory it is looked up in; null where that is the
//          working directory, or where the call takes paths only
//   files  the paths of the open files
//   flags  a number
//   texts  the texts in their order
// Bytes from 128 on are written as \u0080 to \u00ff. Requires: `thread` is stopped.
std::string describe(pid_t thread, const FileCall& call, const Arguments& arguments);

// Whether a name of the call begins with `prefix`. Requires: `thread` is stopped.
bool names_something_below(pid_t thread, const FileCall& call, const Arguments& arguments,
                           std::string_view prefix);

}  // namespace call_stopper
