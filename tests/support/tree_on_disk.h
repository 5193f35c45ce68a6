// Trees of values on a real disk.
#pragma once

#include <string>

#include "support/tree.h"

namespace foldersync::test {

// A new folder below the system's folder for temporary files; gone with this object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Makes the folder and everything in it; owners only where the process is root. A failure fails
// the test.
void build(const Tree& tree, const std::string& folder);

// What is there. Requires: everything can be read.
Tree read_tree(const std::string& folder);

}  // namespace foldersync::test
