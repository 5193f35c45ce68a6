// An inventory's lines, in its three forms. docs/scan-format.md describes the one for programs.
#pragma once

#include <optional>
#include <string>

#include "core/hash.h"
#include "scan/inventory.h"

namespace foldersync {

// An entry with what its status does not say.
struct ScannedEntry {
  InventoryEntry entry;
  std::optional<std::string> target;  // of a symlink; nothing where it could not be read
  std::optional<Md5> md5;             // of a file, where it was asked for and could be read
};

// Each of these is one line, with its end.
std::string scan_text(const ScannedEntry& scanned);
std::string scan_json(const ScannedEntry& scanned);
// GNU md5sum's form. Requires: there is an MD5.
std::string scan_md5sum(const ScannedEntry& scanned);

}  // namespace foldersync
