// A plan on one screen: what a person wants to know before it is applied.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "show/render.h"

namespace foldersync {

struct Screen {
  std::size_t rows = 24;
  std::size_t columns = 80;  // kAnyWidth: lines are not cut
};

// First what the plan is about: roots, options, counts, guards, what could not be read. Then the
// deletions, what is to be looked at twice (caution.h), the largest writes, and the other changes,
// whole folders where all in them goes or comes (fold.h), each as far as the screen has room, and
// how many more there are, with `hint` ("--list shows all"). Of deletions those of the most entries
// come first. Each part gets three lines, however small the screen is; so do guards, problems and
// what was skipped. Memory: what is shown. Errors: those of the source.
Result<std::string> render_review(const PlanHeader& plan, const ActionSource& actions,
                                  Screen screen, Colour colour, std::string_view hint);

}  // namespace foldersync
