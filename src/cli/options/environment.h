// Options from the environment: FOLDERSYNC_OPT_MAX_DELETE=10% is --max-delete 10%.
#pragma once

#include <string>
#include <vector>

#include "cli/options/declared.h"
#include "cli/values/setting.h"
#include "core/result.h"

namespace foldersync {

// The settings for `command` among `variables` ("NAME=VALUE"), sorted by name. One that may be
// repeated has a value a line. What begins otherwise is nobody's business here. Error kUsage: a
// name of that beginning that is no option of any command, or one that can't come from here. Pure.
Result<Settings> settings_of_environment(const std::vector<std::string>& variables,
                                         const std::string& command,
                                         const DeclaredProgram& program);

}  // namespace foldersync
