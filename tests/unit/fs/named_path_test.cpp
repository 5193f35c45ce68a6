#include "fs/named_path.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "fs/posix_file_system.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

constexpr std::uint32_t kOther = 1001;
constexpr std::uint32_t kThird = 1002;

class NamedPath : public testing::Test {
 protected:
  NamedPath() {
    plant({{".", directory()},
           {"file", file("content")},
           {"folder", directory()},
           {"folder/below", directory()},
           {"link", symlink("folder")},
           {"link-to-link", symlink("link/")},
           {"link-to-file", symlink("file")},
           {"up", symlink("folder/../folder/below/..")},
           {"circle", symlink("circle")},
           {"dangling", symlink("nowhere")},
           {"absolute", symlink(scratch_ / "folder")}},
          scratch_.path());
  }

  Result<NamedPlace> find(const std::string& name, LastLink last = LastLink::kFollow) {
    return find_named(fs_, scratch_ / name, last);
  }
  FileStatus status_of(const std::string& name) {
    const auto top = fs_.open_root(scratch_.path().c_str());
    return fs_.status_at(top->get(), name.c_str()).value();
  }
  static int error_of(const Result<NamedPlace>& place) {
    return place ? 0 : place.error().error_number;
  }
  void give(const std::string& name, std::uint32_t uid) {
    ASSERT_EQ(::lchown((scratch_ / name).c_str(), uid, uid), 0);
  }

  ScratchFolder scratch_;
  FileSystem& fs_ = posix_file_system();
};

class NamedPathOfOthers : public NamedPath {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root has links of others";
  }
};

TEST_F(NamedPath, LeadsWhereTheKernelLeads) {
  for (const std::string name : {"folder", "folder/", "folder/.", "link", "link/.", "link-to-link",
                                 "absolute", "up", "link/below/..", ".//folder"}) {
    const auto place = find(name);
    ASSERT_TRUE(place.ok()) << name;
    EXPECT_TRUE(same_object(*place->status, status_of("folder"))) << name;
    EXPECT_TRUE(open_folder_at(fs_, *place).ok()) << name;
  }
  EXPECT_EQ(find("link-to-file")->name, "file");
  EXPECT_TRUE(find_named(fs_, "/")->status->is_directory());
  EXPECT_TRUE(find_named(fs_, ".")->status->is_directory());
}

TEST_F(NamedPath, TellsOfWhatIsMissingWhereItWouldBe) {
  const auto place = find("link/new/.");
  ASSERT_TRUE(place.ok());
  EXPECT_FALSE(place->status.has_value());
  EXPECT_FALSE(place->through_link);
  EXPECT_EQ(place->name, "new");
  EXPECT_TRUE(same_object(*fs_.status(place->folder.get()), status_of("folder")));
  EXPECT_TRUE(find("dangling")->through_link);
  EXPECT_EQ(error_of(find("nowhere/new")), ENOENT);
  EXPECT_EQ(error_of(find("file/new")), ENOTDIR);
  EXPECT_EQ(error_of(find("file/")), ENOTDIR);
  EXPECT_EQ(error_of(find("circle")), ELOOP);
  EXPECT_EQ(error_of(find_named(fs_, "")), ENOENT);
}

TEST_F(NamedPath, TheLastLinkIsKeptOnRequestUnlessASlashIsBehindIt) {
  EXPECT_EQ(find("link", LastLink::kKeep)->status->type, FileType::kSymlink);
  EXPECT_EQ(find("link/", LastLink::kKeep)->status->type, FileType::kDirectory);
  EXPECT_EQ(find("link/below", LastLink::kKeep)->status->type, FileType::kDirectory);
}

TEST_F(NamedPathOfOthers, AForeignLinkIsFollowedOnlyToWhatBelongsToItsOwner) {
  give("link", kOther);
  const auto refused = find("link");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  for (const std::string& words : {"'" + (scratch_ / "link") + "'", std::string("uid 1001"),
                                   "name '" + (scratch_ / "folder") + "' instead"}) {
    EXPECT_NE(refused.error().detail.find(words), std::string::npos) << refused.error().detail;
  }
  give("folder", kOther);
  EXPECT_TRUE(find("link").ok());
  EXPECT_TRUE(find("link/below").ok()) << "what is below belongs to whom it likes";
  give("folder", kThird);
  EXPECT_FALSE(find("link").ok());
}

TEST_F(NamedPathOfOthers, AForeignLinkIsJudgedWhereverItStands) {
  for (const std::string name : {"link/below", "link/new", "link-to-link", "link/.", "link/.."}) {
    give("link", kOther);
    EXPECT_FALSE(find(name).ok()) << name;
    give("link", 0);
    EXPECT_TRUE(find(name).ok()) << name;
  }
  give("absolute", kOther);
  EXPECT_FALSE(find("absolute").ok());
  give("dangling", kOther);
  EXPECT_FALSE(find("dangling").ok()) << "who made what will be there is not known";
}

