#include "scan/content.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scan/local_tree.h"
#include "support/counting_file_system.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"
#include "support/unable_file_system.h"

namespace foldersync {
namespace {

Md5 md5_of(const std::string& bytes) {
  Md5Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

class Content : public testing::Test {
 protected:
  Content() : root_(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

  FileToRead look(const std::string& name) {
    const auto status = fs_.status_at(root_.get(), name.c_str());
    EXPECT_TRUE(status.ok()) << name;
    return {&directory_, *names_.insert(name).first, *status};
  }

  // The same file, as another file system shows it.
  static FileToRead in(ReadableDirectory& directory, FileToRead file) {
    file.directory = &directory;
    return file;
  }

  Result<std::optional<Md5>> common(const FileToRead& source, const FileToRead& replica) {
    DirectoryHashes none{CachedTree{}};
    DirectoryHashes none_either{CachedTree{}};
    return judge_.common_md5(source, none, replica, none_either);
  }

  Result<std::optional<Md5>> compare(const std::string& source, const std::string& replica) {
    write_file(scratch_ / "source", source);
    write_file(scratch_ / "replica", replica);
    return common(look("source"), look("replica"));
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  Fd root_;
  std::set<std::string> names_;
  LocalDirectory directory_{fs_, root_.get()};
  ContentJudge judge_;
};

TEST_F(Content, EqualFilesHaveOneHash) {
  for (const std::size_t size :
       {0UL, 1UL, 256 * 1024UL - 1, 256 * 1024UL, 256 * 1024UL + 1, 600'000UL}) {
    const std::string bytes(size, 'q');
    const auto found = compare(bytes, bytes);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(*found, md5_of(bytes)) << size;
  }
}

TEST_F(Content, OneByteAnywhereMakesFilesDiffer) {
  const std::string bytes(600'000, 'q');
  for (const std::size_t at : {0UL, 262'143UL, 262'144UL, 599'999UL}) {
    std::string other = bytes;
    other[at] = 'x';
    const auto found = compare(bytes, other);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(*found, std::nullopt) << at;
  }
  EXPECT_EQ(*compare(bytes, bytes + "x"), std::nullopt);
  EXPECT_EQ(*compare(bytes, bytes.substr(1)), std::nullopt);
}

TEST_F(Content, WhatIsOnlyComparedIsAsEqualAsItsHashSays) {
  for (const std::size_t size : {0UL, 1UL, 262'143UL, 262'144UL, 262'145UL, 600'000UL}) {
    SCOPED_TRACE(size);
    const std::string bytes(size, 'q');
    write_file(scratch_ / "source", bytes);
    write_file(scratch_ / "replica", bytes);
    EXPECT_TRUE(*judge_.hold_same(look("source"), look("replica")));
    write_file(scratch_ / "replica", bytes + "x");
    EXPECT_FALSE(*judge_.hold_same(look("source"), look("replica")));
    if (size == 0) continue;
    std::string other = bytes;
    other.back() = 'x';
    write_file(scratch_ / "replica", other);
    EXPECT_FALSE(*judge_.hold_same(look("source"), look("replica")));
  }
}

TEST_F(Content, SmallEqualFilesAreHashedInABatch) {
  Md5Batch batch;
  DirectoryHashes none{CachedTree{}};
  std::vector<std::string> contents{"", "a", std::string(Md5Batch::kMaxBytes, 'q')};
  for (std::size_t i = 0; i < contents.size(); ++i) {
    write_file(scratch_ / "source", contents[i]);
    write_file(scratch_ / "replica", contents[i]);
    const auto like = judge_.compare(look("source"), none, look("replica"), none, batch);
    ASSERT_TRUE(like.ok());
    EXPECT_TRUE(like->equal);
    EXPECT_EQ(like->in_batch, i);
    EXPECT_EQ(like->md5, std::nullopt);
  }
  const auto digests = batch.finish();
  ASSERT_EQ(digests.size(), contents.size());
  for (std::size_t i = 0; i < contents.size(); ++i) EXPECT_EQ(digests[i], md5_of(contents[i]));
}

TEST_F(Content, WhatDiffersOrIsLargeIsNotForTheBatch) {
  Md5Batch batch;
  DirectoryHashes none{CachedTree{}};
  const std::string large(Md5Batch::kMaxBytes + 1, 'q');
  const auto compared = [&](const std::string& source, const std::string& replica) {
    write_file(scratch_ / "source", source);
    write_file(scratch_ / "replica", replica);
    return *judge_.compare(look("source"), none, look("replica"), none, batch);
  };
  EXPECT_FALSE(compared("one", "two").equal);
  EXPECT_FALSE(compared("one", "four").equal);
  EXPECT_FALSE(compared("", "x").equal);
  const Likeness like = compared(large, large);
  EXPECT_TRUE(like.equal);
  EXPECT_EQ(like.md5, md5_of(large));
  EXPECT_TRUE(batch.is_empty());
}

TEST_F(Content, ASmallFileThatChangesAfterTheLookIsNotTakenForEqual) {
  Md5Batch batch;
  DirectoryHashes none{CachedTree{}};
  for (const std::string name : {"source", "replica"}) {
    write_file(scratch_ / "source", "same");
    write_file(scratch_ / "replica", "same");
    const FileToRead source = look("source");
    const FileToRead replica = look("replica");
    int opened = 0;
    fs_.intercept(act_before(
        [&](const CallInfo& info) {
          opened += info.call == Call::kOpenFile ? 1 : 0;
          return info.call == Call::kRead && opened == (name == "source" ? 1 : 2);
        },
        [&] { write_file(scratch_ / name, "longer than before"); }));
    const auto like = judge_.compare(source, none, replica, none, batch);
    ASSERT_FALSE(like.ok()) << name;
    EXPECT_EQ(like.error().code, ErrorCode::kChanged);
    EXPECT_EQ(judge_.error_was_replica(), name == "replica");
    EXPECT_TRUE(batch.is_empty());
  }
}

TEST_F(Content, ReadingEndsAtTheFirstDifference) {
  ASSERT_TRUE(compare("a" + std::string(2'000'000, 'q'), "b" + std::string(2'000'000, 'q')).ok());
  EXPECT_LE(fs_.calls(Call::kRead), 4U);
}

TEST_F(Content, AFailedReadingLeavesNothingInTheNextHash) {
  write_file(scratch_ / "first", std::string(600'000, 'a'));
  write_file(scratch_ / "second", "b");
  fs_.intercept(fail_nth(Call::kRead, 2, EIO));
  DirectoryHashes none{CachedTree{}};
  const auto failed = judge_.md5(look("first"), none);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().error_number, EIO);
  EXPECT_EQ(*judge_.md5(look("second"), none), md5_of("b"));
}

TEST_F(Content, AnErrorTellsWhoseItIs) {
  write_file(scratch_ / "source", "same");
  write_file(scratch_ / "replica", "same");
  for (const std::string name : {"source", "replica"}) {
    FaultyFileSystem failing;
    failing.intercept([&](const CallInfo& info) {
      return info.call == Call::kOpenFile && info.name == name ? EACCES : 0;
    });
    ContentJudge judge;
    LocalDirectory there(failing, root_.get());
    DirectoryHashes none{CachedTree{}};
    ASSERT_FALSE(
        judge.common_md5(in(there, look("source")), none, in(there, look("replica")), none).ok());
    EXPECT_EQ(judge.error_was_replica(), name == "replica");
  }
}

TEST_F(Content, ReadingErrorsTellWhoseTheyAre) {
  write_file(scratch_ / "source", "same");
  write_file(scratch_ / "replica", "same");
  for (const bool of_replica : {false, true}) {
    FaultyFileSystem failing;
    std::set<int> opened;
    failing.intercept([&](const CallInfo& info) {
      if (info.call != Call::kRead) return 0;
      opened.insert(info.fd);
      // The source is read first.
      const bool is_replica = opened.size() == 2;
      return is_replica == of_replica ? EIO : 0;
    });
    ContentJudge judge;
    LocalDirectory there(failing, root_.get());
    DirectoryHashes none{CachedTree{}};
    ASSERT_FALSE(
        judge.common_md5(in(there, look("source")), none, in(there, look("replica")), none).ok());
    EXPECT_EQ(judge.error_was_replica(), of_replica);
  }
}

TEST_F(Content, AFileThatChangesWhileItIsReadHasNoHash) {
  write_file(scratch_ / "source", std::string(600'000, 'a'));
  const FileToRead seen = look("source");
  fs_.intercept(act_before([](const CallInfo& info) { return info.call == Call::kRead; },
                           [&] { write_file(scratch_ / "source", std::string(600'000, 'b')); }));
  DirectoryHashes none{CachedTree{}};
  const auto found = judge_.md5(seen, none);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::kChanged);
}

TEST_F(Content, FilesOfWhichOneChangesWhileTheyAreComparedAreNotEqual) {
  for (const std::string name : {"source", "replica"}) {
    write_file(scratch_ / "source", "the same bytes");
    write_file(scratch_ / "replica", "the same bytes");
    const FileToRead source = look("source");
    const FileToRead replica = look("replica");
    FaultyFileSystem racing;
    std::uint64_t reads = 0;
    racing.intercept([&](const CallInfo& info) {
      if (info.call == Call::kRead) ++reads;
      // After both were read to their ends.
      if (info.call == Call::kStatus && reads >= 4) write_file(scratch_ / name, "other bytes...");
      return 0;
    });
    ContentJudge judge;
    LocalDirectory there(racing, root_.get());
    DirectoryHashes none{CachedTree{}};
    const auto found = judge.common_md5(in(there, source), none, in(there, replica), none);
    ASSERT_FALSE(found.ok()) << name;
    EXPECT_EQ(found.error().code, ErrorCode::kChanged);
    EXPECT_EQ(judge.error_was_replica(), name == "replica");
  }
}

// Holes with some bytes between them, which are all that is read.
TEST_F(Content, HolesAreHashedWithoutBeingRead) {
  constexpr std::size_t kMiB = std::size_t{1} << 20U;
  std::string bytes(8 * kMiB, '\0');
  bytes[3 * kMiB + 17] = bytes[5 * kMiB] = 'x';
  const auto make = [&](const std::string& name) {
    const Fd file(::open((scratch_ / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    for (const std::size_t at : {3 * kMiB + 17, 5 * kMiB}) {
      ASSERT_EQ(::pwrite(file.get(), "x", 1, static_cast<off_t>(at)), 1);
    }
    ASSERT_EQ(::ftruncate(file.get(), static_cast<off_t>(bytes.size())), 0);
  };
  make("source");
  make("replica");
  if (look("source").status.blocks * 512 >= bytes.size()) GTEST_SKIP() << "no holes here";
  test::CountingFileSystem counting(fs_);
  LocalDirectory there(counting, root_.get());
  ContentJudge judge;
  DirectoryHashes none{CachedTree{}};
  const auto look_aged = [&](const std::string& name) {
    FileToRead file = in(there, look(name));
    file.status.ctime = FileTime{1, 0};
    return file;
  };
  EXPECT_EQ(*judge.md5(look_aged("source"), none), md5_of(bytes));
  EXPECT_LT(counting.calls.bytes_read, kMiB);
  EXPECT_EQ(*judge.common_md5(look_aged("source"), none, look_aged("replica"), none),
            md5_of(bytes));
  EXPECT_LT(counting.calls.bytes_read, 3 * kMiB);
  write_file(scratch_ / "replica", bytes);
  EXPECT_TRUE(*judge.hold_same(look_aged("source"), look_aged("replica"))) << "in one of them only";
  bytes[kMiB] = 'y';
  write_file(scratch_ / "replica", bytes);
  EXPECT_FALSE(*judge.hold_same(look_aged("source"), look_aged("replica")));
}

TEST_F(Content, WhereHolesCantBeToldAllIsRead) {
  const Fd file(::open((scratch_ / "file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::ftruncate(file.get(), 600'000), 0);
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kSeek && info.whence == Seek::kData ? EINVAL : 0;
  });
  DirectoryHashes none{CachedTree{}};
  EXPECT_EQ(*judge_.md5(look("file"), none), md5_of(std::string(600'000, '\0')));
}

// 4 TiB of zeros take hours to hash, and no time to compare.
TEST_F(Content, OfWhatIsAHoleInBothNothingIsReadAndASignalIsHeededInIt) {
  for (const char* name : {"source", "replica"}) {
    const Fd file(::open((scratch_ / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (::ftruncate(file.get(), off_t{1} << 42U) != 0) GTEST_SKIP() << "no such files here";
  }
  EXPECT_TRUE(*judge_.hold_same(look("source"), look("replica")));
  std::atomic<bool> stop{false};
  fs_.intercept([&](const CallInfo& info) {
    if (info.call == Call::kSeek) stop = true;
    return 0;
  });
  ContentJudge judge(&stop);
  DirectoryHashes none{CachedTree{}};
  const auto hashed = judge.md5(look("source"), none);
  ASSERT_FALSE(hashed.ok());
  EXPECT_EQ(hashed.error().code, ErrorCode::kStopped);
  stop = false;
  const auto common = judge.common_md5(look("source"), none, look("replica"), none);
  ASSERT_FALSE(common.ok());
  EXPECT_EQ(common.error().code, ErrorCode::kStopped);
}

TEST_F(Content, AnythingElseUnderTheNameIsNotOpenedForIt) {
  write_file(scratch_ / "file", "looked at");
  const FileToRead seen = look("file");
  ASSERT_EQ(::unlink((scratch_ / "file").c_str()), 0);
  ASSERT_EQ(::mkfifo((scratch_ / "file").c_str(), 0600), 0);
  EXPECT_EQ(open_looked_at(seen, nullptr).error().code, ErrorCode::kChanged);
  ASSERT_EQ(::unlink((scratch_ / "file").c_str()), 0);
  ASSERT_EQ(::symlink("/etc/passwd", (scratch_ / "file").c_str()), 0);
  EXPECT_FALSE(open_looked_at(seen, nullptr).ok());
  ASSERT_EQ(::unlink((scratch_ / "file").c_str()), 0);
  write_file(scratch_ / "file", "looked at");
  EXPECT_EQ(open_looked_at(seen, nullptr).error().code, ErrorCode::kChanged);
}

// A directory on another host: its files can't be opened here, but it hashes them.
class Elsewhere final : public ReadableDirectory, public ContentHasher {
 public:
  explicit Elsewhere(std::string content) : content_(std::move(content)) {}

  Status list(DirectoryNames&) override { return unable(); }
  Result<FileStatus> status(const char*) override { return unable(); }
  Result<std::string> target(const char*) override { return unable(); }
  Result<std::unique_ptr<ReadableEntry>> open(const char*) override { return unable(); }
  Result<std::unique_ptr<ReadableEntry>> open_entry(const char*) override { return unable(); }
  Status make_readable(const char*, const FileStatus&) override { return unable(); }
  bool is_read_only(const char*) override { return false; }
  ContentHasher* hasher() override { return this; }
  Result<FileStatus> status() override { return unable(); }
  Result<std::vector<Xattr>> xattrs(bool) override { return unable(); }
  Result<std::string> file_system_id() override { return unable(); }
  Result<Sharing> sharing() override { return unable(); }

  Result<Md5> md5(const char*, const FileStatus&) override {
    ++asked_;
    return md5_of(content_);
  }

  int asked_ = 0;

 private:
  static Error unable() { return system_error("ask another host", ENOSYS); }

  std::string content_;
};

TEST_F(Content, OfAFileThatIsHashedWhereItLiesOnlyTheHashIsAsked) {
  write_file(scratch_ / "file", "what it holds");
  for (const std::string there : {"what it holds", "what differs."}) {
    SCOPED_TRACE(there);
    const bool is_equal = there == "what it holds";
    Elsewhere elsewhere(there);
    const FileToRead source = look("file");
    const FileToRead replica = in(elsewhere, source);
    DirectoryHashes none{CachedTree{}};
    Md5Batch batch;
    EXPECT_EQ(common(source, replica)->has_value(), is_equal);
    EXPECT_EQ(*judge_.hold_same(source, replica), is_equal);
    EXPECT_EQ(*judge_.hold_same(replica, none, source, none), is_equal);
    EXPECT_EQ(judge_.compare(source, none, replica, none, batch)->equal, is_equal);
    EXPECT_EQ(judge_.md5(replica, none).value(), md5_of(there));
    EXPECT_EQ(judge_.hash(replica, none, batch)->md5, md5_of(there));
    EXPECT_EQ(elsewhere.asked_, 6);
    EXPECT_TRUE(batch.is_empty());
  }
}

// Says of every directory who changes what its file system holds.
class Sharer final : public test::UnableFileSystem {
 public:
  Result<Sharing> sharing(int) override {
    ++times_;
    return answer_;
  }

  Result<Sharing> answer_ = Sharing::kShared;
  int times_ = 0;
};

class CachedContent : public Content {
 protected:
  CachedContent() {
    cache_ = HashCache::in(scratch_ / "state");
    EXPECT_NE(cache_, nullptr);
    write_file(scratch_ / "file", "what it holds");
    // The change time can't be set: rows are put there as a run long after it would have.
    file_ = look("file");
    tree_ = {cache_.get(), cache_->tree("a tree"), file_.status.device, Sharing::kLocal};
  }

  DirectoryHashes hashes() {
    DirectoryHashes made(tree_);
    made.begin("d");
    return made;
  }

  static FileTime later(const FileStatus& status) { return {status.ctime.seconds + 3600, 0}; }

  // The file as if it lay on another file system than the root.
  FileToRead mounted() {
    FileToRead other = in(mount_, file_);
    ++other.status.device;
    return other;
  }

  std::unique_ptr<HashCache> cache_;
  Sharer asked_;
  LocalDirectory mount_{asked_, root_.get()};
  CachedTree tree_;
  FileToRead file_;
};

TEST_F(CachedContent, WhatIsKnownIsNotReadAgain) {
  hashes().remember(file_, md5_of("believed"), later(file_.status));
  DirectoryHashes known = hashes();
  EXPECT_EQ(*judge_.md5(file_, known), md5_of("believed"));
  EXPECT_EQ(fs_.calls(Call::kRead), 0U);
}

TEST_F(CachedContent, WhatIsKnownOfAnotherStateOfTheFileIsOfNoUse) {
  hashes().remember(file_, md5_of("believed"), later(file_.status));
  for (const auto change : {+[](FileStatus& status) { ++status.size; },
                            +[](FileStatus& status) { ++status.mtime.nanoseconds; },
                            +[](FileStatus& status) { ++status.ctime.nanoseconds; },
                            +[](FileStatus& status) { ++status.inode; }}) {
    FileToRead other = file_;
    change(other.status);
    EXPECT_EQ(hashes().find(other), std::nullopt);
  }
  EXPECT_EQ(hashes().find(file_), md5_of("believed"));
}

TEST_F(CachedContent, WhatWasReadTooSoonAfterAChangeIsNotRemembered) {
  DirectoryHashes fresh = hashes();
  EXPECT_EQ(*judge_.md5(file_, fresh), md5_of("what it holds"));
  EXPECT_EQ(hashes().find(file_), std::nullopt);
}

TEST_F(CachedContent, WhatOthersChangeTooIsRememberedAnHourLater) {
  tree_.sharing = Sharing::kShared;
  FileTime read_at = file_.status.ctime;
  read_at.seconds += 3599;
  hashes().remember(file_, md5_of("believed"), read_at);
  EXPECT_EQ(hashes().find(file_), std::nullopt);
  ++read_at.seconds;
  hashes().remember(file_, md5_of("believed"), read_at);
  EXPECT_EQ(hashes().find(file_), md5_of("believed"));
}

TEST_F(CachedContent, WhatMayChangeWithoutANewStampIsNeitherRememberedNorBelieved) {
  hashes().remember(file_, md5_of("believed"), later(file_.status));
  EXPECT_EQ(hashes().find(file_), md5_of("believed"));
  tree_.sharing = Sharing::kUnstamped;
  EXPECT_EQ(hashes().find(file_), std::nullopt);
  hashes().remember(file_, md5_of("newer"), later(file_.status));
  tree_.sharing = Sharing::kLocal;
  EXPECT_EQ(hashes().find(file_), md5_of("believed"));
}

TEST_F(CachedContent, EachOtherDeviceIsAskedWhoChangesWhatItHolds) {
  DirectoryHashes known = hashes();
  EXPECT_EQ(known.find(mounted()), std::nullopt);
  FileTime read_at = file_.status.ctime;
  read_at.seconds += 3599;
  known.remember(mounted(), md5_of("believed"), read_at);
  EXPECT_EQ(known.find(mounted()), std::nullopt);
  ++read_at.seconds;
  known.remember(mounted(), md5_of("believed"), read_at);
  EXPECT_EQ(hashes().find(mounted()), md5_of("believed"));
  EXPECT_EQ(asked_.times_, 2);  // by each of the two
  asked_.answer_ = Sharing::kUnstamped;
  EXPECT_EQ(hashes().find(mounted()), std::nullopt);
  EXPECT_EQ(hashes().find(file_), md5_of("believed"));
}

TEST_F(CachedContent, NothingIsRememberedOfADeviceThatCouldNotBeAsked) {
  asked_.answer_ = system_error("statfs", EIO);
  hashes().remember(mounted(), md5_of("believed"), later(file_.status));
  asked_.answer_ = Sharing::kLocal;
  FileToRead alone = mounted();
  alone.status.mount_root = true;  // its directory lies elsewhere
  hashes().remember(alone, md5_of("believed"), later(file_.status));
  FileToRead without_directory = mounted();
  without_directory.directory = nullptr;
  hashes().remember(without_directory, md5_of("believed"), later(file_.status));
  EXPECT_EQ(hashes().find(mounted()), std::nullopt);
}

TEST_F(CachedContent, AnotherDirectoryKnowsNothingOfIt) {
  DirectoryHashes known = hashes();
  known.remember(file_, md5_of("believed"), later(file_.status));
  known.begin("other");
  EXPECT_EQ(known.find(file_), std::nullopt);
  known.begin("d");
  EXPECT_EQ(known.find(file_), md5_of("believed"));
}

TEST_F(CachedContent, WhereOneSideIsKnownOnlyTheOtherIsRead) {
  write_file(scratch_ / "copy", "what it holds");
  const FileToRead copy = look("copy");
  DirectoryHashes source = hashes();
  source.remember(file_, md5_of("what it holds"), later(file_.status));
  DirectoryHashes known = hashes();
  DirectoryHashes none{CachedTree{}};
  EXPECT_EQ(*judge_.common_md5(file_, known, copy, none), md5_of("what it holds"));
  EXPECT_EQ(fs_.calls(Call::kOpenFile), 1U);
}

TEST_F(CachedContent, WhatIsOnlyComparedIsNotRememberedButUsesWhatIs) {
  write_file(scratch_ / "copy", "what it holds");
  const FileToRead copy = look("copy");
  DirectoryHashes source = hashes();
  DirectoryHashes replica = hashes();
  EXPECT_TRUE(*judge_.hold_same(file_, source, copy, replica));
  EXPECT_EQ(hashes().find(file_), std::nullopt);
  EXPECT_EQ(fs_.calls(Call::kOpenFile), 2U);
  hashes().remember(file_, md5_of("believed"), later(file_.status));
  DirectoryHashes known = hashes();
  EXPECT_FALSE(*judge_.hold_same(file_, known, copy, replica));
  EXPECT_EQ(fs_.calls(Call::kOpenFile), 3U);
}

}  // namespace
}  // namespace foldersync
