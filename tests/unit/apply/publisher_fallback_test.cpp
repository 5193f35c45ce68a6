// File systems that lack a way to rename, and what is done instead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "unit/apply/publisher_fixture.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The errno with which file systems and kernels say that they don't know a flag of rename.
class WithoutAFlag : public PublisherTest, public testing::WithParamInterface<int> {
 protected:
  void lack(RenameMode mode) { fs_.intercept(lack_rename(mode, GetParam())); }
};

INSTANTIATE_TEST_SUITE_P(Of, WithoutAFlag, testing::Values(EINVAL, ENOSYS, EOPNOTSUPP),
                         [](const auto& flag) { return std::string(errno_name(flag.param)); });

TEST_P(WithoutAFlag, CreateGivesAFreeNameByALinkAndSaysSoOnce) {
  lack(RenameMode::kNoReplace);
  EXPECT_EQ(answer(publisher_.create(staged(file("new")), target())), "done");
  EXPECT_EQ(answer(publisher_.create(staged(file("newer")), {home_.get(), "b"})), "done");
  EXPECT_THAT(files(), ElementsAre("home/a=new", "home/b=newer"));
  EXPECT_THAT(observer_.sentences, ElementsAre(HasSubstr("without replacing")));
  EXPECT_EQ(fs_.calls(Call::kMakeLink), 2U);
}

TEST_P(WithoutAFlag, CreateLeavesANameThatIsTakenBeforeTheLink) {
  lack(RenameMode::kNoReplace);
  const StagedPlace ours = staged(file("new"));
  given(file("of others"));
  EXPECT_EQ(answer(publisher_.create(ours, target())), "foreign");
  EXPECT_THAT(files(), ElementsAre("home/a=of others", "staging/1=new"));
}

TEST_P(WithoutAFlag, ReplaceLooksAndRenamesAndSaysSoOnce) {
  lack(RenameMode::kExchange);
  const FileStatus old = given(file("old"));
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "displaced");
  EXPECT_THAT(files(), ElementsAre("home/a=new", "staging/1=old"));
  ASSERT_TRUE(fs_.remove_file(staging_.get(), "1").ok());
  EXPECT_EQ(answer(publisher_.replace(staged(file("newer")), target(), look(target()))),
            "displaced");
  EXPECT_THAT(files(), ElementsAre("home/a=newer", "staging/1=new"));
  EXPECT_THAT(observer_.sentences, ElementsAre(HasSubstr("exchange")));
}

// Whatever fails, the old one is where it was, or kept.
TEST_P(WithoutAFlag, WhatWasPutAsideGoesBackWhereNothingTakesItsPlace) {
  lack(RenameMode::kExchange);
  lack(RenameMode::kNoReplace);
  fs_.intercept(fail_all(Call::kMakeLink, EPERM));
  const FileStatus old = given(file("old"));
  const StagedPlace ours = staged(file("new"));
  int renames = 0;
  fs_.intercept([&](const CallInfo& info) {
    const bool is_ours = info.call == Call::kRename && info.name == ours.name;
    return is_ours && ++renames > 0 ? EIO : 0;
  });
  EXPECT_EQ(answer(publisher_.replace(ours, target(), old)), "EIO");
  EXPECT_THAT(files(), ElementsAre("home/a=old", "staging/1=new"));
}

TEST_P(WithoutAFlag, TakeAwayRenamesAllTheSame) {
  lack(RenameMode::kNoReplace);
  const FileStatus old = given(file("old"));
  EXPECT_EQ(answer(publisher_.take_away(target(), {staging_.get(), "2"}, old)), "displaced");
  EXPECT_THAT(files(), ElementsAre("staging/2=old"));
}

class WithoutNoReplace : public PublisherTest {
 protected:
  WithoutNoReplace() { fs_.intercept(lack_rename(RenameMode::kNoReplace, EINVAL)); }
};

TEST_F(WithoutNoReplace, ADirectoryAppearsByARenameForItCannotBeLinked) {
  const StagedPlace ours = staged(directory());
  EXPECT_EQ(answer(publisher_.create(ours, target())), "done");
  EXPECT_TRUE(same_object(look(target()), ours.made));
}

TEST_F(WithoutNoReplace, ADirectoryLeavesANameThatIsTaken) {
  const StagedPlace ours = staged(directory());
  const FileStatus theirs = given(directory());
  EXPECT_EQ(answer(publisher_.create(ours, target())), "foreign");
  EXPECT_TRUE(same_object(look(target()), theirs));
  EXPECT_TRUE(same_object(look(ours), ours.made));
}

TEST_F(WithoutNoReplace, WithoutLinksAFreeNameIsGivenByARename) {
  fs_.intercept(fail_all(Call::kMakeLink, EPERM));
  EXPECT_EQ(answer(publisher_.create(staged(file("new")), target())), "done");
  EXPECT_THAT(files(), ElementsAre("home/a=new"));
}

TEST_F(WithoutNoReplace, WithoutLinksANameThatIsTakenIsLeft) {
  fs_.intercept(fail_all(Call::kMakeLink, EPERM));
  const StagedPlace ours = staged(file("new"));
  given(file("of others"));
  EXPECT_EQ(answer(publisher_.create(ours, target())), "foreign");
  EXPECT_THAT(files(), ElementsAre("home/a=of others", "staging/1=new"));
}

