// Where a command writes; and that it writes nowhere else.
#pragma once

#include <string>
#include <vector>

#include "fs/file_system.h"
#include "scan/roots.h"

namespace foldersync {

// Beside what is open already, as the log is.
struct WrittenPlaces {
  const Root* replica = nullptr;          // null: it is only looked at, or there is none
  std::string state_folder = {};          // absolute, as all of these; empty: there is none
  std::string backup_folder = {};         // likewise
  std::vector<std::string> outputs = {};  // files that are yet to be made
};

// From now on nothing is made, written, renamed or removed elsewhere, by Landlock. Nothing is done
// where the kernel lacks it (`sync --version -v` tells). For good: what is in a folder that is made
// or mounted later lies elsewhere. The answer: a sentence where the system refuses, or a folder
// can't be opened, and everything can be written still. Requires: no other thread was started.
std::string write_nowhere_else(FileSystem& fs, const WrittenPlaces& places);

}  // namespace foldersync
