// What somebody who mistyped a word may have meant.
#pragma once

#include <string>
#include <vector>

namespace foldersync {

// The candidate nearest to `word`, by edits of one letter; empty where none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace foldersync
