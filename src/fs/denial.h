// What a system call says where it can't be done. The program refuses; the system denies.
#pragma once

#include <algorithm>
#include <cerrno>
#include <initializer_list>

#include "core/result.h"

namespace foldersync {

inline bool is_one_of(const Error& error, std::initializer_list<int> numbers) {
  return std::find(numbers.begin(), numbers.end(), error.error_number) != numbers.end();
}

// Whether a file system, or the kernel, doesn't know the call, or the way it was asked for.
inline bool lacks_call(const Error& error) {
  return is_one_of(error, {EINVAL, EOPNOTSUPP, ENOSYS});
}

// Whether owner, mode or time could not be set because that can't be done, to this entry or to any:
// nothing is broken, and what there is can be used without.
inline bool is_denial(const Error& error) {
  return lacks_call(error) || is_one_of(error, {EPERM, EACCES, EOVERFLOW});
}

// Whether one more name of a file can't be had there.
inline bool can_not_link(const Error& error) {
  return is_one_of(error, {EPERM, EOPNOTSUPP, ENOSYS, EMLINK});
}

// The same as is_denial(), where that is of no importance.
inline Status unless_denied(Status set) {
  return set || is_denial(set.error()) ? success() : std::move(set);
}

// The file system has no more room for the caller, or a quota of his is used up.
inline bool is_full_disk(const Error& error) { return is_one_of(error, {ENOSPC, EDQUOT}); }

}  // namespace foldersync
