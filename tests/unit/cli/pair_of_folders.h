// A pair of folders on disk, and a link that leads into the replica.
#pragma once

#include <gtest/gtest.h>

#include "cli/values/folders.h"
#include "fs/posix_file_system.h"
#include "scan/roots.h"
#include "support/disk_tree.h"

namespace foldersync {

class PairOfFolders : public testing::Test {
 protected:
  PairOfFolders() {
    plant({{".", directory()},
           {"source", directory()},
           {"source/sub", directory()},
           {"replica", directory()},
           {"into-replica", symlink("replica")}},
          scratch_.path());
  }

  Roots roots() {
    return open_roots(fs_, FolderOptions{scratch_ / "source", scratch_ / "replica"}).value();
  }

  ScratchFolder scratch_;
  FileSystem& fs_ = posix_file_system();
};

}  // namespace foldersync
