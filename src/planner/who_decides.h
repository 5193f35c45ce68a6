// Which filter decides whether a path takes part.
#pragma once

#include <string>

#include "core/path.h"
#include "core/result.h"
#include "filter/filter.h"
#include "plan/plan.h"
#include "scan/readable_tree.h"

namespace foldersync {

struct Decided {
  RelPath path;           // the entry that is left out: the one that was asked for, or one above it
  FilterSaid said;        // its directory is in `directory`
  std::string directory;  // bytes, of the source
};

// Asks of each entry on the way from the root of the source, as a planning would, until one is left
// out. What the source lacks on the way counts as `is_directory` says. Requires: not the root.
// Errors: rules of the source that can't be read or used.
Result<Decided> who_decides(const ReadableTree& source, const Filter& filter,
                            const PlanOptions& options, const RelPath& path, bool is_directory);

}  // namespace foldersync
