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

using testing::AllOf;
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
    AttributeRequest request{fs_, policy_, book_, {fd_.get(), false}, source_, "a/b", xattrs};
    request.extra_mode = extra_mode;
    request.is_private = is_private_;
    request.own_folder = own_folder_;
    return set_attributes(request);
  }

  // The test's own folder is the caller's alone.
  void has_own_folder() {
    folder_ = Fd(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    own_folder_ = folder_.get();
  }

  // Of the entry itself, and not of another one that is asked.
  void refuse_entry(Call call, int error_number) {
    fs_.intercept([=, this](const CallInfo& info) {
      return info.call == call && info.fd == fd_.get() ? error_number : 0;
    });
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  Policy policy_;
  LimitBook book_{{}};
  FileStatus source_;
  Fd fd_;
  bool is_private_ = true;
  Fd folder_;
  int own_folder_ = -1;
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
    failing.intercept(fail_all(call, EIO));
    AttributeRequest request{failing, policy_, book_, {fd_.get(), false}, source_, "a"};
    request.extra_mode = 01000;
    request.is_private = true;
    const auto status = set_attributes(request);
    ASSERT_FALSE(status.ok()) << to_string(call);
    EXPECT_EQ(status.error().error_number, EIO);
  }
  EXPECT_EQ(book_.limits(), FileSystemLimits{});
}

TEST_F(SetAttributes, WhatIsRefusedToEveryObjectIsLearnedAndFailsNothing) {
  has_own_folder();
  for (const bool is_private : {true, false}) {
    is_private_ = is_private;
    for (const int number : {EPERM, EINVAL, ENOTSUP, ENOSYS, EACCES}) {
      for (const Call call : {Call::kSetMode, Call::kSetMtime}) {
        ASSERT_EQ(::chmod((scratch_ / "file").c_str(), 0600), 0);
        FaultyFileSystem refusing;
        refusing.intercept(fail_all(call, number));
        LimitBook book{{}};
        AttributeRequest request{refusing, policy_, book, {fd_.get(), false}, source_, "a/b"};
        request.extra_mode = 01000;
        request.is_private = is_private;
        request.own_folder = own_folder_;
        EXPECT_TRUE(set_attributes(request).ok()) << to_string(call);
        EXPECT_EQ(book.limits().holds_modes, call != Call::kSetMode);
        EXPECT_EQ(book.limits().refuses_times, call == Call::kSetMtime);
        EXPECT_FALSE(book.losses().metadata);
        EXPECT_THAT(book.take_news(), ElementsAre(HasSubstr("'a/b'")));
      }
    }
  }
}

TEST_F(SetAttributes, WhatIsRefusedToOneEntryAloneIsNoLimit) {
  has_own_folder();
  source_.mode = 0600;
  for (const Call call : {Call::kSetMode, Call::kSetMtime}) {
    FaultyFileSystem refusing;
    refusing.intercept([&](const CallInfo& info) {
      return info.call == call && info.fd == fd_.get() ? EPERM : 0;
    });
    LimitBook book{{}};
    AttributeRequest request{refusing, policy_, book, {fd_.get(), false}, source_, "a/b"};
    request.extra_mode = 01000;
    request.own_folder = own_folder_;
    EXPECT_FALSE(set_attributes(request).ok()) << to_string(call);
    EXPECT_FALSE(book.losses().metadata);
    // What was just made is of use all the same.
    request.is_private = true;
    EXPECT_TRUE(set_attributes(request).ok()) << to_string(call);
    EXPECT_TRUE(book.losses().metadata);
    EXPECT_EQ(book.limits(), FileSystemLimits{});
  }
}

TEST_F(SetAttributes, AskingLeavesNoNameAndMovesNoTimeOfTheFolder) {
  has_own_folder();
  const auto before = fs_.status(own_folder_);
  fs_.intercept(fail_all(Call::kSetMtime, EPERM));
  ASSERT_TRUE(set().ok());
  ASSERT_TRUE(book_.limits().refuses_times);
  EXPECT_EQ(fs_.status(own_folder_)->ctime, before->ctime);
}

