// What the program calls itself: the name it was started as, so that what it advises can be typed.
#pragma once

#include <string>
#include <string_view>

namespace foldersync {

// The name in `started_as`, which is argv[0] (null: there is none): without its folders, escaped
// for one line. `sync` where there is none, or it is longer than a file's name can be.
std::string name_started_as(const char* started_as);

// From now on the program is called so. Once, first of all in main: no other thread may run yet.
void set_program_name(const char* started_as);

// `sync` until it is set.
const std::string& program_name();

// A command of this program as sentences name it, in quotes: 'sync recover --rollback'.
std::string our_command(std::string_view arguments);

}  // namespace foldersync
