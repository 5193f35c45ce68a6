#include "apply/stage/record.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "format/json.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kDevice = 0x1234'5678'9abcU;

// Every field that a record keeps, in words.
std::string told(const std::optional<FileStatus>& status) {
  if (!status) return "nothing";
  std::ostringstream text;
  text << to_string(status->type) << ' ' << status->mode << ' ' << status->uid << ' ' << status->gid
       << ' ' << status->size << ' ' << status->inode << ' ' << status->device << ' '
       << status->rdev << ' ' << status->links << ' ' << status->mtime.seconds << '.'
       << status->mtime.nanoseconds;
  return text.str();
}

std::string told(const std::optional<std::vector<Xattr>>& xattrs) {
  if (!xattrs) return "nothing";
  std::string text = "[";
  for (const Xattr& xattr : *xattrs) {
    text += xattr.name + "=";
    for (const std::byte value : xattr.value) text += std::to_string(std::to_integer<int>(value));
    text += ";";
  }
  return text + "]";
}

std::string told(const WindowRecord& record) {
  std::ostringstream text;
  text << record.atomic << record.durable << record.owners << ' ' << record.boot << '\n';
  for (const OpenedUpRecord& opened_up : record.opened_up)
    text << opened_up.path.bytes() << ' ' << opened_up.mode << '\n';
  for (const ActionRecord& action : record.actions) {
    text << action.seq << ' ' << action.is_due << ' ' << action.folder << '\n'
         << told(action.made) << '\n'
         << told(action.old) << '\n'
         << told(action.old_xattrs) << '\n'
         << told(action.new_xattrs) << '\n';
  }
  return text.str();
}

// Records at random, the same ones from the same seed.
class RecordMaker {
 public:
  explicit RecordMaker(unsigned seed) : random_(seed) {}

