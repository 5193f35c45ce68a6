// What a plan would change in the replica and this process can't change, or not back.
#pragma once

#include <cstddef>

#include "apply/look/look.h"
#include "apply/stage/request.h"

namespace foldersync {

// Before an apply that is to be all or nothing: error kRefused, about the first path in the plan's
// order, where the replica has
//
//   - a directory in which entries come or go, and can't, or could not be taken away again: by its
//     permissions or flags (append-only, immutable), its mount, or as a sticky one that is, as what
//     goes from it, another user's;
//   - an entry whose metadata is to be given or taken back, and can't be set: another user's.
//
// What can't be seen is not refused; nor is what the plan's own actions make, or what only the file
// system's own rules refuse to the capability CAP_FOWNER. Nothing is written, not even a time.
// Other errors: the plan can't be read.
Status refuse_foreign_places(const ApplyRequest& request, const LookContext& looks,
                             std::size_t max_open);

}  // namespace foldersync
