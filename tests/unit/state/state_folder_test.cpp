#include "state/state_folder.h"

#include <gmock/gmock.h>

#include "fs/posix_file_system.h"
#include "state_fixture.h"

namespace foldersync {
namespace {

using testing::HasSubstr;

constexpr uid_t kNobody = 65534;

class StateFolderTest : public StateTest {
 protected:
  [[nodiscard]] StateFolder folder() {
    Result<StateFolder> opened = StateFolder::open(system_, folder_.string());
    EXPECT_TRUE(opened.ok());
    return std::move(*opened);
  }
  // The detail of the refusal, which must be one.
  std::string refusal(const std::string& path) {
    const Result<StateFolder> opened = StateFolder::open(system_, path);
    EXPECT_FALSE(opened.ok());
    if (opened.ok()) return "";
    EXPECT_EQ(opened.error().code, ErrorCode::kState);
    return opened.error().detail;
  }

  FileSystem& system_ = posix_file_system();
};

TEST_F(StateFolderTest, MakesWhatIsMissingForNobodyElseWhateverTheUmask) {
  for (const mode_t mask : {0000U, 0777U}) {
    const mode_t before = ::umask(mask);
    const std::string top = path(std::to_string(mask));
    const Result<StateFolder> opened = StateFolder::open(system_, top + "/b//c/");
    const Status made = opened.ok() ? opened->create("file") : success();
    ::umask(before);
    ASSERT_TRUE(opened.ok());
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(opened->path(), top + "/b/c");
    EXPECT_EQ(mode(top), 0700U);
    EXPECT_EQ(mode(top + "/b/c"), 0700U);
    EXPECT_EQ(mode(top + "/b/c/file"), 0600U);
  }
}

TEST_F(StateFolderTest, LinksOnTheWayAreResolved) {
  ASSERT_TRUE(std::filesystem::create_directory(path("real")));
  ASSERT_EQ(::symlink("real", path("link").c_str()), 0);
  EXPECT_EQ(StateFolder::open(system_, path("link/new"))->path(), path("real/new"));
}

TEST_F(StateFolderTest, AFileInItsPlaceIsAnError) {
  write("file", "");
  refusal(path("file"));
  refusal(path("file/below"));
  refusal("");
}

TEST_F(StateFolderTest, IsRefusedWhereOthersCanWrite) {
  for (const mode_t open_to : {0720U, 0702U}) {
    ASSERT_EQ(::chmod(folder_.c_str(), open_to), 0);
    EXPECT_THAT(refusal(folder_), HasSubstr("others can write"));
  }
}

TEST_F(StateFolderTest, IsRefusedWhereItBelongsToSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  ASSERT_EQ(::chown(folder_.c_str(), kNobody, kNobody), 0);
  EXPECT_THAT(refusal(folder_), HasSubstr("belongs to user 65534"));
}

TEST_F(StateFolderTest, TellsWhatHasAName) {
  write("file", "");
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("file", path("link").c_str()), 0);
  const StateFolder on = folder();
  EXPECT_EQ(*on.look("file"), StateFile::kRegular);
  EXPECT_EQ(*on.look("missing"), StateFile::kMissing);
  EXPECT_EQ(*on.look("fifo"), StateFile::kNotOurs);
  EXPECT_EQ(*on.look("link"), StateFile::kNotOurs);
}

TEST_F(StateFolderTest, AFileThatOthersCouldHaveWrittenIsAnError) {
  write("file", "");
  ASSERT_EQ(::chmod(path("file").c_str(), 0602), 0);
  EXPECT_FALSE(folder().look("file").ok());
  ASSERT_EQ(::chmod(path("file").c_str(), 0644), 0);
  EXPECT_TRUE(folder().look("file").ok());
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown(path("file").c_str(), kNobody, kNobody), 0);
  EXPECT_FALSE(folder().look("file").ok());
}

TEST_F(StateFolderTest, CreatingLeavesAnExistingFileAlone) {
  write("file", "content");
  EXPECT_TRUE(folder().create("file").ok());
  EXPECT_EQ(read("file"), "content");
}

TEST_F(StateFolderTest, SetsAsideUnderTheFirstFreeNumberWithEverythingBesideIt) {
  write("db", "main");
  write("db-wal", "log");
  write("db.corrupt-1", "older");
  EXPECT_EQ(*folder().set_aside("db", {"-wal", "-shm"}), "db.corrupt-2");
  EXPECT_EQ(read("db.corrupt-1"), "older");
  EXPECT_EQ(read("db.corrupt-2"), "main");
  EXPECT_EQ(read("db.corrupt-2-wal"), "log");
  EXPECT_FALSE(exists("db"));
  EXPECT_FALSE(exists("db-wal"));
  EXPECT_FALSE(exists("db.corrupt-2-shm"));
}

}  // namespace
}  // namespace foldersync
