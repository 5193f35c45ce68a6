#include "plan/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include <array>
#include <string>
#include <vector>

namespace foldersync {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr FileTime kTime{1'730'000'000, 123'456'789};

Policy as_root() {
  Policy policy;
  policy.as_root = true;
  return policy;
}

FileStatus status_of(FileType type) {
  FileStatus status;
  status.type = type;
  status.mode = 06755;
  status.uid = 1000;
  status.gid = 100;
  status.size = 5;
  status.mtime = kTime;
  status.rdev = makedev(1, 3);
  status.links = 3;
  status.inode = 17;
  return status;
}

Facts file_facts() {
  Facts facts;
  facts.mode = 0644;
  facts.uid = 0;
  facts.gid = 0;
  facts.size = 5;
  facts.mtime = kTime;
  return facts;
}

Facts directory_facts(std::uint32_t mode) {
  Facts facts;
  facts.type = FileType::kDirectory;
  facts.mode = mode;
  return facts;
}

std::vector<std::string> fields(const Facts& expected, const Facts& found,
                                const FileSystemLimits& limits = {}) {
  std::vector<std::string> result;
  for (const Difference& difference : differences(expected, found, limits)) {
    result.push_back(difference.field);
  }
  return result;
}

TEST(FoundFacts, HoldWhatCountsOfEachType) {
  Facts file = file_facts();
  file.mode = 06755;
  file.uid = 1000;
  file.gid = 100;
  EXPECT_EQ(found_facts(status_of(FileType::kFile), "", as_root()), file);

  Facts directory = file;
  directory.type = FileType::kDirectory;
  directory.size.reset();
  directory.mtime.reset();
  EXPECT_EQ(found_facts(status_of(FileType::kDirectory), "", as_root()), directory);

  Facts symlink = file;
  symlink.type = FileType::kSymlink;
  symlink.size.reset();
  symlink.mode.reset();
  symlink.target = "there\n";
  EXPECT_EQ(found_facts(status_of(FileType::kSymlink), "there\n", as_root()), symlink);

  for (const FileType type : {FileType::kFifo, FileType::kSocket}) {
    Facts special = file;
    special.type = type;
    special.size.reset();
    EXPECT_EQ(found_facts(status_of(type), "", as_root()), special);
  }
  for (const FileType type : {FileType::kCharDevice, FileType::kBlockDevice}) {
    Facts device = file;
    device.type = type;
    device.size.reset();
    device.device = makedev(1, 3);
    EXPECT_EQ(found_facts(status_of(type), "", as_root()), device);
  }
}

TEST(FoundFacts, LeaveOutWhatThePolicyDoesNotMirror) {
  const Facts of_user = found_facts(status_of(FileType::kFile), "", Policy{});
  EXPECT_EQ(of_user.uid, std::nullopt);
  EXPECT_EQ(of_user.gid, std::nullopt);
  EXPECT_EQ(of_user.mode, 06755);  // as it is, not as it should be
  Policy without_modes = as_root();
  without_modes.limits.holds_modes = false;
  EXPECT_EQ(found_facts(status_of(FileType::kFile), "", without_modes).mode, std::nullopt);
}

TEST(WantedFacts, AsRootAreTheSources) {
  const FileStatus source = status_of(FileType::kFile);
  EXPECT_EQ(wanted_facts(source, "", nullptr, as_root()), found_facts(source, "", as_root()));
}

TEST(WantedFacts, MaskSuidAndSgidByTheOwnerThatTheEntryWillHave) {
  Policy user;
  user.uid = 1000;
  user.gid = 7;
  const FileStatus source = status_of(FileType::kFile);
  EXPECT_EQ(wanted_facts(source, "", nullptr, user).mode, 04755);
  FileStatus replica = source;
  replica.uid = 7;
  EXPECT_EQ(wanted_facts(source, "", &replica, user).mode, 02755);
  replica.uid = 1000;
  EXPECT_EQ(wanted_facts(source, "", &replica, user).mode, 06755);
}

TEST(WantedFacts, MaskSuidAndSgidWhereRootLeavesOwnersAlone) {
  Policy policy = as_root();
  policy.mirrors_owners = false;
  EXPECT_EQ(wanted_facts(status_of(FileType::kFile), "", nullptr, policy).mode, 0755);
}

TEST(AsWanted, KeepsRightsOfItsOwnOnlyOfWhomTheyBelongTo) {
  Policy policy = as_root();
  policy.fields.no_perms = true;
  const FileStatus source = status_of(FileType::kFile);
  FileStatus there = source;
  EXPECT_EQ(as_wanted(source, &there, policy).mode, 06755U);
  there.uid = 7;
  EXPECT_EQ(as_wanted(source, &there, policy).mode, 02755U);
  there.gid = 8;
  EXPECT_EQ(as_wanted(source, &there, policy).mode, 0755U);
  Policy user;
  user.fields = policy.fields;
  user.uid = source.uid;
  user.gid = source.gid;
  there.uid = source.uid;
  const auto kept = kept_by_new(source, there, user);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->mode, 04755U) << "its group becomes the caller's";
  FileStatus others = source;
  others.uid = there.uid = 7;
  EXPECT_EQ(kept_by_new(others, there, user)->mode, 0755U) << "it becomes the caller's";
}

TEST(KeptByNew, IsNothingOfWhatBelongsToAThirdPerson) {
  Policy policy = as_root();
  policy.fields.no_owner = true;
  const FileStatus source = status_of(FileType::kFile);
  FileStatus there = source;
  EXPECT_TRUE(kept_by_new(source, there, policy)) << "the source's owner";
  there.uid = policy.uid;
  EXPECT_TRUE(kept_by_new(source, there, policy)) << "the caller";
  there.uid = 7;
  EXPECT_FALSE(kept_by_new(source, there, policy));
  policy.fields.no_owner = false;
  policy.fields.chown.uid = 7;
  EXPECT_TRUE(kept_by_new(source, there, policy)) << "who gets it";
  policy.as_root = false;
  EXPECT_FALSE(kept_by_new(source, there, policy)) << "who doesn't get it";
  policy.limits.holds_owners = false;
  EXPECT_TRUE(kept_by_new(source, there, policy)) << "everything is somebody's there";
}

TEST(Facts, AGroupIsGivenToOwnFilesByItsMembers) {
  const FileStatus source = status_of(FileType::kFile);
  Policy user;
  user.uid = 7;
  user.gid = 8;
  user.groups = {8, 100};
  FileStatus own = source;
  own.uid = 7;
  own.gid = 8;
  EXPECT_EQ(wanted_group(source, own, user), 100U);
  own.uid = 9;
  EXPECT_EQ(wanted_group(source, own, user), 8U) << "somebody else's";
  own.uid = 7;
  user.groups = {8};
  EXPECT_EQ(wanted_group(source, own, user), 8U) << "no member";
  user.groups = {8, 100};
  user.limits.holds_owners = false;
  EXPECT_EQ(wanted_group(source, own, user), 8U) << "no groups there";
}

TEST(Facts, AnotherGroupGetsNoMoreThanEverybody) {
  FileStatus source = status_of(FileType::kFile);
  FileStatus there = source;
  there.gid = 8;
  for (const auto& [mode, wanted] :
       {std::pair{0660U, 0600U}, {0640U, 0600U}, {0644U, 0644U}, {0664U, 0644U}, {0751U, 0711U}}) {
    source.mode = mode;
    EXPECT_EQ(wanted_mode(source, there, Policy{}), wanted);
    EXPECT_EQ(wanted_mode(source, source, Policy{}), mode);
  }
}

TEST(Facts, OnlyMembersOfItsGroupGiveADirectoryItsBit) {
  FileStatus source = status_of(FileType::kDirectory);
  source.mode = 02775;
  Policy user;
  user.groups = {8};
  FileStatus there = source;
  there.mode = 0775;
  EXPECT_EQ(wanted_mode(source, there, user), 0775U);
  there.mode = 02775;
  EXPECT_EQ(wanted_mode(source, there, user), 02775U) << "it has it";
  there.gid = 8;
  there.mode = 0755;
  EXPECT_EQ(wanted_mode(source, there, user), 02755U) << "of a group that it can't have";
}

TEST(Differences, OfEqualFactsAreNone) {
  EXPECT_THAT(differences(file_facts(), file_facts(), {}), IsEmpty());
}

TEST(Differences, NameEachFieldAndBothValuesAsTheDocumentPrintsThem) {
  Facts found = file_facts();
  found.size = 6;
  found.mtime = FileTime{0, 0};
  found.mode = 04755;
  found.uid = 1000;
  found.gid = 100;
  EXPECT_THAT(differences(file_facts(), found, {}),
              ElementsAre(Difference{"size", "5", "6"},
                          Difference{"mtime", "2024-10-27T03:33:20.123456789Z",
                                     "1970-01-01T00:00:00.000000000Z"},
                          Difference{"mode", "0644", "4755"}, Difference{"uid", "0", "1000"},
                          Difference{"gid", "0", "100"}));
}

TEST(Differences, OfTargetAndDeviceCount) {
  Facts here;
  here.type = FileType::kSymlink;
  here.target = "a";
  Facts there = here;
  there.target = "b";
  EXPECT_THAT(differences(here, there, {}), ElementsAre(Difference{"target", "a", "b"}));
  Facts null;
  null.type = FileType::kCharDevice;
  null.device = makedev(1, 3);
  Facts zero = null;
  zero.device = makedev(1, 5);
  EXPECT_THAT(fields(null, zero), ElementsAre("device"));
}

TEST(Differences, OfTypesHideAllOthers) {
  Facts found = file_facts();
  found.type = FileType::kFifo;
  found.mode = 0600;
  EXPECT_THAT(differences(file_facts(), found, {}),
              ElementsAre(Difference{"type", "file", "fifo"}));
}

TEST(Differences, IgnoreWhatEitherSideDoesNotSay) {
  const Facts bare;
  EXPECT_THAT(fields(file_facts(), bare), IsEmpty());
  EXPECT_THAT(fields(bare, file_facts()), IsEmpty());
}

TEST(Differences, IgnoreContentAndNumberOfNames) {
  Facts found = file_facts();
  found.md5 = Md5{{1}};
  found.links = 2;
  Facts expected = file_facts();
  expected.md5 = Md5{{2}};
  expected.links = 3;
  EXPECT_THAT(fields(expected, found), IsEmpty());
}

TEST(Differences, OfTimesCountAsFarAsTheFileSystemHoldsThem) {
  FileSystemLimits whole_seconds;
  whole_seconds.times.granularity = 1'000'000'000;
  Facts found = file_facts();
  found.mtime = FileTime{kTime.seconds, 0};
  EXPECT_THAT(fields(file_facts(), found, whole_seconds), IsEmpty());
  EXPECT_THAT(fields(file_facts(), found), ElementsAre("mtime"));
  found.mtime = FileTime{kTime.seconds + 1, 0};
  EXPECT_THAT(fields(file_facts(), found, whole_seconds), ElementsAre("mtime"));
}

TEST(Differences, TolerateThatARunOpenedUpADirectory) {
  EXPECT_THAT(fields(directory_facts(0555), directory_facts(0755)), IsEmpty());
  EXPECT_THAT(fields(directory_facts(02050), directory_facts(02750)), IsEmpty());
  EXPECT_THAT(fields(directory_facts(0555), directory_facts(0700)), IsEmpty());
  EXPECT_THAT(fields(directory_facts(0555), directory_facts(0775)), ElementsAre("mode"));
  EXPECT_THAT(fields(directory_facts(0555), directory_facts(0655)), ElementsAre("mode"));
  EXPECT_THAT(fields(directory_facts(0755), directory_facts(0555)), ElementsAre("mode"));
}

TEST(Differences, TolerateThatOfDirectoriesOnly) {
  Facts expected = file_facts();
  expected.mode = 0555;
  Facts found = file_facts();
  found.mode = 0755;
  EXPECT_THAT(fields(expected, found), ElementsAre("mode"));
}

TEST(WantedMode, AnOwnerThatIsNotTakenLeavesNoneOfItsRights) {
  Policy policy = as_root();
  policy.limits.refused_uids = {1000};
  FileStatus there = status_of(FileType::kFile);
  there.uid = 0;
  const FileStatus source = status_of(FileType::kFile);
  EXPECT_EQ(wanted_mode(source, there, policy), 02755U);
  EXPECT_EQ(wanted_group(source, there, policy), 100U);
  policy.limits.refused_uids = {};
  policy.limits.refused_gids = {100};
  there.uid = 1000;
  there.gid = 0;
  EXPECT_EQ(wanted_mode(source, there, policy), 04755U);
  EXPECT_EQ(wanted_group(source, there, policy), 0U);
  there.gid = 100;
  EXPECT_EQ(wanted_mode(source, there, policy), 06755U);
}

TEST(WantedFacts, SayNothingOfIdsAndTimesThatAreNotTaken) {
  Policy policy = as_root();
  const FileStatus source = status_of(FileType::kFile);
  policy.limits.refused_uids = {1000};
  EXPECT_FALSE(wanted_facts(source, {}, nullptr, policy).uid);
  EXPECT_EQ(wanted_facts(source, {}, nullptr, policy).gid, 100U);
  policy.limits.refused_gids = {100};
  EXPECT_FALSE(wanted_facts(source, {}, nullptr, policy).gid);
  policy.limits.refuses_times = true;
  EXPECT_FALSE(wanted_facts(source, {}, nullptr, policy).mtime);
  EXPECT_EQ(found_facts(source, {}, policy).mtime, kTime) << "what is there has one";
}

TEST(Differences, AreNoneInIdsThatAreNotTaken) {
  FileSystemLimits limits;
  Facts expected = file_facts();
  expected.uid = 5;
  expected.gid = 6;
  EXPECT_THAT(fields(expected, file_facts(), limits), ElementsAre("uid", "gid"));
  limits.refused_uids = {5};
  EXPECT_THAT(fields(expected, file_facts(), limits), ElementsAre("gid"));
  limits.refused_gids = {6};
  EXPECT_THAT(fields(expected, file_facts(), limits), IsEmpty());
}

TEST(ModeText, HasFourOctalDigits) {
  EXPECT_EQ(mode_text(0), "0000");
  EXPECT_EQ(mode_text(0755), "0755");
  EXPECT_EQ(mode_text(07777), "7777");
}

}  // namespace
}  // namespace foldersync
