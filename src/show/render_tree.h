// The paths that a plan changes, as a tree.
#pragma once

#include <cstddef>

#include "show/render.h"

namespace foldersync {

// One line a path, in path order: what happens to it (+ create, ~ update, replace or metadata,
// > move or link, - delete; a blank where it only leads to changes), its name indented below its
// directory, and what else there is to say. Directories that lead to one change only stand on its
// line; those that are only dated are left out, and one that is deleted stands for all in it
// (fold.h). Memory: all paths that have a line. Errors: those of the source and the sink.
Status render_tree(const PlanHeader& plan, const ActionSource& actions, std::size_t width,
                   Colour colour, const ByteSink& sink);

}  // namespace foldersync