  WindowRecord make(std::size_t actions) {
    WindowRecord record;
    record.plan = plan(actions);
    record.atomic = chance();
    record.durable = chance();
    record.owners = chance();
    record.boot = bytes(40);
    for (std::size_t i = number(3); i > 0; --i)
      record.opened_up.push_back({RelPath("d" + std::to_string(i)), small()});
    if (chance()) record.opened_up.push_back({RelPath(), 0555});
    for (std::size_t i = 0; i < actions; ++i) {
      record.actions.push_back({1 + number(100'000), chance(), std::to_string(number(9)), status(),
                                status(), xattrs(), xattrs()});
    }
    return record;
  }

 private:
  std::uint64_t number(std::uint64_t limit) { return random_() % limit; }
  bool chance() { return number(2) == 0; }
  std::uint64_t large() { return random_() >> number(64); }
  std::uint32_t small() { return static_cast<std::uint32_t>(large()); }

  std::string bytes(std::uint64_t longest) {
    std::string result(number(longest + 1), ' ');
    for (char& byte : result) byte = static_cast<char>(number(256));
    return result;
  }

  std::optional<FileStatus> status() {
    if (chance()) return std::nullopt;
    FileStatus status;
    status.type = static_cast<FileType>(number(7));
    status.mode = small();
    status.uid = small();
    status.gid = small();
    status.size = large();
    status.inode = large();
    status.device = chance() ? kDevice : large();
    status.rdev = large();
    status.links = small();
    status.mtime = {static_cast<std::int64_t>(random_()), small() % 1'000'000'000U};
    return status;
  }

  std::optional<std::vector<Xattr>> xattrs() {
    if (chance()) return std::nullopt;
    std::vector<Xattr> list;
    for (std::uint64_t left = number(4); left > 0; --left) {
      Xattr xattr{"user." + std::to_string(left), {}};
      for (const char byte : bytes(300)) xattr.value.push_back(static_cast<std::byte>(byte));
      list.push_back(std::move(xattr));
    }
    return list;
  }

  Plan plan(std::size_t actions) {
    Plan plan;
    plan.tool_version = "1";
    plan.plan_id = "019a0d3e-5b80-7c3a-9f21-0123456789ab";
    plan.source = {"/data/src", "uuid:6f0e:2", ""};
    plan.replica = {"/mnt/replica", "", ""};
    for (std::size_t i = 0; i < actions; ++i) {
      Action action;
      action.path = RelPath("n" + std::to_string(10'000 + i) + "\xff\n");
      action.reasons = {Reason::kMissing};
      action.after = Facts{};
      action.after->mode = static_cast<std::uint32_t>(number(0777));
      action.after->size = number(1'000'000);
      action.after->mtime = FileTime{static_cast<std::int64_t>(number(2'000'000'000)), 5};
      count(action, plan.summary);
      plan.actions.push_back(std::move(action));
    }
    return plan;
  }

  std::mt19937_64 random_;
};

class RecordTest : public testing::Test {
 protected:
  RecordTest() : area_(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

  Status write(const WindowRecord& record, bool sync = false) {
    return write_record(fs_, {area_.get(), kDevice, key_}, record, sync);
  }
  Result<WindowRecord> read(std::uint64_t device = kDevice) {
    return read_record(fs_, {area_.get(), device, key_});
  }

  // What reading gives now that one of the files was damaged: the error's code, or "the record"
  // where it is the same as before, or "another one".
  std::string answer(const WindowRecord& record) {
    const auto found = read();
    if (!found)
      return found.error().code == ErrorCode::kInvalidDocument ? "refused" : "another error";
    const bool same = told(*found) == told(record) && found->plan == record.plan;
    return same ? "the record" : "another one";
  }

  [[nodiscard]] std::string file(const std::string& name) const { return scratch_ / name; }

  void overwrite(const std::string& name, const std::string& content) {
    ASSERT_EQ(::unlink(file(name).c_str()), 0);
    const int fd = ::open(file(name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    EXPECT_EQ(::write(fd, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    ::close(fd);
  }

  ScratchFolder scratch_;
  Fd area_;
  FaultyFileSystem fs_;
  StagingKey key_{{7, 7, 7}};
};

TEST_F(RecordTest, ComesBackAsItWasWritten) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const WindowRecord record = RecordMaker(seed).make(seed % 12);
    ASSERT_TRUE(write(record).ok());
    const auto found = read();
    ASSERT_TRUE(found.ok()) << "seed " << seed << ": " << found.error().detail;
    ASSERT_EQ(told(*found), told(record)) << "seed " << seed;
    ASSERT_EQ(found->plan, record.plan) << "seed " << seed;
  }
}

TEST_F(RecordTest, ALargeOneComesBackToo) {
  const WindowRecord record = RecordMaker(1).make(3000);
  ASSERT_TRUE(write(record).ok());
  EXPECT_GT(bytes_of(file("records")).size(), std::size_t{64} << 10U) << "larger than one buffer";
  EXPECT_EQ(answer(record), "the record");
}

TEST_F(RecordTest, TheNameOfAnObjectIsTheNumberOfItsActionInTheWholePlan) {
  WindowRecord record;
  record.actions.resize(2);
  record.actions[0].seq = 41;
  record.actions[1].seq = 7;
  EXPECT_EQ(record.name_of(0), "41");
  EXPECT_EQ(record.name_of(1), "7");
}

TEST_F(RecordTest, CutShortAnywhereItIsRefused) {
  const WindowRecord record = RecordMaker(2).make(3);
  ASSERT_TRUE(write(record).ok());
  for (const std::string name : {"records", "actions"}) {
    const std::string whole = bytes_of(file(name));
    // What closes the document, but for the line's end.
    const std::size_t end = name == "actions" ? whole.size() - 1 : whole.size();
    for (std::size_t length = 0; length < end; ++length) {
      overwrite(name, whole.substr(0, length));
      ASSERT_EQ(answer(record), "refused") << name << ", " << length << " of " << whole.size();
    }
    overwrite(name, whole);
  }
}

TEST_F(RecordTest, ABitThatFlipsMakesNoOtherRecordOfIt) {
  const WindowRecord record = RecordMaker(3).make(3);
  ASSERT_TRUE(write(record).ok());
  for (const std::string name : {"records", "actions"}) {
    const std::string whole = bytes_of(file(name));
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
      overwrite(name, damaged);
      const std::string found = answer(record);
      // A document may be written in more than one way: `\u000a` and `\u000A`, say.
      const bool is_harmless = name == "actions" && found == "the record";
      ASSERT_TRUE(found == "refused" || is_harmless)
          << found << ": " << name << ", byte " << at << ", bit " << at % 8;
    }
    overwrite(name, whole);
  }
}

TEST_F(RecordTest, WhatFollowsItsEndIsRefused) {
  const WindowRecord record = RecordMaker(4).make(2);
  for (const std::string name : {"records", "actions"}) {
    ASSERT_TRUE(write(record).ok());
    overwrite(name, bytes_of(file(name)) + "0");
    EXPECT_EQ(answer(record), "refused") << name;
  }
}

TEST_F(RecordTest, HalvesOfTwoWindowsAreNoRecord) {
  const WindowRecord first = RecordMaker(5).make(2);
  ASSERT_TRUE(write(first).ok());
  const std::string actions = bytes_of(file("actions"));
  const WindowRecord second = RecordMaker(6).make(3);
  ASSERT_TRUE(write(second).ok());
  overwrite("actions", actions);
  EXPECT_EQ(answer(second), "refused");
}

TEST_F(RecordTest, AHalfThatIsMissingIsSaidToBeMissing) {
  for (const char* name : {"records", "actions"}) {
    ASSERT_TRUE(write(RecordMaker(7).make(2)).ok());
    ASSERT_EQ(::unlink(file(name).c_str()), 0);
    EXPECT_EQ(read().error().error_number, ENOENT) << name;
  }
}

TEST_F(RecordTest, WhatLayOnTheAreasDeviceIsTakenToBeOnTodays) {
  WindowRecord record = RecordMaker(8).make(2);
  FileStatus here;
  here.device = kDevice;
  FileStatus elsewhere;
  elsewhere.device = 77;
  record.actions[0].made = here;
  record.actions[0].old = elsewhere;
  record.actions[1].made = elsewhere;
  record.actions[1].old = here;
  ASSERT_TRUE(write(record).ok());
  const auto found = read(kDevice + 1);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->actions[0].made->device, kDevice + 1);
  EXPECT_EQ(found->actions[0].old->device, 77U);
  EXPECT_EQ(found->actions[1].made->device, 77U);
  EXPECT_EQ(found->actions[1].old->device, kDevice + 1);
}

TEST_F(RecordTest, TakesThePlaceOfTheOneBefore) {
  ASSERT_TRUE(write(RecordMaker(9).make(9)).ok());
  const WindowRecord record = RecordMaker(10).make(1);
  ASSERT_TRUE(write(record).ok());
  EXPECT_EQ(answer(record), "the record");
}

TEST_F(RecordTest, IsReadOnlyWithTheKeyThatItWasWrittenWith) {
  const WindowRecord record = RecordMaker(9).make(2);
  ASSERT_TRUE(write(record).ok());
  key_.secret[31] ^= 1U;
  EXPECT_EQ(answer(record), "refused");
}

TEST_F(RecordTest, ActionsOfAnotherWindowAreRefused) {
  const WindowRecord record = RecordMaker(9).make(2);
  ASSERT_TRUE(write(RecordMaker(10).make(2)).ok());
  const std::string others = bytes_of(file("actions"));
  ASSERT_TRUE(write(record).ok());
  overwrite("actions", others);
  EXPECT_EQ(answer(record), "refused");
}

TEST_F(RecordTest, IsForNobodyElse) {
  ASSERT_TRUE(write(RecordMaker(11).make(1)).ok());
  const Tree found = read_tree(scratch_.path());
  EXPECT_EQ(found.at("records").mode, 0600U);
  EXPECT_EQ(found.at("actions").mode, 0600U);
}

TEST_F(RecordTest, BothHalvesAreSyncedWhereThatIsWantedAndElseNone) {
  ASSERT_TRUE(write(RecordMaker(12).make(2), false).ok());
  EXPECT_EQ(fs_.calls(Call::kSync), 0U);
  ASSERT_TRUE(write(RecordMaker(12).make(2), true).ok());
  EXPECT_EQ(fs_.calls(Call::kSync), 2U);
}

TEST_F(RecordTest, IsWholeWhereverWritingItIsSaidToHaveGoneWell) {
  const WindowRecord record = RecordMaker(13).make(4);
  ASSERT_TRUE(write(record, true).ok());
  const std::uint64_t calls = fs_.calls();
  for (std::uint64_t nth = 1; nth <= calls; ++nth) {
    FaultyFileSystem failing;
    failing.intercept(fail_at(nth, ENOSPC, Lasting::kOnce));
    const Status written = write_record(failing, {area_.get(), kDevice, key_}, record, true);
    EXPECT_FALSE(written.ok()) << failing.first_failure() << " is not told";
  }
}

TEST_F(RecordTest, CanBeRemovedMoreThanOnce) {
  ASSERT_TRUE(write(RecordMaker(14).make(1)).ok());
  EXPECT_TRUE(remove_record(fs_, area_.get()).ok());
  EXPECT_TRUE(remove_record(fs_, area_.get()).ok());
  EXPECT_EQ(read_tree(scratch_.path()).size(), 1U) << "the folder alone";
}

class MarkerTest : public RecordTest {
 protected:
  std::string marker() {
    const auto found = read_marker(fs_, area_.get());
    if (!found) return "an error";
    return *found ? file_name(**found) : "none";
  }
  // Names of what lies there.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const auto& [path, entry] : read_tree(scratch_.path())) {
      if (path != ".") list.push_back(path);
    }
    return list;
  }
};

TEST_F(MarkerTest, TakesThePlaceOfTheOneBeforeIt) {
  EXPECT_EQ(marker(), "none");
  ASSERT_TRUE(set_marker(fs_, area_.get(), Marker::kCommit, std::nullopt).ok());
  EXPECT_EQ(marker(), "COMMIT");
  ASSERT_TRUE(set_marker(fs_, area_.get(), Marker::kRollback, Marker::kCommit).ok());
  EXPECT_EQ(marker(), "ROLLBACK");
  ASSERT_TRUE(set_marker(fs_, area_.get(), Marker::kUndone, Marker::kRollback).ok());
  EXPECT_EQ(marker(), "UNDONE");
  EXPECT_THAT(names(), ElementsAre("UNDONE"));
}

TEST_F(MarkerTest, OfSeveralTheOneThatIsFurthestCounts) {
  for (const Marker each : {Marker::kCommit, Marker::kRollback, Marker::kUndone, Marker::kDone}) {
    ASSERT_TRUE(set_marker(fs_, area_.get(), each, std::nullopt).ok());
    EXPECT_EQ(marker(), file_name(each));
  }
}

TEST_F(MarkerTest, ThatCanNotBeLookedForIsAnError) {
  for (std::uint64_t nth = 1; nth <= 3; ++nth) {
    FaultyFileSystem failing;
    failing.intercept(fail_at(nth, EIO, Lasting::kOnce));
    EXPECT_FALSE(read_marker(failing, area_.get()).ok());
  }
}

TEST_F(MarkerTest, ThatCouldNotBeSetIsAnError) {
  FaultyFileSystem failing;
  failing.intercept(fail_at(1, EIO, Lasting::kOnce));
  EXPECT_FALSE(set_marker(failing, area_.get(), Marker::kCommit, std::nullopt).ok());
  EXPECT_THAT(names(), IsEmpty());
}

}  // namespace
}  // namespace foldersync