TEST_F(SetAttributes, WhereNothingIsNamelessTheNameGoesAgain) {
  has_own_folder();
  fs_.intercept(fail_all(Call::kCreateNameless, ENOTSUP));
  fs_.intercept(fail_all(Call::kSetMtime, EPERM));
  ASSERT_TRUE(set().ok());
  EXPECT_TRUE(book_.limits().refuses_times);
  EXPECT_GT(fs_.calls(Call::kRemoveFile), 0U);
  EXPECT_FALSE(fs_.status_at(own_folder_, "probe-1").ok());
}

TEST_F(SetAttributes, OneOwnerThatIsNotTakenIsNoLimitForOthers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives owners";
  has_own_folder();
  source_.uid = 12;
  source_.gid = 13;
  source_.mode = 06775;
  // The entry's and the own object's, twice each, and of the latter the owner alone.
  for (const std::uint64_t nth : {1U, 2U, 3U, 4U, 5U}) {
    fs_.intercept(fail_nth(Call::kSetOwner, nth, EINVAL));
  }
  const auto status = set();
  ASSERT_TRUE(status.ok());
  // By itself the group is taken, and the owner is not; nothing of the owner's rights is left.
  EXPECT_THAT(book_.limits().refused_uids, ElementsAre(12U));
  EXPECT_THAT(book_.limits().refused_gids, IsEmpty());
  EXPECT_TRUE(book_.limits().holds_owners);
  EXPECT_EQ(status->uid, ::geteuid());
  EXPECT_EQ(status->gid, 13U);
  EXPECT_EQ(status->mode, 02775U);
}

TEST_F(SetAttributes, OfOneWhoseGroupIsKnownToBeRefusedTheOwnerIsAskedAll) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives owners";
  has_own_folder();
  source_.uid = 12;
  source_.gid = 13;
  book_.saw_denied_gid(13, "another");
  for (const std::uint64_t nth : {1U, 2U, 3U, 4U, 5U, 6U}) {
    fs_.intercept(fail_nth(Call::kSetOwner, nth, EINVAL));
  }
  ASSERT_TRUE(set().ok());
  EXPECT_THAT(book_.limits().refused_uids, ElementsAre(12U));
  EXPECT_FALSE(book_.losses().metadata);
}

TEST_F(SetAttributes, AnOwnerThatIsRefusedOnceIsALossAndNoLimit) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives owners";
  has_own_folder();
  source_.uid = 12;
  refuse_entry(Call::kSetOwner, EPERM);
  ASSERT_TRUE(set().ok());
  EXPECT_EQ(book_.limits(), FileSystemLimits{});
  EXPECT_TRUE(book_.losses().metadata);
}

TEST_F(SetAttributes, WhatIsRefusedOnceIsTriedOnceMore) {
  has_own_folder();
  fs_.intercept(fail_nth(Call::kSetMtime, 1, EPERM));
  fs_.intercept(fail_nth(Call::kSetMode, 1, EPERM));
  const auto status = set(nullptr, 01000);
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->mode, 01640U);
  EXPECT_EQ(status->mtime, source_.mtime);
  EXPECT_EQ(book_.limits(), FileSystemLimits{});
  EXPECT_FALSE(book_.losses().metadata);
}

TEST_F(SetAttributes, AGroupThatAPlainUserMayNotGiveSaysNothingOfOwners) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root plays a plain user";
  has_own_folder();
  policy_.as_root = false;
  policy_.groups = {0, 12};
  source_.gid = 12;
  fs_.intercept(fail_all(Call::kSetOwner, EPERM));
  ASSERT_TRUE(set().ok());
  EXPECT_TRUE(book_.limits().holds_owners);
  EXPECT_TRUE(book_.limits().refuses_groups);
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
  EXPECT_THAT(book_.take_news(), ElementsAre(AllOf(HasSubstr("extended attributes"),
                                                   HasSubstr("user.note of 'a/b'"))));
  fs_.intercept(fail_nth(Call::kSetXattr, 2, ENOTSUP));
  EXPECT_TRUE(set(&xattrs).ok());
  EXPECT_TRUE(book_.limits().holds_xattrs);
}

}  // namespace
}  // namespace foldersync
