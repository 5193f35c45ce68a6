// What read_plan() refuses of actions, and of lists, in a document whose digest is right; and what
// it accepts although it looks odd. One row for each rule of docs/plan-format.md.
#include "format/action_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <vector>

#include "support/sample_plan.h"

namespace foldersync {
namespace {

using test::action_of;
using test::directory_of;
using test::file_of;
using test::read_text;
using test::small_plan;
using test::written;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::TestWithParam;
using ::testing::ValuesIn;

// A plan that the writer writes with a right digest and that the reader must refuse all the same.
struct BadPlan {
  const char* what;
  std::vector<Action> actions;
  friend void PrintTo(const BadPlan& plan, std::ostream* out) { *out << plan.what; }
};

Facts entry(FileType type) {
  Facts facts;
  facts.type = type;
  return facts;
}

const Facts kDirectory = directory_of(0755);
const Facts kFile = file_of(3, 1'700'000'000);
const Facts kSymlink = entry(FileType::kSymlink);

Action action(Phase phase, Op op, std::string path, std::optional<Facts> before,
              std::optional<Facts> after) {
  Action result = action_of(phase, op, std::move(path), {Reason::kMtime});
  result.before = std::move(before);
  result.after = std::move(after);
  return result;
}

Action from(std::string origin, Action action) {
  action.other = origin.empty() ? RelPath() : RelPath(std::move(origin));
  return action;
}

Action create(std::string path) {
  return action(Phase::kWrite, Op::kCreate, std::move(path), std::nullopt, kFile);
}
Action remove(std::string path) {
  return action(Phase::kDelete, Op::kDelete, std::move(path), kFile, std::nullopt);
}
Action mkdir(std::string path) {
  return action(Phase::kMkdir, Op::kCreate, std::move(path), std::nullopt, kDirectory);
}
Action rmdir(std::string path) {
  return action(Phase::kRmdir, Op::kDelete, std::move(path), kDirectory, std::nullopt);
}
Action finish(std::string path) {
  return action(Phase::kFinish, Op::kMetadata, std::move(path), kDirectory, kDirectory);
}
Action move(std::string origin, std::string path) {
  return from(std::move(origin), action(Phase::kWrite, Op::kMove, std::move(path), kFile, kFile));
}
Action link(std::string leader, std::string path) {
  return from(std::move(leader),
              action(Phase::kWrite, Op::kLink, std::move(path), std::nullopt, kFile));
}

template <class Change>
std::vector<Action> created_with(Facts facts, Change change) {
  change(facts);
  const Phase phase = facts.type == FileType::kDirectory ? Phase::kMkdir : Phase::kWrite;
  return {action(phase, Op::kCreate, "a", std::nullopt, facts)};
}

std::vector<BadPlan> plans_out_of_order() {
  return {
      {"paths out of order", {create("b"), create("a")}},
      {"paths in the order of bytes", {create("a-b"), create("a/b")}},
      {"a directory after its contents", {mkdir("a/b"), mkdir("a")}},
      {"a directory removed before its contents", {rmdir("a"), rmdir("a/b")}},
      {"a directory finished before its contents", {finish("a"), finish("a/b")}},
      {"phases out of order", {create("a"), mkdir("b")}},
      {"a path twice in a phase", {create("a"), create("a")}},
      {"a path twice in two phases", {create("a"), remove("a")}},
      {"a path twice, far apart", {mkdir("a"), mkdir("m"), create("b"), remove("c"), remove("m")}},
      {"a path twice, both deepest first",
       {action(Phase::kClear, Op::kDelete, "m", kDirectory, std::nullopt), rmdir("z"), rmdir("m")}},
      {"a path twice, one deepest first", {remove("k"), remove("m"), rmdir("n"), rmdir("k")}},
      {"a finish of what is removed", {rmdir("a"), finish("a")}},
      {"a finish of what is written", {create("a"), finish("a")}},
      {"a finish twice", {finish("a"), finish("a")}},
      {"an origin twice", {move("m", "a"), move("m", "b")}},
      {"an origin twice, of a move and of a file",
       {move("m", "a"), from("m", create("b")), remove("m")}},
      {"an origin twice, of files", {from("m", create("a")), from("m", create("b")), remove("m")}},
  };
}

std::vector<BadPlan> plans_with_bad_ops() {
  const auto one = [](Phase phase, Op op, std::optional<Facts> before, std::optional<Facts> after) {
    return std::vector{action(phase, op, "a", std::move(before), std::move(after))};
  };
  return {
      {"a create of what is there", one(Phase::kWrite, Op::kCreate, kFile, kFile)},
      {"a create of nothing", one(Phase::kWrite, Op::kCreate, {}, {})},
      {"a create of a directory in write", one(Phase::kWrite, Op::kCreate, {}, kDirectory)},
      {"a create of a file in mkdir", one(Phase::kMkdir, Op::kCreate, {}, kFile)},
      {"a create in delete", one(Phase::kDelete, Op::kCreate, {}, kFile)},
      {"an update of nothing", one(Phase::kWrite, Op::kUpdate, {}, kFile)},
      {"an update to nothing", one(Phase::kWrite, Op::kUpdate, kFile, {})},
      {"an update to another type", one(Phase::kWrite, Op::kUpdate, kFile, kSymlink)},
      {"an update of a directory", one(Phase::kWrite, Op::kUpdate, kDirectory, kDirectory)},
      {"a replace by the same type", one(Phase::kWrite, Op::kReplace, kFile, kFile)},
      {"a replace of nothing", one(Phase::kWrite, Op::kReplace, {}, kFile)},
      {"a replace by a directory in write", one(Phase::kWrite, Op::kReplace, kFile, kDirectory)},
      {"a replace of a directory in mkdir",
       one(Phase::kMkdir, Op::kReplace, kDirectory, kDirectory)},
      {"metadata of nothing", one(Phase::kWrite, Op::kMetadata, {}, kFile)},
      {"metadata of another type", one(Phase::kWrite, Op::kMetadata, kSymlink, kFile)},
      {"metadata of a directory in write",
       one(Phase::kWrite, Op::kMetadata, kDirectory, kDirectory)},
      {"a delete that leaves something", one(Phase::kDelete, Op::kDelete, kFile, kFile)},
      {"a delete of nothing", one(Phase::kDelete, Op::kDelete, {}, {})},
      {"a delete of a directory in delete", one(Phase::kDelete, Op::kDelete, kDirectory, {})},
      {"a delete of a file in rmdir", one(Phase::kRmdir, Op::kDelete, kFile, {})},
      {"a delete in write", one(Phase::kWrite, Op::kDelete, kFile, {})},
      {"a create in clear", one(Phase::kClear, Op::kCreate, {}, kFile)},
      {"a finish of a file", one(Phase::kFinish, Op::kMetadata, kFile, kFile)},
      {"a finish of nothing", one(Phase::kFinish, Op::kMetadata, {}, kDirectory)},
      {"a delete in finish", one(Phase::kFinish, Op::kDelete, kDirectory, {})},
      {"a move without an origin", one(Phase::kWrite, Op::kMove, kFile, kFile)},
      {"a link without a leader", one(Phase::kWrite, Op::kLink, {}, kFile)},
      {"a move of a directory in write",
       {from("m", action(Phase::kWrite, Op::kMove, "a", kDirectory, kDirectory))}},
      {"a link to a directory", {from("m", action(Phase::kMkdir, Op::kLink, "a", {}, kDirectory))}},
      {"a file from where none goes", {from("m", create("a"))}},
      {"a file from where only metadata changes",
       {from("m", create("a")), action(Phase::kWrite, Op::kMetadata, "m", kFile, kFile)}},
      {"a file from where a symlink goes",
       {from("m", create("a")), action(Phase::kDelete, Op::kDelete, "m", kSymlink, std::nullopt)}},
      {"a file from its own path",
       {from("a", action(Phase::kWrite, Op::kUpdate, "a", kFile, kFile))}},
      {"a file from the root", {from("", create("a"))}},
      {"a file from the staging folder", {from(".sync-txn/m", create("a"))}},
      {"a directory from elsewhere", {from("m", mkdir("a")), remove("m")}},
      {"a replacement from elsewhere",
       {from("m", action(Phase::kWrite, Op::kReplace, "a", kSymlink, kFile)), remove("m")}},
      {"metadata from elsewhere",
       {from("m", action(Phase::kWrite, Op::kMetadata, "a", kFile, kFile)), remove("m")}},
      {"a deletion from elsewhere", {from("m", remove("a")), remove("m")}},
      {"a move onto itself", {move("a", "a")}},
      {"a link to itself", {link("a", "a")}},
      {"a move of the root", {from("", action(Phase::kWrite, Op::kMove, "a", kFile, kFile))}},
      {"a removal of the root", {rmdir(".")}},
      {"a file as the root", {create(".")}},
  };
}

std::vector<BadPlan> plans_with_bad_facts() {
  Facts dated = kDirectory;
  dated.mtime = FileTime{1, 0};
  return {
      {"a directory with an mtime before",
       {action(Phase::kFinish, Op::kMetadata, "a", dated, kDirectory)}},
      {"a size of a symlink", created_with(kSymlink, [](Facts& facts) { facts.size = 1; })},
      {"an md5 of a directory",
       created_with(kDirectory, [](Facts& facts) { facts.md5.emplace(); })},
      {"a target of a file", created_with(kFile, [](Facts& facts) { facts.target = "b"; })},
      {"a device of a file", created_with(kFile, [](Facts& facts) { facts.device = 1; })},
      {"links of a directory", created_with(kDirectory, [](Facts& facts) { facts.links = 2; })},
      {"no links at all", created_with(kFile, [](Facts& facts) { facts.links = 0; })},
      {"a target of 4096 bytes",
       created_with(kSymlink, [](Facts& facts) { facts.target = std::string(4096, 't'); })},
  };
}

template <class Change>
std::vector<Action> taken_over_with(Change change) {
  std::vector<Action> actions{from("m", create("a")), remove("m")};
  change(actions.front());
  return actions;
}

std::vector<BadPlan> plans_with_bad_take_overs() {
  return {
      {"a symlink", taken_over_with([](Action& action) { action.after = kSymlink; })},
      {"a file of unknown size",
       taken_over_with([](Action& action) { action.after->size.reset(); })},
      {"an empty file", taken_over_with([](Action& action) { action.after->size = 0; })},
      {"a file without a time",
       taken_over_with([](Action& action) { action.after->mtime.reset(); })},
      {"a file with more names", taken_over_with([](Action& action) { action.after->links = 2; })},
      {"a name of a group",
       taken_over_with([](Action& action) { action.reasons.add(Reason::kLink); })},
      {"an undo", taken_over_with([](Action& action) { action.reasons.add(Reason::kUndo); })},
  };
}

class RefusedPlan : public TestWithParam<BadPlan> {};

TEST_P(RefusedPlan, IsRefusedAlthoughItsDigestIsRight) {
  Plan plan = test::empty_plan();
  plan.actions = GetParam().actions;
  test::settle_summary(plan);
  const auto read = read_text(written(plan));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidDocument);
}

INSTANTIATE_TEST_SUITE_P(Order, RefusedPlan, ValuesIn(plans_out_of_order()));
INSTANTIATE_TEST_SUITE_P(Ops, RefusedPlan, ValuesIn(plans_with_bad_ops()));
INSTANTIATE_TEST_SUITE_P(Facts, RefusedPlan, ValuesIn(plans_with_bad_facts()));
INSTANTIATE_TEST_SUITE_P(TakeOvers, RefusedPlan, ValuesIn(plans_with_bad_take_overs()));

TEST(RefusedPlan, DeletesFirstWhatAnotherActionNeeds) {
  const Action deletion = action(Phase::kClear, Op::kDelete, "old", kFile, std::nullopt);
  Plan plan = small_plan();
  plan.problems.clear();
  plan.actions = {deletion, create("new")};  // of one size and time
  test::settle_summary(plan);
  plan.guards.clear();
  plan.options.max_delete.reset();
  EXPECT_TRUE(read_text(written(plan)));
  plan.options.delete_first = true;
  const auto read = read_text(written(plan));
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().detail, HasSubstr("goes first"));
  plan.actions[0].before->size = 4;
  test::settle_summary(plan);
  EXPECT_TRUE(read_text(written(plan)));
}

TEST(RefusedPlan, HasProblemsOrSkippedEntriesOutOfOrder) {
  Plan plan = test::empty_plan();
  plan.problems = {{Side::kReplica, RelPath("a"), EACCES, "open"},
                   {Side::kSource, RelPath("a"), EACCES, "open"}};
  test::settle_summary(plan);
  EXPECT_FALSE(read_text(written(plan)));
  plan.problems.clear();
  plan.skipped = {{RelPath("b"), "device"}, {RelPath("a"), "device"}};
  test::settle_summary(plan);
  EXPECT_FALSE(read_text(written(plan)));
}

TEST(AcceptedPlan, MaySwapPathsFinishWhatItMakesAndCreateTheRoot) {
  Plan plan = test::empty_plan();
  plan.actions = {mkdir("."),  mkdir("d"),   move("b", "a"), move("a", "b"), link("a", "c"),
                  remove("x"), rmdir("y/z"), rmdir("y"),     finish("d"),    finish(".")};
  test::settle_summary(plan);
  const auto read = read_text(written(plan));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, plan);
}

