// What is confined stays so: each claim is made by a process of its own.
#include "fs/landlock.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fs/fd.h"
#include "support/disk_tree.h"

namespace foldersync {
namespace {

TEST(LandlockRights, BelowVersion2ThereAreNone) {
  for (const int version : {0, 1}) {
    const LandlockRights rights = landlock_rights(version);
    EXPECT_EQ(rights.files | rights.network | rights.processes, 0U) << version;
  }
}

TEST(LandlockRights, ReadingIsNeverTakenAndRenamingBetweenFoldersIsKnown) {
  for (const int version : {2, 3, 4, 5, 6, 7, 100}) {
    const std::uint64_t files = landlock_rights(version).files;
    EXPECT_EQ(files & (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR), 0U);
    EXPECT_NE(files & LANDLOCK_ACCESS_FS_REFER, 0U);
  }
}

// A kernel refuses a ruleset that has more than it knows.
TEST(LandlockRights, EachVersionHasWhatItsKernelKnows) {
  EXPECT_EQ(landlock_rights(2).files >> 14U, 0U);
  EXPECT_EQ(landlock_rights(3).files >> 14U, 1U);
  EXPECT_EQ(landlock_rights(5).files >> 14U, 3U);
  EXPECT_EQ(landlock_rights(3).network, 0U);
  EXPECT_EQ(landlock_rights(4).network, 3U);
  EXPECT_EQ(landlock_rights(5).processes, 0U);
  EXPECT_EQ(landlock_rights(6).processes, 3U);
}

class Landlock : public testing::Test {
 protected:
  void SetUp() override {
    const auto version = landlock_version();
    if (!version || *version < 2) GTEST_SKIP() << "this kernel has no Landlock of version 2";
    version_ = *version;
    for (const char* name : {"a", "b", "outside"}) {
      ASSERT_EQ(::mkdir((scratch_ / name).c_str(), 0700), 0);
      ASSERT_EQ(::mkdir(at(name, "folder").c_str(), 0700), 0);
      ASSERT_EQ(::mkdir(at(name, "folder3").c_str(), 0700), 0);
      ASSERT_TRUE(Fd(::open(at(name, "old").c_str(), O_CREAT | O_WRONLY, 0600)).is_open());
    }
  }