TEST_F(WithoutNoReplace, WithoutLinksANameThatCannotBeLookedAtIsLeft) {
  fs_.intercept(fail_all(Call::kMakeLink, EPERM));
  fs_.intercept(fail_all(Call::kStatusAt, EIO));
  const StagedPlace ours = staged(file("new"));
  given(file("of others"));
  EXPECT_EQ(answer(publisher_.create(ours, target())), "EIO");
  EXPECT_THAT(files(), ElementsAre("home/a=of others", "staging/1=new"));
}

TEST_F(WithoutNoReplace, WhatIsTakenAwayAndForeignGoesBackAllTheSame) {
  const FileStatus old = given(file("old"));
  before_renames({save("of others")});
  EXPECT_EQ(answer(publisher_.take_away(target(), {staging_.get(), "2"}, old)), "foreign");
  EXPECT_THAT(files(), ElementsAre("home/a=of others"));
}

// As overlay file systems refuse to move a directory of a lower layer.
class WhereDirectoriesStay : public PublisherTest {
 protected:
  WhereDirectoriesStay() { fs_.intercept(lack_rename(RenameMode::kExchange, EXDEV)); }
};

TEST_F(WhereDirectoriesStay, AnEmptyOneIsRemovedWhenNothingNearerIsLeftToStageIn) {
  const FileStatus old = given(directory());
  StagedPlace ours = staged(file("new"));
  EXPECT_EQ(answer(publisher_.replace(ours, target(), old)), "EXDEV");
  ours.is_beside_target = true;
  EXPECT_EQ(answer(publisher_.replace(ours, target(), old)), "done");
  EXPECT_THAT(files(), ElementsAre("home/a=new"));
}

TEST_F(WhereDirectoriesStay, OneThatIsNotEmptyIsForeign) {
  const FileStatus old = given(directory());
  write_file(in_home("a/late"), "of others");
  StagedPlace ours = staged(file("new"));
  ours.is_beside_target = true;
  EXPECT_EQ(answer(publisher_.replace(ours, target(), old)), "foreign");
  EXPECT_THAT(files(), ElementsAre("home/a/late=of others", "staging/1=new"));
}

TEST_F(WhereDirectoriesStay, TheErrorOfRemovingIsTold) {
  const FileStatus old = given(directory());
  fs_.intercept(fail_all(Call::kRemoveDirectory, EBUSY));
  StagedPlace ours = staged(file("new"));
  ours.is_beside_target = true;
  EXPECT_EQ(answer(publisher_.replace(ours, target(), old)), "EBUSY");
  EXPECT_TRUE(same_object(look(target()), old));
}

class WithoutExchange : public PublisherTest {
 protected:
  WithoutExchange() { fs_.intercept(lack_rename(RenameMode::kExchange, EINVAL)); }
};

TEST_F(WithoutExchange, AFileThatOthersChangedIsForeign) {
  const FileStatus old = given(file("old"));
  save("of others")();
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "foreign");
  EXPECT_THAT(files(), ElementsAre("home/a=of others", "staging/1=new"));
}

TEST_F(WithoutExchange, AFileThatHasVanishedIsForeign) {
  const FileStatus old = given(file("old"));
  ASSERT_EQ(::unlink(in_home("a").c_str()), 0);
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "foreign");
  EXPECT_THAT(files(), ElementsAre("staging/1=new"));
}

TEST_F(WithoutExchange, AFileThatCannotBeLookedAtIsLeft) {
  const FileStatus old = given(file("old"));
  fs_.intercept(fail_all(Call::kStatusAt, EIO));
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "EIO");
  EXPECT_THAT(files(), ElementsAre("home/a=old", "staging/1=new"));
}

TEST_F(WithoutExchange, AnEmptyDirectoryGivesItsPlaceToAFile) {
  const FileStatus old = given(directory());
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "displaced");
  EXPECT_THAT(files(), ElementsAre("home/a=new"));
}

TEST_F(WithoutExchange, AFilledDirectoryStays) {
  const FileStatus old = given(directory());
  write_file(in_home("a/late"), "of others");
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "foreign");
  EXPECT_THAT(files(), ElementsAre("home/a/late=of others", "staging/1=new"));
}

TEST_F(WithoutExchange, AFileIsMovedAsideForADirectory) {
  const FileStatus old = given(file("old"));
  const StagedPlace ours = staged(directory());
  EXPECT_EQ(answer(publisher_.replace(ours, target(), old)), "displaced");
  EXPECT_TRUE(same_object(look(target()), ours.made));
  EXPECT_THAT(files(), ElementsAre("staging/1=old"));
}

TEST_F(WithoutExchange, AFileThatOthersChangedGoesBackAndNoDirectoryAppears) {
  const FileStatus old = given(file("old"));
  save("of others")();
  EXPECT_EQ(answer(publisher_.replace(staged(directory()), target(), old)), "foreign");
  EXPECT_THAT(files(), ElementsAre("home/a=of others"));
}

TEST_F(WithoutExchange, AFileGoesBackWhereTheDirectoryCannotAppear) {
  const FileStatus old = given(file("old"));
  const StagedPlace ours = staged(directory());
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kRename && info.name == "1" && info.mode == RenameMode::kNoReplace
               ? ENOSPC
               : 0;
  });
  EXPECT_EQ(answer(publisher_.replace(ours, target(), old)), "ENOSPC");
  EXPECT_THAT(files(), ElementsAre("home/a=old"));
  EXPECT_TRUE(same_object(look(ours), ours.made));
}

}  // namespace
}  // namespace foldersync
