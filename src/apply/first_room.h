// Room for the staging folder itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>

#include "apply/look/look.h"
#include "apply/stage/request.h"

namespace foldersync {

// Of a plan whose deletions go first, where the disk is too full for folders and records: removes
// files that go, in their place, until there is room for these. The answer: their numbers in the
// plan. Nothing is removed of an atomic apply, nor where a backup wants it. That they
// are gone is on disk then, and directories are as they were. Error: the plan can't be read, or it
// can't be made to last.
// RACE: what others put in the place of such a file between its look and its removal is lost.
Result<std::set<std::uint64_t>> make_first_room(const ApplyRequest& request,
                                                const LookContext& looks, std::size_t max_open);

}  // namespace foldersync
