// A plan in figures: how many changes of which kind, and where.
#pragma once

#include <cstddef>
#include <string>

#include "show/render.h"

namespace foldersync {

// A line for each op, a line for each top-level directory with its changes, the bytes that are
// written and deleted there, and a bar of + (create), ~ (update, replace, metadata), > (move, link)
// and - (delete), then what is to be
// looked at twice (caution.h), and the summary. "." is what lies in the root itself. The longest
// bar fits `width` columns; directories are in path order. What only dates directories is not
// counted there. Memory: the top-level directories. Errors: those of the stream.
Result<std::string> render_stat(const PlanHeader& plan, const ActionStream& actions,
                                std::size_t width, Colour colour);

}  // namespace foldersync
