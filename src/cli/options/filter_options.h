// The options that say what takes part.
#pragma once

#include "cli/values/options.h"

namespace CLI {
class App;
}

namespace foldersync {

// Rules and bounds of files.
void add_filters(CLI::App* command, PlanOptions& plan, FilterOrigins& origins);
// A list of what takes part, and what the source says itself.
void add_source_filters(CLI::App* command, PlanOptions& plan, FilterOrigins& origins);

}  // namespace foldersync
