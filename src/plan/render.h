// A plan as text for people.
#pragma once

#include <cstdint>
#include <string>

#include "plan/document.h"

namespace foldersync {

enum class Colour : std::uint8_t { kOff, kOn };

// One line, without its end: "create docs/new/a.txt 1.2 KiB". Names escaped.
std::string action_line(const Action& action);

// The whole plan: a line for each action, then problems, what was skipped, guards, and the summary
// last. Says so where there is nothing to do.
std::string render(const Plan& plan, Colour colour);

// "create 2, update 1, delete 2 (9 B), write 1.1 KiB, unchanged 40,211": only what is not zero.
std::string summary_line(const Summary& summary);

}  // namespace foldersync
