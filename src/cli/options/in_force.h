// Which of the options count that are given in several places: on the command line, in the
// environment, in files.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/options/declared.h"
#include "cli/values/setting.h"
#include "core/result.h"

namespace foldersync {

struct InForce {
  Settings settings;  // what counts, the lower places first
  // What doesn't, and what it gives way to.
  std::vector<std::pair<Setting, std::string>> unused;
};

// `places` have settings that `command` has as options, what counts less first; `typed` are the
// long names of those on the command line, which count most, and whether they are set: a flag that
// is false excludes nothing. An option gives way to the same one of a place that counts more, and
// to one that can't be given with it; what may be repeated adds up. Pure.
InForce in_force(const DeclaredCommand& command, const std::vector<Settings>& places,
                 const std::map<std::string, bool>& typed);

// As words of a command line. Error kUsage: a flag that is neither true nor false.
Result<std::vector<std::string>> words_of(const DeclaredOption& option, const Setting& setting);

// "photos.toml:3: max-delete", "FOLDERSYNC_OPT_MAX_DELETE".
std::string where(const Setting& setting);

// What is in force for `command`, as a job file with a comment on each line. Pure.
std::string text_of(const DeclaredCommand& command, const InForce& all);

}  // namespace foldersync
