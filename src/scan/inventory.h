// One tree, entry by entry, in path order.
#pragma once

#include <atomic>
#include <functional>
#include <string_view>

#include "core/file_status.h"
#include "core/path.h"
#include "core/result.h"
#include "scan/directory_names.h"
#include "scan/readable_tree.h"

namespace foldersync {

struct InventoryEntry {
  RelPath path;
  FileStatus status;
  ReadableDirectory* directory = nullptr;  // where it lies; the root itself for the root
};

using Admits =
    std::function<bool(std::string_view directory, std::string_view name, const FileStatus&)>;

struct InventoryVisitor {
  // Whether the entry is part of the inventory; what is not is not entered. Empty: all are.
  Admits admits = {};
  // An error ends the walk.
  std::function<Status(const InventoryEntry&)> visit = {};
  // What a directory holds, before any of it is visited. May be empty.
  std::function<void(const RelPath&, const DirectoryNames&)> listed = {};
  // Something that could not be read; the walk goes on. May be empty.
  std::function<void(const RelPath&, const Error&)> problem = {};
  const std::atomic<bool>* stop = nullptr;
};

// `root` is what the root was found to be. Visits it first, then everything below it in path order.
// Memory: the names of the directories on the way down. One thread.
Status take_inventory(const ReadableTree& tree, const FileStatus& root,
                      const InventoryVisitor& visitor);

}  // namespace foldersync
