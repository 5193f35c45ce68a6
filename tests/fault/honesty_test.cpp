// What a run says when one of its last or rarest calls fails.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "fault/mirror.h"
#include "support/faulty_file_system.h"
#include "support/kept_keys.h"

namespace foldersync {
namespace {

class Honesty : public MirrorTest {
 protected:
  Honesty() {
    plant_source({{".", directory()},
                  {"becomes-dir", directory()},
                  {"becomes-dir/file", file("inside")},
                  {"updated", file("new bytes")}});
    plant_replica(
        {{".", directory()}, {"becomes-dir", file("was a file")}, {"updated", file("old")}});
  }

  [[nodiscard]] bool staging_is_left() const {
    return std::filesystem::exists(in_replica(std::string(kStagingName)));
  }

  FaultyFileSystem fs_;
};

TEST_F(Honesty, ARunThatCouldNotRemoveItsStagingFolderIsNoSuccess) {
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kRemoveDirectory && info.name == kStagingName ? EIO : 0;
  });
  const MirrorRun whole = run(fs_);
  ASSERT_TRUE(staging_is_left());
  EXPECT_FALSE(whole.is_success());
}

TEST_F(Honesty, ARunThatCouldNotSetTheRootsTimeIsNoSuccess) {
  FaultyFileSystem counting;
  run(counting);
  remove_tree(replica_);
  plant_replica(
      {{".", directory()}, {"becomes-dir", file("was a file")}, {"updated", file("old")}});
  fs_.intercept(fail_nth(Call::kSetMtime, counting.calls(Call::kSetMtime), EIO));
  const MirrorRun whole = run(fs_);
  ASSERT_NE(read_tree(replica_).at(".").mtime, read_tree(source_).at(".").mtime);
  EXPECT_FALSE(whole.is_success());
}

TEST_F(Honesty, AttributesOfADirectoryThatCannotBeReadAreToldOf) {
  if (!holds_user_xattrs(in_source("becomes-dir"))) GTEST_SKIP() << "no attributes here";
  const std::string path = in_source("becomes-dir");
  ASSERT_EQ(::setxattr(path.c_str(), "user.note", "kept", 4, 0), 0);
  MirrorOptions options;
  std::uint64_t planned = 0;
  options.before_apply = [&] { planned = fs_.calls(); };
  bool failed = false;
  fs_.intercept([&](const CallInfo& info) {
    if (planned == 0 || failed || info.call != Call::kOpenDirectory || !info.names("becomes-dir")) {
      return 0;
    }
    failed = true;
    return EMFILE;
  });
  const MirrorRun whole = run(fs_, options);
  ASSERT_TRUE(failed);
  const bool has_it = user_xattrs(in_replica("becomes-dir")).contains("user.note");
  EXPECT_TRUE(has_it || !whole.is_success() || !whole.warnings.empty()) << whole.troubles();
}

// Some file systems tell only then that they could not store it.
TEST_F(Honesty, AnErrorOfClosingIsAnErrorOfTheFile) {
  // Of the files that are staged, and not of the window's record.
  fs_.intercept([](const CallInfo& info) {
    if (info.call != Call::kClose) return 0;
    std::error_code none;
    const auto path =
        std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(info.fd), none).string();
    return path.find("/.sync-txn/0/") != std::string::npos ? EDQUOT : 0;
  });
  const MirrorRun whole = run(fs_);
  EXPECT_EQ(whole.of("updated").outcome, Outcome::kError) << whole.troubles();
  EXPECT_EQ(bytes_of(in_replica("updated")), "old");
  expect_converges();
}

// The look at what the exchange brought out fails, and so does the one after the way back.
TEST_F(Honesty, WhatTheRunMadeItselfIsNeverKeptAsAConflict) {
  bool exchanged = false;
  fs_.intercept([&](const CallInfo& info) {
    exchanged = exchanged || (info.call == Call::kRename && info.names("becomes-dir"));
    return exchanged && info.call == Call::kStatusAt ? EIO : 0;
  });
  const MirrorRun whole = run(fs_);
  EXPECT_EQ(bytes_of(in_replica("becomes-dir")), "was a file");
  EXPECT_FALSE(whole.is_success());
  expect_converges();
  EXPECT_FALSE(staging_is_left());
}

TEST_F(Honesty, AnEmptyConflictFolderGoesWithTheStagingFolder) {
  ASSERT_EQ(::mkdir(in_replica(".sync-txn").c_str(), 0700), 0);
  test::prove_in(replica_);
  ASSERT_EQ(::mkdir(in_replica(".sync-txn/conflict").c_str(), 0700), 0);
  const MirrorRun whole = run(fs_);
  EXPECT_TRUE(whole.is_success()) << whole.troubles();
  EXPECT_FALSE(staging_is_left());
  expect_converges();
}

TEST_F(Honesty, ARunThatCouldNotRemoveItsEmptyConflictFolderIsNoSuccess) {
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kRemoveDirectory && info.name == "conflict" ? EIO : 0;
  });
  const MirrorRun whole = run(fs_);
  EXPECT_FALSE(staging_is_left() && whole.is_success());
}

TEST_F(Honesty, AFailureToPurgeLeavesNoActionUnreported) {
  FaultyFileSystem fs;
  bool exchanged = false;
  fs.intercept([&](const CallInfo& info) {
    exchanged = exchanged || (info.call == Call::kRename && info.names("updated"));
    return exchanged && info.call == Call::kRemoveFile ? EIO : 0;
  });
  const MirrorRun whole = run(fs);
  EXPECT_FALSE(whole.is_success());
  EXPECT_TRUE(whole.has_reported_each_action_once()) << whole.troubles();
  expect_converges();
}

TEST_F(Honesty, AnEarlierConflictIsToldByEveryRun) {
  ASSERT_EQ(::mkdir(in_replica(".sync-txn").c_str(), 0700), 0);
  test::prove_in(replica_);
  ASSERT_EQ(::mkdir(in_replica(".sync-txn/conflict").c_str(), 0700), 0);
  write_file(in_replica(".sync-txn/conflict/1"), "of somebody else");
  EXPECT_FALSE(run().is_success());
  EXPECT_FALSE(run().is_success());
  EXPECT_EQ(bytes_of(in_replica(".sync-txn/conflict/1")), "of somebody else");
}

// No run would know of it: there was no room to write down what is done.
TEST_F(Honesty, WhatTheNextRunWouldRemoveIsToBeSaved) {
  plant({{"gone", directory()}}, replica_);
  const Fd inside(::open(in_replica("gone").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::string displaced;
  fs_.intercept([&](const CallInfo& info) {
    if (info.call == Call::kRename && info.name == "gone") displaced = info.new_name;
    if (displaced.empty() || info.name != displaced) return info.call == Call::kWrite ? ENOSPC : 0;
    if (info.call == Call::kRemoveDirectory) ::mkdirat(inside.get(), "late", 0700);
    const bool is_put_aside = info.call == Call::kRename && info.new_name.starts_with(displaced);
    return is_put_aside ? ENOSPC : 0;
  });
  const MirrorRun full = run(fs_);
  ASSERT_TRUE(full.error);
  EXPECT_THAT(full.error->detail, testing::HasSubstr("save it before the next run"));
}

}  // namespace
}  // namespace foldersync
