#include "apply/first_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "fs/posix_file_system.h"
#include "plan/facts.h"
#include "scan/local_tree.h"
#include "support/disk_tree.h"
#include "support/forwarding_file_system.h"
#include "support/kept_keys.h"
#include "unit/apply/warnings.h"

namespace foldersync {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// A disk without a byte, on which somebody puts another file in the place of "d/old" before the
// n-th look at it.
class FullDisk final : public test::ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;
  Result<FileSystemFacts> facts(int) override {
    FileSystemFacts facts;
    facts.free_bytes = free_bytes_;
    return facts;
  }
  Result<FileStatus> status_at(int directory, const char* name) override {
    if (std::string(name) == "old" && --looks_left_ == 0) {
      write_file(file_ + ".new", "of somebody else");
      std::filesystem::rename(file_ + ".new", file_);
    }
    return ForwardingFileSystem::status_at(directory, name);
  }

  std::uint64_t free_bytes_ = 0;
  int looks_left_ = 0;
  std::string file_;
};

class FirstRoomTest : public testing::Test {
 protected:
  FirstRoomTest() {
    for (const char* const folder : {"/source", "/replica", "/replica/d"}) {
      std::filesystem::create_directory(scratch_.path() + folder);
    }
    fs_.file_ = scratch_.path() + "/replica/d/old";
    fill();
    plan_.options.delete_first = true;
  }

  void fill() {
    write_file(fs_.file_, "old");
    std::filesystem::last_write_time(fs_.file_, when_);
    write_file(scratch_.path() + "/replica/other", std::string(2 << 20, 'x'));
  }

  void deletes(const std::string& path, Phase phase = Phase::kClear) {
    const auto status = posix_.status_at(replica_.fd.get(), path.c_str());
    Action action;
    action.phase = phase;
    action.op = Op::kDelete;
    action.path = RelPath(path);
    action.reasons = {Reason::kExtra};
    action.before = found_facts(*status, {}, policy_);
    ASSERT_TRUE(plan_.actions.append(action));
  }

  std::set<std::uint64_t> made(bool atomic = false, std::optional<BackupOrder> backup = {}) {
    const LocalTree source = tree_of(source_);
    const Filter none;
    const LookContext looks{.source = source,
                            .source_root = std::nullopt,
                            .replica = replica_,
                            .options = plan_.options,
                            .policy = policy_,
                            .filter = none};
    auto gone = make_first_room({.fs = fs_,
                                 .source = source_,
                                 .source_tree = source,
                                 .replica = replica_,
                                 .plan = plan_,
                                 .policy = policy_,
                                 .filter = none,
                                 .observer = observer_,
                                 .keys = test::kept_keys(),
                                 .atomic = atomic,
                                 .backup = std::move(backup)},
                                looks, 8);
    EXPECT_TRUE(gone);
    return gone->gone;
  }

  ScratchFolder scratch_;
  FileSystem& posix_ = posix_file_system();
  FullDisk fs_{posix_};
  Policy policy_;
  test::Warnings observer_;
  StoredPlan plan_;
  const std::filesystem::file_time_type when_ = std::filesystem::file_time_type::clock::now();
  Root source_ = open_folder("/source");
  Root replica_ = open_folder("/replica");

 private:
  Root open_folder(const char* name) {
    std::filesystem::create_directory(scratch_.path() + name);
    return open_root(fs_, scratch_.path() + name, "folder").value();
  }
};

TEST_F(FirstRoomTest, IsMadeOfFilesThatGoAsFarAsItIsNeeded) {
  deletes("other");
  deletes("d/old");
  EXPECT_THAT(made(), UnorderedElementsAre(1U));
  EXPECT_TRUE(std::filesystem::exists(fs_.file_)) << "one was enough";
  EXPECT_THAT(observer_.sentences, SizeIs(1));
}

TEST_F(FirstRoomTest, IsNotMadeWhereThereIsSomeNorOfWhatMayNotGoFirst) {
  deletes("other");
  EXPECT_THAT(made(true), IsEmpty()) << "all or nothing";
  BackupOrder order;
  order.folder = scratch_.path();
  EXPECT_THAT(made(false, order), IsEmpty()) << "it stays on the disk";
  fs_.free_bytes_ = 1 << 20;
  EXPECT_THAT(made(), IsEmpty());
  fs_.free_bytes_ = 0;
  plan_.options.delete_first = false;
  EXPECT_THAT(made(), IsEmpty());
  plan_.options.delete_first = true;
  plan_.actions = {};
  deletes("other", Phase::kDelete);
  EXPECT_THAT(made(), IsEmpty());
  EXPECT_THAT(observer_.sentences, IsEmpty());
}

TEST_F(FirstRoomTest, IsNotMadeOfWhatSomebodyPutInItsPlace) {
  deletes("d/old");
  for (int looks = 1;; ++looks) {
    fill();
    fs_.looks_left_ = looks;
    const bool is_gone = !made().empty();
    if (fs_.looks_left_ > 0) {
      EXPECT_TRUE(is_gone) << "nobody came";
      EXPECT_GT(looks, 2) << "it is looked at twice";
      return;
    }
    EXPECT_FALSE(is_gone) << "before look " << looks;
    EXPECT_TRUE(std::filesystem::exists(fs_.file_));
  }
}

TEST_F(FirstRoomTest, IsNotMadeOfWhatHasAnotherName) {
  std::filesystem::create_hard_link(fs_.file_, fs_.file_ + "2");
  deletes("d/old");
  EXPECT_THAT(made(), IsEmpty());
}

}  // namespace
}  // namespace foldersync
