#include "plan/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include <array>
#include <string>

namespace foldersync {
namespace {

constexpr std::array kTypes{FileType::kFile,       FileType::kDirectory, FileType::kSymlink,
                            FileType::kFifo,       FileType::kSocket,    FileType::kCharDevice,
                            FileType::kBlockDevice};
constexpr FileTime kOld{100, 0};
constexpr FileTime kNew{200, 0};
const Comparison kUnchanged{};

Policy as_root() {
  Policy policy;
  policy.as_root = true;
  return policy;
}

// A plain user, the owner of all that seen() gives.
Policy as_user() {
  Policy policy;
  policy.uid = 1000;
  policy.gid = 100;
  return policy;
}

Seen seen(FileType type) {
  Seen result;
  result.status.type = type;
  result.status.mode = 0644;
  result.status.uid = 1000;
  result.status.gid = 100;
  result.status.mtime = kOld;
  if (type == FileType::kFile) result.status.size = 5;
  if (type == FileType::kSymlink) result.target = "there";
  return result;
}

Seen file_at(FileTime mtime, std::uint64_t size = 5) {
  Seen file = seen(FileType::kFile);
  file.status.mtime = mtime;
  file.status.size = size;
  return file;
}

Seen with_mode(Seen entry, std::uint32_t mode) {
  entry.status.mode = mode;
  return entry;
}

Seen owned_by(Seen entry, std::uint32_t uid, std::uint32_t gid) {
  entry.status.uid = uid;
  entry.status.gid = gid;
  return entry;
}

Comparison comparison(const Seen& source, const Seen& replica, const Policy& policy = as_root()) {
  return compare(&source, &replica, policy);
}

TEST(Compare, AsksForContentWhereWholeSecondsMayHideAChangeSinceTheLastLook) {
  constexpr std::int64_t kNow = 1'700'000'000;
  const auto decided = [&](FileTime mtime, FileTime ctime, std::optional<std::int64_t> look) {
    Policy policy = as_root();
    if (look) policy.last_look = FileTime{*look, 0};
    Seen file = file_at(mtime);
    file.status.ctime = ctime;
    Seen other = file_at(mtime);
    other.status.ctime = {kNow, 1};
    const Decision decision = comparison(file, other, policy).decision;
    EXPECT_EQ(comparison(other, file, policy).decision, decision) << "either side";
    return decision;
  };
  EXPECT_EQ(decided({kNow, 0}, {kNow, 0}, kNow), Decision::kContentAsked);
  EXPECT_EQ(decided({kNow, 0}, {kNow, 0}, kNow + 2), Decision::kContentAsked) << "clocks lag";
  EXPECT_EQ(decided({kNow, 0}, {kNow, 0}, kNow + 3), Decision::kUnchanged) << "seen since then";
  EXPECT_EQ(decided({kNow, 0}, {kNow, 0}, std::nullopt), Decision::kUnchanged);
  EXPECT_EQ(decided({kNow, 1}, {kNow, 0}, kNow), Decision::kUnchanged) << "a finer time";
  EXPECT_EQ(decided({kNow, 0}, {kNow, 1}, kNow), Decision::kUnchanged) << "a finer time";
  EXPECT_EQ(decided({kNow - 9, 0}, {kNow, 0}, kNow), Decision::kUnchanged) << "only metadata";
}

// Two files of one size have changed places, or one has changed twice within a second.
TEST(Compare,
     AsksForContentWhereTheReplicaHoldsWholeSecondsAndTheSourceHasChangedSinceTheLastLook) {
  constexpr std::int64_t kNow = 1'700'000'000;
  const auto decided = [&](std::uint32_t granularity, FileTime ctime, FileTime held) {
    Policy policy = as_root();
    policy.last_look = FileTime{kNow, 0};
    policy.limits.times.granularity = granularity;
    Seen file = file_at({kNow - 1000, 5});
    file.status.ctime = ctime;
    return comparison(file, file_at(held), policy).decision;
  };
  constexpr std::uint32_t kSecond = 1'000'000'000;
  EXPECT_EQ(decided(kSecond, {kNow, 7}, {kNow - 1000, 0}), Decision::kContentAsked);
  EXPECT_EQ(decided(kSecond, {kNow - 9, 7}, {kNow - 1000, 0}), Decision::kUnchanged);
  EXPECT_EQ(decided(100, {kNow, 7}, {kNow - 1000, 0}), Decision::kUnchanged) << "fine enough";
}

TEST(Compare, KnowsToAFractionOfASecondWhatOfALocalSourceHasChangedSinceTheLastLook) {
  constexpr FileTime kLook{1'700'000'000, 50'000'000};
  const auto decided = [&](FileTime ctime, bool is_local) {
    Policy policy = as_root();
    policy.last_look = kLook;
    policy.source_is_local = is_local;
    policy.limits.times.granularity = 1'000'000'000;
    Seen file = file_at({kLook.seconds - 1000, 5});
    file.status.ctime = ctime;
    return comparison(file, file_at({kLook.seconds - 1000, 0}), policy).decision;
  };
  EXPECT_EQ(decided({kLook.seconds, 50'000'001}, true), Decision::kContentAsked);
  EXPECT_EQ(decided({kLook.seconds - 1, 950'000'000}, true), Decision::kContentAsked) << "it lags";
  EXPECT_EQ(decided({kLook.seconds - 1, 949'999'999}, true), Decision::kUnchanged);
  EXPECT_EQ(decided({kLook.seconds - 1, 0}, true), Decision::kContentAsked) << "a whole second";
  EXPECT_EQ(decided({kLook.seconds - 1, 949'999'999}, false), Decision::kContentAsked)
      << "by another clock";
}

TEST(Compare, CreatesWhatTheReplicaLacksAndDeletesWhatTheSourceLacks) {
  for (const FileType type : kTypes) {
    const Seen entry = seen(type);
    EXPECT_EQ(compare(&entry, nullptr, as_root()),
              (Comparison{Decision::kCreate, {Reason::kMissing}}));
    EXPECT_EQ(compare(nullptr, &entry, as_root()),
              (Comparison{Decision::kDelete, {Reason::kExtra}}));
  }
}

TEST(Compare, WhereNoTimeCanBeSetContentDecidesAndNothingElseIsDone) {
  Policy policy = as_root();
  policy.limits.refuses_times = true;
  const Comparison asked = comparison(file_at(kNew), file_at(kOld), policy);
  EXPECT_EQ(asked, (Comparison{Decision::kContentAsked, {}}));
  EXPECT_EQ(decide_by_content(asked, true), kUnchanged);
  EXPECT_EQ(decide_by_content(asked, false), (Comparison{Decision::kUpdate, {Reason::kContent}}));
  EXPECT_EQ(comparison(file_at(kOld), file_at(kOld), policy), kUnchanged);
  Seen other = seen(FileType::kDirectory);
  other.status.mtime = kNew;
  EXPECT_EQ(comparison(seen(FileType::kDirectory), other, policy), kUnchanged);
}

TEST(Compare, AnOwnerOrGroupThatIsNotTakenIsNotCompared) {
  Policy policy = as_root();
  const Seen there = owned_by(seen(FileType::kFile), 0, 0);
  policy.limits.refused_uids = {1000};
  EXPECT_EQ(comparison(seen(FileType::kFile), owned_by(there, 0, 100), policy), kUnchanged);
  EXPECT_NE(comparison(seen(FileType::kFile), there, policy), kUnchanged) << "the group is";
  policy.limits.refused_gids = {100};
  EXPECT_EQ(comparison(seen(FileType::kFile), owned_by(there, 1000, 0), policy), kUnchanged);
  EXPECT_NE(comparison(owned_by(seen(FileType::kFile), 5, 5), there, policy), kUnchanged);
}

TEST(IsHiddenByLimits, WhatOnlyTheLimitsMakeEqual) {
  Policy policy = as_root();
  policy.limits.holds_owners = false;
  const Policy unlimited = as_root();
  const FileStatus here = seen(FileType::kFile).status;
  FileStatus there = here;
  EXPECT_FALSE(is_hidden_by_limits(here, there, policy, unlimited));
  there.mode = 0600;
  EXPECT_FALSE(is_hidden_by_limits(here, there, policy, unlimited));
  there.uid = 7;
  EXPECT_TRUE(is_hidden_by_limits(here, there, policy, unlimited));
}

TEST(Compare, ReplacesWhateverHasAnotherTypeAndGivesNoOtherReason) {
  for (const FileType from : kTypes) {
    for (const FileType to : kTypes) {
      Seen replica = owned_by(with_mode(seen(to), 0600), 7, 7);
      replica.status.mtime = kNew;
      if (from == to) continue;
      EXPECT_EQ(comparison(seen(from), replica), (Comparison{Decision::kReplace, {Reason::kType}}))
          << to_string(from) << " for " << to_string(to);
    }
  }
}

TEST(Compare, LeavesTwoEntriesAloneThatAreTheSame) {
  for (const FileType type : kTypes) {
    Seen replica = seen(type);
    replica.status.inode = 17;
    replica.status.device = 3;
    replica.status.ctime = kNew;
    replica.status.blocks = 8;
    EXPECT_EQ(comparison(seen(type), replica), kUnchanged) << to_string(type);
  }
}

TEST(Compare, UpdatesAFileOfAnotherSizeWhateverItsTime) {
  EXPECT_EQ(comparison(file_at(kOld, 5), file_at(kOld, 6)),
            (Comparison{Decision::kUpdate, {Reason::kSize}}));
  EXPECT_EQ(comparison(file_at(kOld, 0), file_at(kNew, 5)),
            (Comparison{Decision::kUpdate, {Reason::kSize, Reason::kMtime}}));
}

TEST(Compare, AsksForContentWhereTheSizeAgreesAndTheTimeDoesNot) {
  EXPECT_EQ(comparison(file_at(kOld), file_at(kNew)),
            (Comparison{Decision::kContentAsked, {Reason::kMtime}}));
  EXPECT_EQ(comparison(file_at(kOld), file_at({100, 1})),
            (Comparison{Decision::kContentAsked, {Reason::kMtime}}));
}

TEST(Compare, NeverAsksForTheContentOfEmptyFiles) {
  EXPECT_EQ(comparison(file_at(kOld, 0), file_at(kNew, 0)),
            (Comparison{Decision::kMetadata, {Reason::kMtime}}));
  Policy checksum = as_root();
  checksum.checksum = true;
  EXPECT_EQ(comparison(file_at(kOld, 0), file_at(kOld, 0), checksum), kUnchanged);
}

TEST(Compare, AsksForTheContentOfEveryFileOfOneSizeWithChecksum) {
  Policy checksum = as_root();
  checksum.checksum = true;
  EXPECT_EQ(comparison(file_at(kOld), file_at(kOld), checksum),
            (Comparison{Decision::kContentAsked, {}}));
  EXPECT_EQ(comparison(with_mode(file_at(kOld), 0600), file_at(kOld), checksum),
            (Comparison{Decision::kContentAsked, {Reason::kMode}}));
  EXPECT_EQ(comparison(file_at(kOld, 5), file_at(kOld, 6), checksum),
            (Comparison{Decision::kUpdate, {Reason::kSize}}));
  for (const FileType type : kTypes) {
    if (type == FileType::kFile) continue;
    EXPECT_EQ(comparison(seen(type), seen(type), checksum), kUnchanged) << to_string(type);
  }
}

TEST(Compare, PutsRightTheTimeOfEverythingThatIsNoFileWithoutReadingIt) {
  for (const FileType type : kTypes) {
    if (type == FileType::kFile) continue;
    Seen replica = seen(type);
    replica.status.mtime = kNew;
    EXPECT_EQ(comparison(seen(type), replica), (Comparison{Decision::kMetadata, {Reason::kMtime}}))
        << to_string(type);
  }
}

TEST(Compare, PutsRightTheModeOfEverythingButSymlinks) {
  for (const FileType type : kTypes) {
    const Comparison expected =
        type == FileType::kSymlink ? kUnchanged : Comparison{Decision::kMetadata, {Reason::kMode}};
    EXPECT_EQ(comparison(with_mode(seen(type), 0600), seen(type)), expected) << to_string(type);
  }
}

TEST(Compare, PutsRightOwnerAndGroupOnlyWhereThePolicyMirrorsThem) {
  Policy unwanted = as_root();
  unwanted.mirrors_owners = false;
  Policy unable = as_root();
  unable.limits.holds_owners = false;
  for (const FileType type : kTypes) {
    for (const Seen& other : {owned_by(seen(type), 7, 100), owned_by(seen(type), 1000, 7)}) {
      const bool is_given_away = type == FileType::kFile && other.status.uid == 7;
      const Decision decision = is_given_away ? Decision::kUpdate : Decision::kMetadata;
      EXPECT_EQ(comparison(other, seen(type)), (Comparison{decision, {Reason::kOwner}}));
      EXPECT_EQ(comparison(other, seen(type), unwanted), kUnchanged);
      EXPECT_EQ(comparison(other, seen(type), unable), kUnchanged);
      EXPECT_EQ(comparison(other, seen(type), as_user()), kUnchanged);
    }
  }
}

TEST(Compare, UpdatesASymlinkToElsewhereAndSaysWhatElseDiffers) {
  Seen replica = seen(FileType::kSymlink);
  replica.target = "There";
  EXPECT_EQ(comparison(seen(FileType::kSymlink), replica),
            (Comparison{Decision::kUpdate, {Reason::kTarget}}));
  replica.status.mtime = kNew;
  replica.status.uid = 7;
  EXPECT_EQ(comparison(seen(FileType::kSymlink), replica),
            (Comparison{Decision::kUpdate, {Reason::kTarget, Reason::kMtime, Reason::kOwner}}));
}

TEST(Compare, DoesNotCompareTheSizesOfSymlinksAndDirectories) {
  for (const FileType type : {FileType::kSymlink, FileType::kDirectory}) {
    Seen replica = seen(type);
    replica.status.size = 4096;
    EXPECT_EQ(comparison(seen(type), replica), kUnchanged) << to_string(type);
  }
}

TEST(Compare, UpdatesADeviceOfAnotherNumberAndIgnoresTheNumberOfAllElse) {
  for (const FileType type : kTypes) {
    const bool is_device = type == FileType::kCharDevice || type == FileType::kBlockDevice;
    Seen source = seen(type);
    Seen replica = seen(type);
    source.status.rdev = makedev(1, 3);
    replica.status.rdev = makedev(1, 5);
    EXPECT_EQ(comparison(source, replica),
              is_device ? (Comparison{Decision::kUpdate, {Reason::kDevice}}) : kUnchanged)
        << to_string(type);
  }
}

TEST(Compare, GivesEveryReasonOfMetadataAtOnce) {
  Seen replica = owned_by(with_mode(seen(FileType::kFifo), 0600), 7, 7);
  replica.status.mtime = kNew;
  EXPECT_EQ(comparison(seen(FileType::kFifo), replica),
            (Comparison{Decision::kMetadata, {Reason::kMtime, Reason::kMode, Reason::kOwner}}));
}

TEST(Compare, ComparesTimesAsTheReplicasFileSystemHoldsThem) {
  Policy coarse = as_root();
  coarse.limits.times.granularity = 1'000'000'000;
  EXPECT_EQ(comparison(file_at({100, 999'999'999}), file_at({100, 0}), coarse), kUnchanged);
  EXPECT_EQ(comparison(file_at({101, 0}), file_at({100, 0}), coarse).decision,
            Decision::kContentAsked);
  Policy fat = as_root();
  fat.limits.times.two_seconds = true;
  EXPECT_EQ(comparison(file_at({101, 5}), file_at({100, 0}), fat), kUnchanged);
  EXPECT_EQ(comparison(file_at({102, 0}), file_at({100, 0}), fat).decision,
            Decision::kContentAsked);
  Policy late = as_root();
  late.limits.times.earliest = FileTime{150, 0};
  EXPECT_EQ(comparison(file_at({100, 0}), file_at({150, 0}), late), kUnchanged);
}

TEST(Compare, DoesNotCompareModesThatTheFileSystemCannotHold) {
  Policy policy = as_root();
  policy.limits.holds_modes = false;
  for (const FileType type : kTypes) {
    EXPECT_EQ(comparison(with_mode(seen(type), 0600), with_mode(seen(type), 0777), policy),
              kUnchanged);
  }
}

struct SpecialBits {
  const char* what;
  std::uint32_t source_uid;
  std::uint32_t source_gid;
  std::uint32_t expected;  // of the source's mode 07755
};

TEST(Compare, AsAPlainUserGivesSuidAndSgidOnlyToTheSameOwner) {
  const std::array<SpecialBits, 4> cases{{
      {"both the same", 1000, 100, 07755},
      {"another owner", 0, 100, 03755},
      {"another group", 1000, 0, 05755},
      {"both others", 0, 0, 01755},
  }};
  for (const SpecialBits& each : cases) {
    const Seen source =
        owned_by(with_mode(seen(FileType::kFile), 07755), each.source_uid, each.source_gid);
    for (const std::uint32_t found : {07755U, 03755U, 05755U, 01755U}) {
      const Comparison expected =
          found == each.expected ? kUnchanged : Comparison{Decision::kUpdate, {Reason::kMode}};
      EXPECT_EQ(comparison(source, with_mode(seen(FileType::kFile), found), as_user()), expected)
          << each.what << ", found " << std::oct << found;
    }
  }
}

TEST(Compare, AsRootGivesSuidAndSgidWithTheOwner) {
  const Seen source = owned_by(with_mode(seen(FileType::kFile), 06755), 0, 0);
  EXPECT_EQ(comparison(source, owned_by(with_mode(seen(FileType::kFile), 06755), 0, 100)),
            (Comparison{Decision::kUpdate, {Reason::kOwner}}));
}

TEST(SettleContent, LeavesOnlyTheMetadataWhereTheContentIsEqual) {
  EXPECT_EQ(decide_by_content({Decision::kContentAsked, {Reason::kMtime, Reason::kMode}}, true),
            (Comparison{Decision::kMetadata, {Reason::kMtime, Reason::kMode}}));
  EXPECT_EQ(decide_by_content({Decision::kContentAsked, {}}, true), kUnchanged);
}

TEST(SettleContent, UpdatesWhereTheContentDiffers) {
  EXPECT_EQ(decide_by_content({Decision::kContentAsked, {Reason::kMtime}}, false),
            (Comparison{Decision::kUpdate, {Reason::kContent, Reason::kMtime}}));
  EXPECT_EQ(decide_by_content({Decision::kContentAsked, {}}, false),
            (Comparison{Decision::kUpdate, {Reason::kContent}}));
}

// Who could write it may still do so, or have done so and set its time.
TEST(Compare, RootWritesAnewWhatSomebodyElseOwns) {
  const Seen theirs = file_at(kOld);
  const Seen roots = owned_by(file_at(kOld), 0, 0);
  EXPECT_EQ(comparison(roots, theirs), (Comparison{Decision::kUpdate, {Reason::kOwner}}));
  EXPECT_EQ(comparison(owned_by(file_at(kNew), 1001, 100), theirs),
            (Comparison{Decision::kUpdate, {Reason::kMtime, Reason::kOwner}}));
  EXPECT_EQ(comparison(theirs, roots), (Comparison{Decision::kMetadata, {Reason::kOwner}}));
  EXPECT_EQ(comparison(owned_by(theirs, 1000, 101), theirs),
            (Comparison{Decision::kMetadata, {Reason::kOwner}}));
  EXPECT_EQ(comparison(owned_by(seen(FileType::kDirectory), 0, 0), seen(FileType::kDirectory)),
            (Comparison{Decision::kMetadata, {Reason::kOwner}}));
  EXPECT_EQ(comparison(roots, theirs, as_user()), kUnchanged);
}

TEST(Compare, RightsToRunAsSomebodyElseComeWithANewFileOnly) {
  const auto with = [](std::uint32_t mode, std::uint32_t gid = 0) {
    return owned_by(with_mode(file_at(kOld), mode), 0, gid);
  };
  EXPECT_EQ(comparison(with(04755), with(0755)), (Comparison{Decision::kUpdate, {Reason::kMode}}));
  EXPECT_EQ(comparison(with(0755), with(02755)), (Comparison{Decision::kUpdate, {Reason::kMode}}));
  EXPECT_EQ(comparison(with(02755, 7), with(02755)),
            (Comparison{Decision::kUpdate, {Reason::kOwner}}));
  EXPECT_EQ(comparison(with_mode(file_at(kNew), 04755), with_mode(file_at(kOld), 04755)),
            (Comparison{Decision::kUpdate, {Reason::kMtime}}));
  EXPECT_EQ(comparison(with(04755), with(04755)), kUnchanged);
  EXPECT_EQ(comparison(with(0750), with(0755)), (Comparison{Decision::kMetadata, {Reason::kMode}}));
  EXPECT_EQ(comparison(with_mode(seen(FileType::kDirectory), 02755), seen(FileType::kDirectory)),
            (Comparison{Decision::kMetadata, {Reason::kMode}}));
}

TEST(MayChangeHands, NothingRunsWithTheRightsOfAnotherThatOthersCouldWrite) {
  struct Case {
    Seen source;
    Seen replica;
    bool may;
  };
  const auto of_root = [](std::uint32_t mode, std::uint32_t gid = 0) {
    return owned_by(with_mode(file_at(kOld), mode), 0, gid);
  };
  const auto of_user = [](std::uint32_t mode, std::uint32_t gid = 100) {
    return owned_by(with_mode(file_at(kOld), mode), 1000, gid);
  };
  for (const Case& one :
       {Case{of_root(04755), of_root(0755), true}, Case{of_root(04755), of_root(0775), false},
        Case{of_root(04755), of_root(0757), false}, Case{of_root(02755, 7), of_root(02775), false},
        Case{of_user(02755, 7), of_user(02755), false}, Case{of_user(04755), of_user(0755), false},
        Case{of_user(04750), of_user(04755), true}}) {
    EXPECT_EQ(may_change_hands(one.source.status, one.replica.status, as_root()), one.may)
        << std::oct << one.source.status.mode << ' ' << one.replica.status.mode;
  }
}

}  // namespace
}  // namespace foldersync
