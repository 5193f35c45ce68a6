// An inventory's lines, in its three forms. docs/scan-format.md describes the one for programs.
#pragma once

#include <cstdint>
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

// Who reads a line: a program that takes it as it is, or a terminal, for which names are escaped as
// everywhere else.
enum class Reader : std::uint8_t { kProgram, kTerminal };

// Each of these is one line, with its end.
std::string scan_text(const ScannedEntry& scanned);
std::string scan_json(const ScannedEntry& scanned);
// GNU md5sum's form. Requires: there is an MD5.
std::string scan_md5sum(const ScannedEntry& scanned, Reader reader);

}  // namespace foldersync
