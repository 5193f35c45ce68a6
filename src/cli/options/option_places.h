// The places beside the command line where options may stand, for one command.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/options/declared.h"
#include "cli/options/in_force.h"
#include "cli/options/job_file.h"
#include "core/result.h"

namespace foldersync {

struct Asked {
  const DeclaredCommand& command;
  // Of the command line: long names, with the last value, as far as it has one.
  const std::map<std::string, std::string>& typed;
};

struct FoundOptions {
  InForce all;
  std::vector<std::string> files;  // that were read, what counts less first
};

// Reads them: see parse_command_line(). Errors: kUsage and kRefused, as of the files and variables.
Result<FoundOptions> find_options(const Asked& asked, const DeclaredProgram& program,
                                  const JobFolders& jobs,
                                  const std::vector<std::string>& environment);

}  // namespace foldersync
