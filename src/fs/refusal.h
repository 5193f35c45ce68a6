// What a file system says to metadata that it will not hold, and to other calls that it lacks.
#pragma once

#include <cerrno>

#include "core/result.h"

namespace foldersync {

// Whether owner, mode or time could not be set because that can't be done, to this entry or to any:
// nothing is broken, and what there is can be used without.
inline bool is_refusal(const Error& error) {
  switch (error.error_number) {
    case EPERM:
    case EACCES:
    case EINVAL:
    case ENOTSUP:
    case ENOSYS:
    case EOVERFLOW:
      return true;
    default:
      return false;
  }
}

// Whether a file system does not know how to make something durable, which is no failure.
inline bool can_not_sync(const Error& error) {
  const int number = error.error_number;
  return number == EINVAL || number == EOPNOTSUPP || number == ENOSYS;
}

// The same as is_refusal(), where that is of no importance.
inline Status unless_refused(Status set) {
  return set || is_refusal(set.error()) ? success() : std::move(set);
}

}  // namespace foldersync
