#include "apply/steps/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "unit/apply/publisher_fixture.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(PublisherTest, CreateGivesAFreeName) {
  EXPECT_EQ(answer(publisher_.create(staged(file("new")), target())), "done");
  EXPECT_THAT(files(), ElementsAre("home/a=new"));
}

TEST_F(PublisherTest, CreateLeavesANameThatIsTaken) {
  const StagedPlace ours = staged(file("new"));
  given(file("of others"));
  EXPECT_EQ(answer(publisher_.create(ours, target())), "foreign");
  EXPECT_THAT(files(), ElementsAre("home/a=of others", "staging/1=new"));
}

TEST_F(PublisherTest, CreateTellsAnyOtherError) {
  fs_.intercept(fail_all(Call::kRename, ENOSPC));
  EXPECT_EQ(answer(publisher_.create(staged(file("new")), target())), "ENOSPC");
  EXPECT_THAT(files(), ElementsAre("staging/1=new"));
}

TEST_F(PublisherTest, ReplaceExchangesTheTwo) {
  const FileStatus old = given(file("old"));
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "displaced");
  EXPECT_THAT(files(), ElementsAre("home/a=new", "staging/1=old"));
  EXPECT_THAT(observer_.sentences, IsEmpty());
}

TEST_F(PublisherTest, ReplaceExchangesTypesToo) {
  const FileStatus old = given(directory());
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "displaced");
  EXPECT_THAT(files(), ElementsAre("home/a=new"));
  EXPECT_TRUE(same_object(look({staging_.get(), "1"}), old));
}

TEST_F(PublisherTest, ReplacePutsBackWhatIsNotExpected) {
  const FileStatus old = given(file("old"));
  before_renames({save("of others")});
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "foreign");
  EXPECT_THAT(files(), ElementsAre("home/a=of others", "staging/1=new"));
}

TEST_F(PublisherTest, ReplacePutsBackADirectoryThatIsNotEmpty) {
  const FileStatus old = given(directory());
  before_renames({[&] { write_file(in_home("a/late"), "of others"); }});
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "foreign");
  EXPECT_THAT(files(), ElementsAre("home/a/late=of others", "staging/1=new"));
}

TEST_F(PublisherTest, ReplaceOfWhatHasVanishedIsForeign) {
  const FileStatus old = given(file("old"));
  ASSERT_EQ(::unlink(in_home("a").c_str()), 0);
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "foreign");
  EXPECT_THAT(files(), ElementsAre("staging/1=new"));
}

TEST_F(PublisherTest, WhatIsChangedAgainWhileTheirsGoesBackIsStranded) {
  const FileStatus old = given(file("old"));
  before_renames({save("of others"), save("newer of others")});
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "stranded");
  EXPECT_THAT(files(), ElementsAre("home/a=of others", "staging/1=newer of others"));
}

TEST_F(PublisherTest, WhatCannotGoBackIsStranded) {
  const FileStatus old = given(file("old"));
  before_renames({save("of others")});
  fs_.intercept(fail_nth(Call::kRename, 2, EIO));
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "stranded");
  EXPECT_THAT(files(), ElementsAre("home/a=new", "staging/1=of others"));
}

TEST_F(PublisherTest, WhatCannotBeLookedAtAfterTheExchangeGoesBack) {
  const FileStatus old = given(file("old"));
  fs_.intercept(fail_nth(Call::kStatusAt, 1, EIO));
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "EIO");
  EXPECT_THAT(files(), ElementsAre("home/a=old", "staging/1=new"));
}

// No answer says that it is ours, so it is treated as theirs.
TEST_F(PublisherTest, WhatCannotBeLookedAtAnyMoreIsStranded) {
  const FileStatus old = given(file("old"));
  fs_.intercept(fail_all(Call::kStatusAt, EIO));
  fs_.intercept(fail_all(Call::kOpenEntry, EIO));
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "stranded");
  EXPECT_THAT(files(), ElementsAre("home/a=old", "staging/1=new"));
}

