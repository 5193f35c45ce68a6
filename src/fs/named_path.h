// The one way to open what a person names: from "/" or the current folder down, name by name.
//
// A link of root's or the caller's is followed; somebody else's only where what it leads to belongs
// to that same owner. So nobody but these decides which folder or file a name stands for, where
// root works in folders of others. A descriptor that whoever started the program has opened
// (/dev/fd/N, /proc/self/fd/N, /dev/stdin) is taken as it is open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/file_status.h"
#include "core/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"

namespace foldersync {

// What happens to a link that has the last name. With a slash or "/." behind it, it is followed.
enum class LastLink : std::uint8_t { kFollow, kKeep };

struct NamedPlace {
  Fd folder;  // holds `name` (O_PATH); not open where what was named was reached by "..", say
  std::string name;                  // in `folder`, and no link unless it was to be kept
  std::optional<FileStatus> status;  // of what has the name; nothing: nothing has it
  Fd entry;                   // that, open to stand for it (O_PATH), where there is something
  bool is_inherited = false;  // `entry` is open as the caller had opened it
  bool through_link = false;  // a link was followed to the last name
  // The first name on the way that somebody else than root and the caller could give to something
  // else, as a path; empty: there is none.
  std::string exchangeable;
};

// Finds the place. Errors: kRefused, with a sentence that names the link, its owner and where it
// leads; else kSystem with the path as far as it could be followed: ENOENT where a name before the
// last one is missing, ENOTDIR where one is no folder, ELOOP.
Result<NamedPlace> find_named(FileSystem& fs, const std::string& path,
                              LastLink last = LastLink::kFollow);

// Opens the folder for reading. Errors: as find_named(), ENOENT and ENOTDIR also for the last name.
Result<Fd> open_named_folder(FileSystem& fs, const std::string& path);
// The folder that was found as `place`, likewise.
Result<Fd> open_folder_at(FileSystem& fs, const NamedPlace& place);

}  // namespace foldersync
