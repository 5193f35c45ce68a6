// What is known, or feared, of the content of single files.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/path.h"
#include "state/hash_cache.h"

namespace foldersync {

struct Doubts {
  // Paths below both roots, as bytes. These are read, whatever size, times and memory say.
  std::set<std::string, std::less<>> read = {};
  // Files of the source whose content counts as changed where it would count as decayed; read, too.
  std::set<std::string, std::less<>> accepted = {};
  // Files of the source that went bad, as they were then: nothing is written from one that is still
  // the same, unless it is read.
  std::map<std::string, FileStamp, std::less<>> held = {};

  [[nodiscard]] bool are_read(std::string_view path) const {
    return read.contains(path) || accepted.contains(path);
  }
};

}  // namespace foldersync
