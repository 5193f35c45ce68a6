// The lines of a log for programs; docs/log-format.md describes them. Pure.
#pragma once

#include <string>
#include <string_view>

#include "apply/look/report.h"
#include "plan/plan.h"

namespace foldersync {

// What a line is about, as members of a JSON object without braces.
std::string log_fields(const ActionReport& report);
std::string log_fields(const Problem& problem);

// A line but for its brace and time: `"level":"info","message":"..."`, the fields, and the brace.
std::string log_line(std::string_view level, std::string_view message, std::string_view fields);

}  // namespace foldersync
