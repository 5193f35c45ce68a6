// Somebody else puts links in the place of directories while a run works on them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include "fault/mirror.h"
#include "fault/others.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

class DirectoryRace : public MirrorTest {
 protected:
  DirectoryRace() {
    plant_source({{".", directory()},
                  {"d", directory()},
                  {"d/created", file("created")},
                  {"d/dir", directory()},
                  {"d/dir/file", file("below")},
                  {"d/secret", file("not the one outside")},
                  {"d/touched", file("same").at(2000)},
                  {"d/link", symlink("elsewhere")}});
    plant_replica({{".", directory()},
                   {"d", directory()},
                   {"d/secret", file("old")},
                   {"d/deleted", file("goes")},
                   {"d/gone", directory()},
                   {"d/touched", file("same").at(1999)},
                   {"d/link", symlink("nowhere")}});
  }

  // Moves the directory away and puts a link to the folder outside in its place.
  void swap_for_link(const std::string& path) const {
    ASSERT_EQ(::rename(path.c_str(), (scratch_ / "moved").c_str()), 0);
    ASSERT_EQ(::symlink(outside_.c_str(), path.c_str()), 0);
  }

  // At each moment of the run swaps `d` in `root`; what follows is checked by `check`.
  void swap_at_each_call(const std::string& root, const std::function<void()>& check) {
    const Tree source = read_tree(source_);
    const Tree replica = read_tree(replica_);
    FaultyFileSystem calm;
    EXPECT_TRUE(run(calm).is_success());
    for (std::uint64_t nth = 1; nth <= calm.calls() && !HasFailure(); ++nth) {
      for (const std::string& path : {source_, replica_, scratch_ / "moved"}) remove_tree(path);
      plant_source(source);
      plant_replica(replica);
      FaultyFileSystem fs;
      fs.intercept(act_before([=](const CallInfo& info) { return info.number == nth; },
                              [&] { swap_for_link(join(root, "d")); }));
      run(fs);
      SCOPED_TRACE("swapped before call " + std::to_string(nth));
      EXPECT_THAT(tree_differences(outside_before_, read_tree(outside_)), IsEmpty());
      check();
    }
  }
};

TEST_F(DirectoryRace, AReplicaDirectoryThatBecomesALinkAtAnyMomentLeadsNowhere) {
  swap_at_each_call(replica_, [] {});
}

TEST_F(DirectoryRace, ASourceDirectoryThatBecomesALinkAtAnyMomentIsNeverRead) {
  swap_at_each_call(source_,
                    [&] { EXPECT_THAT(contents_in(replica_), Not(Contains("secret of others"))); });
}

}  // namespace
}  // namespace foldersync