  [[nodiscard]] std::string at(const std::string& folder, const std::string& name) const {
    return scratch_ / (folder + "/" + name);
  }
  [[nodiscard]] Fd folder(const std::string& name) const {
    return Fd(::open((scratch_ / name).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }

  // What `act` leaves in errno in a process that may write in `places` only; 0 where it succeeds.
  static int error_of(const std::vector<WritablePlace>& places, int version,
                      const std::function<bool()>& act) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      if (!write_only_in(places, version)) ::_exit(255);
      errno = 0;
      ::_exit(act() ? 0 : errno);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  // With the folders `a` and `b`.
  [[nodiscard]] int error_of(const std::function<bool()>& act) const {
    const Fd a = folder("a");
    const Fd b = folder("b");
    return error_of({{a.get()}, {b.get()}}, version_, act);
  }

  // All that makes, writes, renames or removes something in the folder.
  [[nodiscard]] std::vector<std::pair<std::string, std::function<bool()>>> changes_in(
      const std::string& name) const {
    const std::string old = at(name, "old");
    const std::string fresh = at(name, "new");
    const std::string folder = at(name, "folder");
    return {
        {"open", [=] { return Fd(::open(old.c_str(), O_WRONLY)).is_open(); }},
        {"create", [=] { return Fd(::open(fresh.c_str(), O_CREAT | O_WRONLY, 0600)).is_open(); }},
        {"mkdir", [=] { return ::mkdir((fresh + "d").c_str(), 0700) == 0; }},
        {"symlink", [=] { return ::symlink("x", (fresh + "s").c_str()) == 0; }},
        {"fifo", [=] { return ::mkfifo((fresh + "f").c_str(), 0600) == 0; }},
        {"link", [=] { return ::link(old.c_str(), (fresh + "l").c_str()) == 0; }},
        {"rename", [=] { return ::rename(folder.c_str(), (folder + "2").c_str()) == 0; }},
        {"rmdir", [=] { return ::rmdir((folder + "3").c_str()) == 0; }},
        {"remove", [=] { return ::unlink(old.c_str()) == 0; }}};
  }

  ScratchFolder scratch_;
  int version_ = 0;
};

TEST_F(Landlock, InItsPlacesEverythingCanBeDone) {
  for (const auto& [what, act] : changes_in("a")) EXPECT_EQ(error_of(act), 0) << what;
}

TEST_F(Landlock, ElsewhereNothingCanBeChanged) {
  for (const auto& [what, act] : changes_in("outside")) EXPECT_EQ(error_of(act), EACCES) << what;
  EXPECT_EQ(error_of([&] { return Fd(::open(at("outside", "old").c_str(), O_RDONLY)).is_open(); }),
            0);
}

TEST_F(Landlock, ADirectoryThatIsMovedAwayTakesNoRightsAlong) {
  ASSERT_EQ(::mkdir(at("a", "moved").c_str(), 0700), 0);
  const Fd moved(::open(at("a", "moved").c_str(), O_RDONLY | O_DIRECTORY));
  ASSERT_EQ(::rename(at("a", "moved").c_str(), at("outside", "moved").c_str()), 0);
  EXPECT_EQ(error_of([&] { return ::mkdirat(moved.get(), "x", 0700) == 0; }), EACCES);
}

TEST_F(Landlock, BetweenItsPlacesIsRenamedAndLinked) {
  EXPECT_EQ(error_of([&] { return ::rename(at("a", "old").c_str(), at("b", "new").c_str()) == 0; }),
            0);
  EXPECT_EQ(error_of([&] { return ::link(at("b", "old").c_str(), at("a", "one").c_str()) == 0; }),
            0);
  EXPECT_EQ(error_of([&] {
              const Fd nameless(::open((scratch_ / "a").c_str(), O_TMPFILE | O_WRONLY, 0600));
              const std::string name = "/proc/self/fd/" + std::to_string(nameless.get());
              return ::linkat(AT_FDCWD, name.c_str(), AT_FDCWD, at("b", "two").c_str(),
                              AT_SYMLINK_FOLLOW) == 0;
            }),
            0);
  EXPECT_EQ(
      error_of([&] { return ::rename(at("b", "old").c_str(), at("outside", "old").c_str()) == 0; }),
      EACCES);
}

// What a kernel of version 1 does to each such rename, which is why it is not used there.
TEST_F(Landlock, WithoutTheRightToReferARenameBetweenFoldersCrossesFileSystems) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    std::uint64_t files = LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
    const auto ruleset =
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &files, sizeof files, 0));
    const Fd both(::open(scratch_.path().c_str(), O_PATH));
    const landlock_path_beneath_attr rule{files, both.get()};
    ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    ::syscall(SYS_landlock_restrict_self, ruleset, 0);
    ::_exit(::rename(at("a", "old").c_str(), at("b", "new").c_str()) == 0 ? 0 : errno);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), EXDEV);
}

TEST_F(Landlock, WhereOnlyFilesAreWrittenNothingElseIsMade) {
  const Fd a = folder("a");
  const auto in_a = [&](const std::function<bool()>& act) {
    return error_of({{a.get(), Writable::kFiles}}, version_, act);
  };
  for (const auto& [what, act] : changes_in("a")) {
    const bool is_of_file =
        what == "open" || what == "create" || what == "link" || what == "remove";
    EXPECT_EQ(in_a(act), is_of_file ? 0 : EACCES) << what;
  }
}

TEST_F(Landlock, WhatIsOpenStaysOpen) {
  const Fd log(::open(at("outside", "old").c_str(), O_WRONLY));
  EXPECT_EQ(
      error_of([&] { return ::write(log.get(), "x", 1) == 1 && ::ftruncate(log.get(), 0) == 0; }),
      0);
}

TEST_F(Landlock, NothingIsExecutedAndNobodyIsCalled) {
  EXPECT_EQ(error_of([] {
              ::execl("/bin/true", "true", nullptr);
              return false;
            }),
            EACCES);
  if (version_ < 4) return;
  EXPECT_EQ(error_of([] {
              const Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
              sockaddr_in address{};
              address.sin_family = AF_INET;
              address.sin_port = htons(9);
              address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
              return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                               sizeof address) == 0;
            }),
            EACCES);
}

// Later kernels' rights are not asked of earlier ones, so these rules hold on this one, too.
TEST_F(Landlock, EachEarlierVersionConfines) {
  const Fd a = folder("a");
  for (int version = 2; version <= version_; ++version) {
    const auto in_a = [&](const std::string& name) {
      return error_of({{a.get()}}, version, [&] {
        return ::mkdir(at(name, "d" + std::to_string(version)).c_str(), 0700) == 0;
      });
    };
    EXPECT_EQ(in_a("a"), 0) << version;
    EXPECT_EQ(in_a("outside"), EACCES) << version;
  }
}

}  // namespace
}  // namespace foldersync
