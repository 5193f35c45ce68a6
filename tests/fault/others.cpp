#include "fault/others.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "support/disk_tree.h"

namespace foldersync {

void save_over(const std::string& path, const std::string& content) {
  write_file(path + ".saving", content);
  ASSERT_EQ(::rename((path + ".saving").c_str(), path.c_str()), 0) << path;
}

std::vector<std::string> contents_in(const std::string& root) {
  std::vector<std::string> contents;
  for (const auto& [path, entry] : read_tree(root)) contents.push_back(entry.content);
  return contents;
}

}  // namespace foldersync