TEST_F(PublisherTest, ReplaceTellsAnyOtherError) {
  for (const int number : {EACCES, EPERM, ENOSPC, EXDEV}) {
    const FileStatus old = given(file("old"));
    FaultyFileSystem failing;
    failing.intercept(fail_all(Call::kRename, number));
    Publisher publisher(failing, observer_);
    EXPECT_EQ(answer(publisher.replace(staged(file("new")), target(), old)), errno_name(number));
    EXPECT_THAT(files(), ElementsAre("home/a=old", "staging/1=new"));
    ASSERT_EQ(::unlink(in_home("a").c_str()), 0);
    ASSERT_EQ(::unlink(in_staging("1").c_str()), 0);
  }
}

// As the kernel refuses it to plain users, whose directory would get another "..".
TEST_F(PublisherTest, ADirectoryThatMayNotMoveIsMadeWritableAndMoved) {
  const FileStatus old = given(directory());
  ASSERT_EQ(::chmod(in_home("a").c_str(), 0555), 0);
  fs_.intercept([&](const CallInfo& info) {
    struct stat status {};
    if (info.call != Call::kRename || ::lstat(in_home("a").c_str(), &status) != 0) return 0;
    return S_ISDIR(status.st_mode) && (status.st_mode & 0200U) == 0 ? EACCES : 0;
  });
  EXPECT_EQ(answer(publisher_.replace(staged(file("new")), target(), old)), "displaced");
  EXPECT_THAT(files(), ElementsAre("home/a=new"));
}

TEST_F(PublisherTest, TakeAwayMovesIntoTheStagingFolder) {
  const FileStatus old = given(file("old"));
  EXPECT_EQ(answer(publisher_.take_away(target(), {staging_.get(), "2"}, old)), "displaced");
  EXPECT_THAT(files(), ElementsAre("staging/2=old"));
}

TEST_F(PublisherTest, TakeAwayPutsBackWhatIsNotExpected) {
  const FileStatus old = given(file("old"));
  before_renames({save("of others")});
  EXPECT_EQ(answer(publisher_.take_away(target(), {staging_.get(), "2"}, old)), "foreign");
  EXPECT_THAT(files(), ElementsAre("home/a=of others"));
}

TEST_F(PublisherTest, TakeAwayOfWhatHasVanishedIsForeign) {
  const FileStatus old = given(file("old"));
  ASSERT_EQ(::unlink(in_home("a").c_str()), 0);
  EXPECT_EQ(answer(publisher_.take_away(target(), {staging_.get(), "2"}, old)), "foreign");
}

TEST_F(PublisherTest, WhatIsTakenAwayAndFindsItsNameTakenIsStranded) {
  const FileStatus old = given(file("old"));
  before_renames({save("of others"), [&] { write_file(in_home("a"), "newer of others"); }});
  EXPECT_EQ(answer(publisher_.take_away(target(), {staging_.get(), "2"}, old)), "stranded");
  EXPECT_THAT(files(), ElementsAre("home/a=newer of others", "staging/2=of others"));
}

TEST_F(PublisherTest, WhatIsTakenAwayAndCannotBeLookedAtGoesBack) {
  const FileStatus old = given(file("old"));
  fs_.intercept(fail_all(Call::kStatusAt, EIO));
  EXPECT_EQ(answer(publisher_.take_away(target(), {staging_.get(), "2"}, old)), "EIO");
  EXPECT_THAT(files(), ElementsAre("home/a=old"));
}

TEST_F(PublisherTest, TakeAwayTellsAnyOtherError) {
  const FileStatus old = given(file("old"));
  fs_.intercept(fail_all(Call::kRename, EXDEV));
  EXPECT_EQ(answer(publisher_.take_away(target(), {staging_.get(), "2"}, old)), "EXDEV");
  EXPECT_THAT(files(), ElementsAre("home/a=old"));
}

}  // namespace
}  // namespace foldersync