TEST_F(NamedPathOfOthers, AForeignLinkThroughALinkOfRootsIsHeldToItsOwnWord) {
  plant_object(symlink("link"), scratch_.path(), "over");
  give("over", kOther);
  EXPECT_FALSE(find("over").ok());
  give("folder", kOther);
  EXPECT_TRUE(find("over").ok());
}

TEST_F(NamedPathOfOthers, TheFirstNameThatOthersCanExchangeIsTold) {
  EXPECT_EQ(find("folder/below")->exchangeable, "");
  give("folder", kOther);
  EXPECT_EQ(find("folder/below")->exchangeable, scratch_ / "folder/below");
  EXPECT_EQ(find("folder/new")->exchangeable, scratch_ / "folder/new");
  EXPECT_EQ(find("folder")->exchangeable, "");
  give("folder", 0);
  ASSERT_EQ(::chmod((scratch_ / "folder").c_str(), 0777), 0);
  EXPECT_EQ(find("link/below/x")->exchangeable, scratch_ / "folder/below");
  ASSERT_EQ(::chmod((scratch_ / "folder").c_str(), 01777), 0);
  EXPECT_EQ(find("link/below/x")->exchangeable, "");
  give("folder/below", kOther);
  EXPECT_EQ(find("link/below")->exchangeable, scratch_ / "folder/below");
}

TEST_F(NamedPath, ADescriptorThatThisProgramWasStartedWithIsTakenAsItIsOpen) {
  const Fd inherited(::open((scratch_ / "folder").c_str(), O_RDONLY));
  for (const std::string folder : {"/proc/self/fd/", "/dev/fd/"}) {
    const std::string name = folder + std::to_string(inherited.get());
    const auto place = find_named(fs_, name);
    ASSERT_TRUE(place.ok()) << name << place.error().detail;
    EXPECT_TRUE(place->is_inherited);
    EXPECT_TRUE(same_object(*place->status, status_of("folder")));
    const auto below = find_named(fs_, name + "/below");
    ASSERT_TRUE(below.ok());
    EXPECT_FALSE(below->is_inherited);
    EXPECT_TRUE(open_folder_at(fs_, *place).ok());
  }
}

TEST_F(NamedPath, ADescriptorOfItsOwnIsNone) {
  const Fd own(::open((scratch_ / "folder").c_str(), O_RDONLY | O_CLOEXEC));
  const auto place = find_named(fs_, "/proc/self/fd/" + std::to_string(own.get()));
  ASSERT_FALSE(place.ok());
  EXPECT_EQ(place.error().code, ErrorCode::kRefused);
}

TEST_F(NamedPath, ALinkOfProcLeadsToWhatIsOpenWhateverItsTextSays) {
  const auto top = find_named(fs_, "/proc/self/root/proc/self/cwd");
  ASSERT_TRUE(top.ok()) << top.error().detail;
  EXPECT_TRUE(same_object(*top->status, *find_named(fs_, ".")->status));
}

// Whoever owns the folder may exchange the name at any moment.
TEST_F(NamedPathOfOthers, AFolderThatIsExchangedWithALinkMeanwhileLeadsNowhereElse) {
  plant_object(symlink("/etc"), scratch_.path(), "planted");
  give("planted", kOther);
  const FileStatus wanted = status_of("folder");
  FaultyFileSystem counting;
  ASSERT_TRUE(find_named(counting, scratch_ / "folder").ok());
  for (std::uint64_t nth = 1; nth <= counting.calls(); ++nth) {
    const auto exchange = [&] {
      ASSERT_EQ(::renameat2(AT_FDCWD, (scratch_ / "folder").c_str(), AT_FDCWD,
                            (scratch_ / "planted").c_str(), RENAME_EXCHANGE),
                0);
    };
    FaultyFileSystem racing;
    racing.intercept(
        act_before([nth](const CallInfo& call) { return call.number == nth; }, exchange));
    const auto place = find_named(racing, scratch_ / "folder");
    EXPECT_TRUE(!place.ok() || same_object(*place->status, wanted)) << nth;
    exchange();
  }
}

TEST_F(NamedPath, AnyCallThatFailsIsAnError) {
  FaultyFileSystem counting;
  ASSERT_TRUE(find_named(counting, scratch_ / "link/below").ok());
  for (std::uint64_t nth = 1; nth <= counting.calls(); ++nth) {
    FaultyFileSystem failing;
    failing.intercept(fail_at(nth, EIO, Lasting::kOnce));
    const auto place = find_named(failing, scratch_ / "link/below");
    EXPECT_TRUE(!place.ok() || failing.first_failure().starts_with("facts"))
        << failing.first_failure();
  }
}

}  // namespace
}  // namespace foldersync
