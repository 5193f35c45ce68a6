#include "show/advice.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace foldersync {
namespace {

TEST(Advice, WhatTheProgramItselfRefusesIsSaidInsteadOfAnErrorOfTheKernel) {
  EXPECT_EQ(reason_of("enter mount", EXDEV),
            "another file system is mounted there; --cross-mounts enters it");
  EXPECT_EQ(reason_of("rename", EXDEV), "Invalid cross-device link (EXDEV)");
}

TEST(Advice, WhatCanBeDoneFollowsTheWordsOfTheKernel) {
  EXPECT_EQ(reason_of("ftruncate", EFBIG),
            "File too large (EFBIG); larger than a file can be there, or than this process may "
            "make it (ulimit -f): leave it out (--exclude, --max-size)");
  EXPECT_EQ(reason_of("open", EACCES), "Permission denied (EACCES)");
}

}  // namespace
}  // namespace foldersync
