// The dry run of an apply.
#pragma once

#include <cstddef>

#include "apply/engine.h"
#include "apply/look.h"

namespace foldersync {

// Reports of each action what would hinder it, or that nothing would. Changes nothing. `max_open`:
// descriptors for the way into the trees.
void check_only(const ApplyRequest& request, const LookContext& looks, std::size_t max_open);

}  // namespace foldersync
