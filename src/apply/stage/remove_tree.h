// Removing what lies in a directory of the program's own, whatever its depth.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "core/result.h"
#include "fs/file_system.h"
#include "fs/wind_up.h"

namespace foldersync {

// Removes everything in `directory`, but for the names `spared`, with few descriptors. Never enters
// another mount: error kRefused there. Error kStopped: `wind_up` is over (null: nobody tells).
Status empty_directory(FileSystem& fs, int directory,
                       std::initializer_list<std::string_view> spared = {},
                       const WindUp* wind_up = nullptr);

// The same, and the directory itself.
Status remove_tree(FileSystem& fs, int parent, const std::string& name,
                   const WindUp* wind_up = nullptr);

}  // namespace foldersync
