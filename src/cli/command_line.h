// From words to what a command is told; or to a text, where the program ends with that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/options/job_file.h"
#include "cli/values/exit_code.h"
#include "cli/values/options.h"

namespace foldersync {

// What lies around a command line.
struct Surroundings {
  std::uint32_t umask = 0077;                 // that the program was started with
  std::size_t columns = 80;                   // of the window that help is for
  std::vector<std::string> environment = {};  // "NAME=VALUE"
  JobFolders jobs = {};
};

// Either a command's options, or the end of the program with a text for people.
struct ParsedCommandLine {
  std::optional<CommandOptions> options;
  ExitCode exit_code = ExitCode::kDone;
  std::string text;  // for standard output where exit_code is kDone, else for standard error
};

// `arguments` without the program's name. What counts less than they do is read here, where the
// command takes it: FOLDERSYNC_OPT_... of the environment, the job that they name, defaults.toml of
// each folder of jobs, in this order. So are files of rules (--exclude-from); names of users and
// groups are looked up.
ParsedCommandLine parse_command_line(std::vector<std::string> arguments,
                                     const Surroundings& around = {});

}  // namespace foldersync
