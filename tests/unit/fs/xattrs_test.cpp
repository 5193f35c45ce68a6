#include "fs/xattrs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using Attributes = std::map<std::string, std::string>;

Xattr xattr(std::string name, const std::string& value) {
  Xattr made{std::move(name), {}};
  for (const char byte : value) made.value.push_back(static_cast<std::byte>(byte));
  return made;
}

TEST(MirroredXattrs, AreThoseOfUsersAndAclsAndForRootAlsoThoseOfTheSystem) {
  for (const bool as_root : {false, true}) {
    EXPECT_TRUE(is_mirrored_xattr("user.note", as_root));
    EXPECT_TRUE(is_mirrored_xattr("system.posix_acl_access", as_root));
    EXPECT_TRUE(is_mirrored_xattr("system.posix_acl_default", as_root));
    EXPECT_EQ(is_mirrored_xattr("security.capability", as_root), as_root);
    EXPECT_EQ(is_mirrored_xattr("trusted.anything", as_root), as_root);
    EXPECT_EQ(is_mirrored_xattr("trusted.overlay.opaque", as_root), as_root);
    for (const char* label :
         {"security.selinux", "security.ima", "security.evm", "security.apparmor",
          "trusted.SGI_ACL_FILE", "system.nfs4_acl", "userx.note", "user"}) {
      EXPECT_FALSE(is_mirrored_xattr(label, as_root)) << label;
    }
  }
}

class Xattrs : public testing::Test {
 protected:
  void SetUp() override {
    if (!holds_user_xattrs(scratch_.path())) GTEST_SKIP() << "no attributes here";
    write_file(scratch_ / "file", "content");
    fd_ = Fd(::open((scratch_ / "file").c_str(), O_RDONLY | O_CLOEXEC));
  }

  void give(const std::string& name, const std::string& value) {
    ASSERT_EQ(::fsetxattr(fd_.get(), name.c_str(), value.data(), value.size(), 0), 0);
  }

  [[nodiscard]] Handle handle() const { return {fd_.get(), false}; }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  Fd fd_;
};

TEST_F(Xattrs, AreReadInTheOrderOfTheirNames) {
  give("user.z", "last");
  give("user.a", "");
  give("user.m", std::string("with\0zero", 9));
  const auto read = read_xattrs(fs_, handle(), false);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read,
            (std::vector<Xattr>{xattr("user.a", ""), xattr("user.m", std::string("with\0zero", 9)),
                                xattr("user.z", "last")}));
}

TEST_F(Xattrs, OfALinkLikeEntryAreReadThroughAPathDescriptor) {
  give("user.a", "value");
  const Fd entry(::open((scratch_ / "file").c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  const auto read = read_xattrs(fs_, {entry.get(), true}, false);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, std::vector<Xattr>{xattr("user.a", "value")});
}

TEST_F(Xattrs, MoreNamesThanASmallBufferHoldsAreAllRead) {
  Attributes expected;
  for (int i = 0; i < 12; ++i) {
    const std::string name = "user." + std::string(180, static_cast<char>('a' + i));
    give(name, std::to_string(i));
    expected[name] = std::to_string(i);
  }
  const auto read = read_xattrs(fs_, handle(), false);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->size(), expected.size());
}

TEST_F(Xattrs, AreMadeExactlyTheWantedOnes) {
  give("user.stays", "same");
  give("user.changes", "old");
  give("user.goes", "gone");
  ASSERT_TRUE(write_xattrs(fs_, handle(),
                           {xattr("user.stays", "same"), xattr("user.changes", "new"),
                            xattr("user.comes", "here")},
                           false)
                  .ok());
  EXPECT_EQ(user_xattrs(scratch_ / "file"),
            (Attributes{{"user.stays", "same"}, {"user.changes", "new"}, {"user.comes", "here"}}));
  EXPECT_EQ(fs_.calls(Call::kSetXattr), 2U);
  EXPECT_EQ(fs_.calls(Call::kRemoveXattr), 1U);
}

TEST_F(Xattrs, ThatVanishWhileTheyAreReadAreLeftOut) {
  give("user.a", "stays");
  give("user.b", "vanishes");
  fs_.intercept(act_before(Call::kGetXattr, "user.b",
                           [&] { ASSERT_EQ(::fremovexattr(fd_.get(), "user.b"), 0); }));
  const auto read = read_xattrs(fs_, handle(), false);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, std::vector<Xattr>{xattr("user.a", "stays")});
}

TEST_F(Xattrs, AreNoneWhereTheFileSystemHasNone) {
  fs_.intercept(fail_all(Call::kListXattrs, ENOTSUP));
  const auto read = read_xattrs(fs_, handle(), false);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->empty());
}

TEST_F(Xattrs, OfAKindThatTheFileSystemDoesNotHaveAreUnsupported) {
  give("user.is", "here");
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kGetXattr && info.name.starts_with("system.") ? ENOTSUP : 0;
  });
  const std::vector<Xattr> wanted{xattr("system.posix_acl_access", "an ACL"),
                                  xattr("user.is", "other"), xattr("user.lacks", "")};
  EXPECT_EQ(without_unsupported(fs_, handle(), wanted), (std::vector<Xattr>{wanted[1], wanted[2]}));
}

TEST_F(Xattrs, OfWhichOneIsRefusedAreSetButForThatOne) {
  give("user.locked", "stays");
  give("user.other", "goes");
  fs_.intercept([](const CallInfo& info) {
    if (info.call == Call::kRemoveXattr && info.names("user.locked")) return EPERM;
    return info.call == Call::kSetXattr && info.names("user.first") ? ENOTSUP : 0;
  });
  const Status written =
      write_xattrs(fs_, handle(), {xattr("user.first", "x"), xattr("user.second", "y")}, false);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().error_number, EPERM);
  EXPECT_EQ(user_xattrs(scratch_ / "file"),
            (Attributes{{"user.locked", "stays"}, {"user.second", "y"}}));
}

TEST_F(Xattrs, ThatCannotBeReadOrWrittenAreAnError) {
  for (const Call call :
       {Call::kListXattrs, Call::kGetXattr, Call::kSetXattr, Call::kRemoveXattr}) {
    give("user.a", "value");
    FaultyFileSystem failing;
    failing.intercept(fail_all(call, EIO));
    const Status written = write_xattrs(failing, handle(), {xattr("user.b", "other")}, false);
    ASSERT_FALSE(written.ok()) << to_string(call);
    EXPECT_EQ(written.error().error_number, EIO);
  }
}

}  // namespace
}  // namespace foldersync
