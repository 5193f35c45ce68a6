// A plan as the comment of a merge request.
#pragma once

#include <cstddef>
#include <string>

#include "show/render.h"

namespace foldersync {

// What GitHub takes is 65,536 characters; GitLab takes more.
inline constexpr std::size_t kCommentBytes = 65'000;

// Summary, guards, what could not be read, and the parts of the plan (parts.h), deletions first, in
// at most `most` bytes: cut at the end of a line, and said so, with how many are left out. Names
// stand in blocks of code, whose fences are longer than any row of backticks in them, so that none
// of their characters means anything. Requires: most is at least 10,000. Memory: what is written.
// Errors: those of the source.
Result<std::string> render_markdown(const PlanHeader& plan, const ActionSource& actions,
                                    std::size_t most = kCommentBytes);

}  // namespace foldersync
