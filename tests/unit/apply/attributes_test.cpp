#include "apply/stage/attributes.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SetAttributes : public testing::Test {
 protected:
  SetAttributes() {
    policy_ = {::geteuid() == 0, true, ::geteuid(), ::getegid(), false, {}};
    source_.mode = 0640;
    source_.mtime = {1234, 567};
    source_.uid = ::geteuid();
    source_.gid = ::getegid();
    write_file(scratch_ / "file", "content");
    fd_ = Fd(::open((scratch_ / "file").c_str(), O_RDONLY | O_CLOEXEC));
    fs_.intercept([this](const CallInfo& info) {
      if (is_changing(info.call)) changes_.emplace_back(to_string(info.call));
      return 0;
    });
  }

  Result<FileStatus> set(const std::vector<Xattr>* xattrs = nullptr, std::uint32_t extra_mode = 0) {
    return set_attributes(
        {fs_, policy_, book_, {fd_.get(), false}, source_, xattrs, extra_mode, is_private_, true});
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  Policy policy_;
  LimitBook book_{{}};
  FileStatus source_;
  Fd fd_;
  bool is_private_ = true;
  std::vector<std::string> changes_;
};

TEST_F(SetAttributes, ReadsBackWhatItHasSet) {
  const auto status = set();
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->mode, 0640U);
  EXPECT_EQ(status->mtime, (FileTime{1234, 567}));
  EXPECT_THAT(book_.take_news(), IsEmpty());
}

TEST_F(SetAttributes, GivesTheOwnerBeforeTheModeSoThatSuidStays) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives owners";
  source_.uid = source_.gid = 12;
  source_.mode = 06755;
  const auto status = set();
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->uid, 12U);
  EXPECT_EQ(status->mode, 06755U);
  EXPECT_THAT(changes_, ElementsAre("set_owner", "set_mode", "set_mtime"));
}

TEST_F(SetAttributes, OfAFileThatHasTheModeAlreadySuidStaysThroughAChangeOfOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives owners";
  ASSERT_EQ(::chmod((scratch_ / "file").c_str(), 04711), 0);
  source_.uid = source_.gid = 12;
  source_.mode = 04711;
  const auto status = set();
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->mode, 04711U);
}

TEST_F(SetAttributes, WhereOwnersAreNotMirroredSuidIsGivenOnlyWithTheSameOwner) {
  policy_.mirrors_owners = false;
  source_.mode = 06755;
  source_.uid = ::geteuid() + 1;
  source_.gid = ::getegid() + 1;
  EXPECT_EQ(set()->mode, 0755U);
  source_.uid = ::geteuid();
  source_.gid = ::getegid();
  EXPECT_EQ(set()->mode, 06755U);
  EXPECT_EQ(fs_.calls(Call::kSetOwner), 0U);
}

TEST_F(SetAttributes, AddsTheExtraBits) { EXPECT_EQ(set(nullptr, 0700)->mode, 0740U); }

TEST_F(SetAttributes, MakesNoCallForWhatIsSoAlready) {
  ASSERT_TRUE(set().ok());
  changes_.clear();
  ASSERT_TRUE(set().ok());
  EXPECT_THAT(changes_, ElementsAre("set_mtime"));
}

TEST_F(SetAttributes, EachCallThatFailsIsAnErrorButForWhatAFileSystemCannotHold) {
  if (::geteuid() == 0) source_.uid = source_.gid = 12;
  for (const Call call : {Call::kStatus, Call::kSetMode, Call::kSetMtime}) {
    FaultyFileSystem failing;
    failing.intercept(fail_all(call, EPERM));
    const auto status = set_attributes(
        {failing, policy_, book_, {fd_.get(), false}, source_, nullptr, 01000, true, true});
    ASSERT_FALSE(status.ok()) << to_string(call);
    EXPECT_EQ(status.error().error_number, EPERM);
  }
}

TEST_F(SetAttributes, OwnersThatCannotBeHeldAreLearnedOfAPrivateFileOnly) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives owners";
  source_.uid = 12;
  fs_.intercept(fail_all(Call::kSetOwner, EPERM));
  is_private_ = false;
  EXPECT_FALSE(set().ok());
  EXPECT_TRUE(book_.limits().holds_owners);
  is_private_ = true;
  EXPECT_TRUE(set().ok());
  EXPECT_FALSE(book_.limits().holds_owners);
  EXPECT_THAT(book_.take_news(), ElementsAre(HasSubstr("owners")));
}

TEST_F(SetAttributes, AnInputOutputErrorOfAnOwnerIsNoLimit) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives owners";
  source_.uid = 12;
  fs_.intercept(fail_all(Call::kSetOwner, EIO));
  EXPECT_FALSE(set().ok());
  EXPECT_TRUE(book_.limits().holds_owners);
}

TEST_F(SetAttributes, AttributesThatAreRefusedAreToldAndNothingIsConcludedFromIt) {
  if (!holds_user_xattrs(scratch_.path())) GTEST_SKIP() << "no attributes here";
  const std::vector<Xattr> xattrs{{"user.note", {std::byte{1}}}};
  fs_.intercept(fail_nth(Call::kSetXattr, 1, ENOSPC));
  EXPECT_TRUE(set(&xattrs).ok());
  EXPECT_TRUE(book_.limits().holds_xattrs);
  EXPECT_THAT(book_.take_news(), ElementsAre(HasSubstr("extended attributes")));
  fs_.intercept(fail_nth(Call::kSetXattr, 2, ENOTSUP));
  EXPECT_TRUE(set(&xattrs).ok());
  EXPECT_TRUE(book_.limits().holds_xattrs);
}

}  // namespace
}  // namespace foldersync
