// Whether an entry that a recovery is to change in place is the one that the record speaks of.
// Pure.
#pragma once

#include <cstdint>

#include "core/file_status.h"

namespace foldersync {

// What a step in place knows of its entry: as it was recorded, what it is to become or has become
// (mode, owner and time), and how many names the window has given it.
struct InPlaceRecord {
  FileStatus old;
  FileStatus wanted;
  std::uint32_t names_added = 0;
};

// Whether `found` is that entry, with each field as it was recorded or as a step of this program
// leaves it: a change of owner clears set-id bits, attributes may have changed the permissions of
// the group, and a directory is opened up for its owner and changes with what is in it. The change
// time tells nothing: a rename moves it.
bool is_as_left(const FileStatus& found, const InPlaceRecord& record);

}  // namespace foldersync