TEST(AcceptedPlan, MayTakeFilesOverFromWhereTheyAreRewrittenReplacedOrDeleted) {
  Plan plan = test::empty_plan();
  const auto update = [](const char* path) {
    return action(Phase::kWrite, Op::kUpdate, path, kFile, kFile);
  };
  plan.actions = {action(Phase::kClear, Op::kDelete, "z/in", kFile, std::nullopt),
                  action(Phase::kMkdir, Op::kReplace, "d", kFile, kDirectory),
                  from("b", update("a")),
                  from("a", update("b")),
                  from("d", create("d/old")),
                  from("x", create("new")),
                  from("z/in", create("newer")),
                  action(Phase::kWrite, Op::kReplace, "z", kDirectory, kFile),
                  remove("x")};
  test::settle_summary(plan);
  const auto read = read_text(written(plan));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, plan);
}

TEST(AcceptedPlan, MayReplaceADirectoryThatItClearsFirst) {
  Plan plan = test::empty_plan();
  plan.actions = {action(Phase::kClear, Op::kDelete, "d/x/y", kFile, std::nullopt),
                  action(Phase::kClear, Op::kDelete, "d/x", kDirectory, std::nullopt),
                  action(Phase::kMkdir, Op::kReplace, "f", kSymlink, kDirectory),
                  action(Phase::kWrite, Op::kReplace, "d", kDirectory, kFile), finish("f")};
  test::settle_summary(plan);
  const auto read = read_text(written(plan));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, plan);
}

TEST(AcceptedPlan, MaySkipTheReservedNameAndHaveNamesAndPathsOfTheGreatestLength) {
  Plan plan = test::empty_plan();
  plan.skipped = {{RelPath(".sync-txn"), "reserved-name"}};
  std::string path;
  while (path.size() + 256 < kMaxPathBytes) path += std::string(255, '\xff') + "/";
  path.append("a/").resize(kMaxPathBytes, '\xff');
  plan.actions = {create(path)};
  test::settle_summary(plan);
  const auto read = read_text(written(plan));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, plan);
}

}  // namespace
}  // namespace foldersync
