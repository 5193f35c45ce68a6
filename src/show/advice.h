// What can be done about an error that says no more than what the kernel calls it.
#pragma once

#include <string>
#include <string_view>

namespace foldersync {

// Whether it takes the place of the kernel's words, or follows them.
struct Advice {
  std::string_view text;  // a sentence without its end; empty: there is none
  bool says_all = false;
};

// Of what failed while `doing`, as in Problem and Error, with `error_number`.
Advice advice_for(std::string_view doing, int error_number);

// The error in words, as "Permission denied (EACCES)", with what can be done about it.
std::string reason_of(std::string_view doing, int error_number);

}  // namespace foldersync
