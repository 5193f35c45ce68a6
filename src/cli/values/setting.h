// An option that is given elsewhere than on the command line.
#pragma once

#include <string>
#include <vector>

namespace foldersync {

struct Setting {
  std::string option;  // "max-delete": its long name, without dashes
  std::string value;   // as a person would type it; of a flag "true" or "false"
  std::string origin;  // where it stands, for people: "/etc/foldersync/photos.toml:3"
  std::string name;    // what it is called there: "max-delete", "FOLDERSYNC_OPT_MAX_DELETE"
  bool in_file = false;
};

// Those of one place. An option that may be repeated stands there several times.
using Settings = std::vector<Setting>;

}  // namespace foldersync
