// What somebody else does to the trees while a run works on them.
#pragma once

#include <string>
#include <vector>

namespace foldersync {

inline constexpr const char* kForeign = "written by somebody else meanwhile";
inline constexpr const char* kNewerForeign = "and once more, by somebody else";

// A new file takes the name, as editors save.
void save_over(const std::string& path, const std::string& content);

// Every content that is left anywhere in the replica, the staging folder included.
std::vector<std::string> contents_in(const std::string& root);

}  // namespace foldersync
