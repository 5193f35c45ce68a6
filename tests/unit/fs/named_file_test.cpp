#include "fs/named_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

class NamedFileTest : public testing::Test {
 protected:
  NamedFileTest() { plant({{".", directory()}, {"old", file("old")}}, scratch_.path()); }

  static Status fill(const NewFile& file, const std::string& text) {
    return ::write(file.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size())
               ? success()
               : Status(system_error("write", errno));
  }
  Status make(FileSystem& fs, const std::string& name) {
    auto file = NewFile::begin(fs, scratch_ / name);
    if (!file) return file.error();
    TRY(fill(*file, "new"));
    return file->finish();
  }
  std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const auto& [name, entry] : read_tree(scratch_.path())) {
      if (name != ".") found.push_back(name);
    }
    return found;
  }

  ScratchFolder scratch_;
  FileSystem& fs_ = posix_file_system();
};

TEST_F(NamedFileTest, ANewFileHasNoNameUntilItIsComplete) {
  {
    const auto file = NewFile::begin(fs_, scratch_ / "new");
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(file->temporary(), "");
    ASSERT_TRUE(fill(*file, "half").ok());
    EXPECT_EQ(names(), std::vector<std::string>{"old"});
  }
  EXPECT_EQ(names(), std::vector<std::string>{"old"});
  ASSERT_TRUE(make(fs_, "new").ok());
  ASSERT_TRUE(make(fs_, "old").ok());
  EXPECT_EQ(bytes_of(scratch_ / "new") + bytes_of(scratch_ / "old"), "newnew");
  EXPECT_EQ(names(), (std::vector<std::string>{"new", "old"}));
}

// Else a power cut could leave the old one, or none, of what is said to be written.
TEST_F(NamedFileTest, TheFolderIsSyncedOnceTheFileHasItsName) {
  const auto folder = fs_.open_root(scratch_.path().c_str());
  const auto status = fs_.status(folder->get());
  for (const std::string name : {"new", "old"}) {
    std::string calls;
    FaultyFileSystem watched;
    watched.intercept([&](const CallInfo& info) {
      if (info.call == Call::kGiveName || info.call == Call::kRename) calls += "name ";
      if (info.call != Call::kSync) return 0;
      calls += same_object(*fs_.status(info.fd), *status) ? "folder " : "file ";
      return 0;
    });
    ASSERT_TRUE(make(watched, name).ok());
    EXPECT_TRUE(calls.starts_with("file name ") && calls.ends_with("name folder ")) << calls;
  }
}

TEST_F(NamedFileTest, AFolderThatCanNotBeSyncedByItselfIsWithAllOfItsFileSystem) {
  for (const Call call : {Call::kOpenDirectory, Call::kSync}) {
    FaultyFileSystem unable;
    bool is_synced = false;
    unable.intercept([&](const CallInfo& info) {
      is_synced = is_synced || info.call == Call::kSyncAll;
      const bool is_folder = info.call == Call::kSync && fs_.status(info.fd)->is_directory();
      return info.call == call && (call != Call::kSync || is_folder) ? EINVAL : 0;
    });
    EXPECT_TRUE(make(unable, "new").ok());
    EXPECT_TRUE(is_synced);
  }
  FaultyFileSystem failing;
  failing.intercept([&](const CallInfo& info) {
    return info.call == Call::kSync && fs_.status(info.fd)->is_directory() ? EIO : 0;
  });
  EXPECT_FALSE(make(failing, "newer").ok());
}

TEST_F(NamedFileTest, WhereThereAreNoFilesWithoutANameItHasATemporaryOne) {
  FaultyFileSystem unable;
  unable.intercept(fail_all(Call::kCreateNameless, EOPNOTSUPP));
  {
    const auto file = NewFile::begin(unable, scratch_ / "new");
    ASSERT_TRUE(file.ok());
    EXPECT_NE(file->temporary(), "");
  }
  EXPECT_EQ(names(), std::vector<std::string>{"old"});
  for (const std::string name : {"new", "old"}) ASSERT_TRUE(make(unable, name).ok());
  EXPECT_EQ(names(), (std::vector<std::string>{"new", "old"}));
}

