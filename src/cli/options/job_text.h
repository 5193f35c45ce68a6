// What a job file says, in TOML: each key is the long name of an option, without dashes.
//
//   source = "/home/ann/pictures"
//   replica = "/srv/mirror/pictures"
//   interval = "15m"
//   exclude = ["*.tmp", "/cache/"]
//   [apply]
//   verify = "/etc/foldersync/reviewer.pem"
//
// What stands at the top is for all commands that have it; what stands in the table of a command is
// for that one, and goes before what stands at the top.
#pragma once

#include <string>
#include <vector>

#include "cli/options/declared.h"
#include "cli/values/setting.h"
#include "core/result.h"

namespace foldersync {

struct JobText {
  std::string text;
  std::string file;         // its name, for people
  bool has_folders = true;  // source and replica may be named
};

// The settings for `command`, in the order in which they stand; first those from the top, as far as
// the command has such options, then those of its table. Error kUsage whose detail begins with
// file and line: no TOML, a key
// that no command which takes a job has as an option, a value that is no text, number, truth or
// list of these, a path that is relative. "~/" at the beginning of a path is `home`. Pure.
Result<Settings> settings_in(const JobText& job, const std::string& command,
                             const DeclaredProgram& program, const std::string& home);

}  // namespace foldersync