// What is named in the end is what was written, or it is not said to be.
TEST_F(NamedFileTest, ATemporaryNameThatWasExchangedIsNoticed) {
  for (const bool has_nameless : {true, false}) {
    for (const Call when : {Call::kStatusAt, Call::kRename}) {
      plant({{".", directory()}, {"old", file("old")}, {"theirs", file("theirs")}}, scratch_ / "d");
      FaultyFileSystem racing;
      if (!has_nameless) racing.intercept(fail_all(Call::kCreateNameless, EOPNOTSUPP));
      racing.intercept(act_before(
          [when](const CallInfo& call) { return call.call == when && call.number_of_kind == 1; },
          [&] {
            for (const auto& entry : std::filesystem::directory_iterator(scratch_ / "d")) {
              if (entry.path().filename().string().starts_with("old."))
                std::filesystem::rename(scratch_ / "d/theirs", entry.path());
            }
          }));
      const Status made = make(racing, "d/old");
      ASSERT_FALSE(made.ok()) << has_nameless;
      EXPECT_EQ(made.error().code, ErrorCode::kRefused);
      remove_tree(scratch_ / "d");
    }
  }
}

TEST_F(NamedFileTest, WhatIsAppendedToIsARegularFileWithOneName) {
  plant({{".", directory()}, {"pipe", fifo()}, {"link", symlink("../old")}}, scratch_ / "d");
  std::filesystem::create_hard_link(scratch_ / "old", scratch_ / "d/twin");
  for (const std::string name : {"d", "d/pipe", "d/link", "d/twin", "none/new"}) {
    const auto opened = open_to_append(fs_, scratch_ / name);
    ASSERT_FALSE(opened.ok()) << name;
    EXPECT_EQ(opened.error().code, ErrorCode::kRefused);
    EXPECT_NE(opened.error().detail, "");
  }
  for (int times = 0; times < 2; ++times) {
    const auto opened = open_to_append(fs_, scratch_ / "new");
    ASSERT_TRUE(opened.ok());
    EXPECT_NE(::fcntl(opened->get(), F_GETFL) & O_APPEND, 0);
    EXPECT_EQ(::write(opened->get(), "x", 1), 1);
  }
  EXPECT_EQ(bytes_of(scratch_ / "new"), "xx");
}

TEST_F(NamedFileTest, WhatBelongsToSomebodyElseIsNotWrittenTo) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has files of others";
  ASSERT_EQ(::chown((scratch_ / "old").c_str(), 1001, 1001), 0);
  EXPECT_FALSE(open_to_append(fs_, scratch_ / "old").ok());
  EXPECT_FALSE(make(fs_, "old").ok());
  EXPECT_EQ(bytes_of(scratch_ / "old"), "old");
}

TEST_F(NamedFileTest, AFileThatIsExchangedMeanwhileIsNotRead) {
  plant_object(file("theirs"), scratch_.path(), "theirs");
  FaultyFileSystem racing;
  racing.intercept(
      act_before([](const CallInfo& call) { return call.call == Call::kOpenFile; },
                 [&] { std::filesystem::rename(scratch_ / "theirs", scratch_ / "old"); }));
  const auto opened = open_to_read(racing, scratch_ / "old");
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kRefused);
}

TEST_F(NamedFileTest, AnyCallThatFailsLeavesTheOldOneOrAWholeNewOne) {
  for (const bool has_nameless : {true, false}) {
    FaultyFileSystem counting;
    if (!has_nameless) counting.intercept(fail_all(Call::kCreateNameless, EOPNOTSUPP));
    ASSERT_TRUE(make(counting, "old").ok());
    for (std::uint64_t nth = 1; nth <= counting.calls(); ++nth) {
      write_file(scratch_ / "old", "old");
      FaultyFileSystem failing;
      if (!has_nameless) failing.intercept(fail_all(Call::kCreateNameless, EOPNOTSUPP));
      failing.intercept(fail_at(nth, EIO, Lasting::kOnce));
      const std::string after = make(failing, "old").ok() ? "new" : "old";
      const std::string found = bytes_of(scratch_ / "old");
      EXPECT_TRUE(found == after || (found == "new" && nth > 1)) << failing.first_failure();
    }
  }
}

}  // namespace
}  // namespace foldersync
