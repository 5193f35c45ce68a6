#include "plan/action_store.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "plan/action_codec.h"
#include "support/memory_spool.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

using test::PlanMaker;
using test::Spools;

// What comes of encoding and decoding; nothing: it can't be decoded, or bytes are left.
std::optional<Action> round_trip(const Action& action, std::string_view previous_path) {
  std::string bytes;
  append_encoded(bytes, action, previous_path);
  std::string_view rest = bytes;
  Action read;
  if (!take_encoded(rest, previous_path, read) || !rest.empty()) return std::nullopt;
  return read;
}

TEST(ActionCodec, KeepsEveryFieldOfActionsOfEveryKind) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::string previous;
    for (const Action& action : PlanMaker(seed).make(200).actions) {
      EXPECT_EQ(round_trip(action, {}), action) << seed;
      EXPECT_EQ(round_trip(action, previous), action) << seed;
      previous = action.path.bytes();
    }
  }
}

TEST(ActionCodec, KeepsTheLargestAndTheSmallestValues) {
  Action action = test::action_of(Phase::kFinish, Op::kDelete, "a", {});
  for (const Reason reason : kReasons) action.reasons.add(reason);
  Facts facts;
  facts.type = FileType::kBlockDevice;
  facts.mode = facts.uid = facts.gid = facts.links = std::numeric_limits<std::uint32_t>::max();
  facts.size = facts.device = std::numeric_limits<std::uint64_t>::max();
  facts.target = std::string(4095, '\xff');
  facts.md5 = Md5{};
  facts.md5->bytes.fill(0xFF);
  for (const std::int64_t seconds : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                     std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    facts.mtime = FileTime{seconds, 999'999'999};
    action.before = facts;
    EXPECT_EQ(round_trip(action, {}), action);
    action.after = Facts{};
    EXPECT_EQ(round_trip(action, {}), action);
    action.before.reset();
    EXPECT_EQ(round_trip(action, {}), action);
    action.after.reset();
  }
}

TEST(ActionCodec, RefusesBytesThatEndEarly) {
  for (const Action& action : test::small_plan().actions) {
    std::string bytes;
    append_encoded(bytes, action, {});
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      std::string_view part = std::string_view(bytes).substr(0, size);
      Action read;
      EXPECT_FALSE(take_encoded(part, {}, read)) << size;
    }
  }
}

TEST(ActionCodec, RefusesAPathThatIsNone) {
  std::string bytes;
  append_encoded(bytes, test::action_of(Phase::kDelete, Op::kDelete, "b/c", {}), "a");
  std::string_view rest = bytes;
  Action read;
  EXPECT_TRUE(take_encoded(rest, "a", read));
  for (char& byte : bytes) byte = byte == 'b' ? '/' : byte;
  rest = bytes;
  EXPECT_FALSE(take_encoded(rest, "a", read));
}

// Enough for several blocks, in path order, with beginnings in common.
std::vector<Action> many() {
  std::vector<Action> actions;
  for (int i = 0; i < 5000; ++i) {
    Action action =
        test::action_of(Phase::kDelete, Op::kDelete,
                        "directory/" + std::to_string(i / 100) + "/" + std::to_string(i) +
                            std::string(static_cast<std::size_t>(i % 50), 'n'),
                        {Reason::kExtra});
    action.before = test::file_of(static_cast<std::uint64_t>(i), i);
    actions.push_back(action);
  }
  return actions;
}

ActionStore store_of(const std::vector<Action>& actions, Spooling spooling) {
  ActionStore store(std::move(spooling));
  for (const Action& action : actions) EXPECT_TRUE(store.append(action));
  return store;
}

TEST(ActionStore, GivesBackWhatWasAppendedForwardAndBackward) {
  const std::vector<Action> actions = many();
  Spools spools;
  for (const bool is_spooled : {false, true}) {
    const ActionStore store = store_of(actions, is_spooled ? spools.spooling() : Spooling());
    ASSERT_EQ(store.size(), actions.size());
    ActionCursor cursor(store);
    for (std::size_t i = 0; i < actions.size(); ++i) ASSERT_EQ(**cursor.at(i), actions[i]);
    for (std::size_t i = actions.size(); i-- > 0;) ASSERT_EQ(**cursor.at(i), actions[i]);
  }
  EXPECT_GT(spools.bytes, 0U);
}

TEST(ActionStore, IsReadWhileItGrows) {
  const std::vector<Action> actions = many();
  Spools spools;
  ActionStore store(spools.spooling(std::size_t{64} << 10U));
  ActionCursor last(store);
  ActionCursor behind(store);
  for (std::size_t i = 0; i < actions.size(); ++i) {
    ASSERT_TRUE(store.append(actions[i]));
    ASSERT_EQ(**last.at(i), actions[i]);
    ASSERT_EQ(**behind.at(i / 2), actions[i / 2]);
  }
}

TEST(ActionStore, KnowsHowMuchIsWritten) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  ActionStore store;
  const auto append = [&](Op op, std::uint64_t size) {
    Action action = test::action_of(Phase::kWrite, op, "file", {Reason::kSize});
    (op == Op::kDelete ? action.before : action.after) = test::file_of(size, 0);
    EXPECT_TRUE(store.append(action));
    return store.bytes_to_write();
  };
  EXPECT_EQ(store.bytes_to_write(), 0U);
  EXPECT_EQ(append(Op::kCreate, 10), 10U);
  EXPECT_EQ(append(Op::kUpdate, 5), 15U);
  EXPECT_EQ(append(Op::kMetadata, 100), 15U);
  EXPECT_EQ(append(Op::kDelete, 100), 15U);
  EXPECT_EQ(append(Op::kCreate, kMost - 20), kMost - 5);
  EXPECT_EQ(append(Op::kCreate, 100), kMost);
}

TEST(ActionStore, ReadsABlockOnceWhereNeighboursAreAskedFor) {
  Spools spools;
  const ActionStore store = store_of(many(), spools.spooling());
  ASSERT_TRUE(for_each_action(store, [](const Action&, std::uint64_t) {}));
  EXPECT_LT(spools.reads, 200U);
  EXPECT_GT(spools.reads, 2U);
}

TEST(ActionStore, NeedsNoSpoolUpToItsMemory) {
  Spools spools;
  store_of(many(), spools.spooling(std::size_t{1} << 20U));
  EXPECT_EQ(spools.made, 0U);
  store_of(many(), spools.spooling(std::size_t{64} << 10U));
  EXPECT_EQ(spools.made, 1U);
}

TEST(ActionStore, HandsOnEachErrorOfItsSpool) {
  const std::vector<Action> actions = many();
  const auto first_error = [&](ActionStore store) -> int {
    for (const Action& action : actions) {
      if (Status kept = store.append(action); !kept) return kept.error().error_number;
    }
    Status read = for_each_action(store, [](const Action&, std::uint64_t) {});
    return read ? 0 : read.error().error_number;
  };
  Spools spools;
  EXPECT_EQ(first_error(ActionStore(spools.spooling())), 0);
  spools.room = 2 * spools.bytes - 1;
  EXPECT_EQ(first_error(ActionStore(spools.spooling())), ENOSPC);
  spools.room = SIZE_MAX;
  spools.can_be_read = false;
  EXPECT_EQ(first_error(ActionStore(spools.spooling())), EIO);
  spools.can_be_made = false;
  EXPECT_EQ(first_error(ActionStore(spools.spooling())), EACCES);
}

TEST(ForEachAction, CountsFromOneAndEndsWithTheFirstError) {
  const ActionStore store = store_of(many(), {});
  std::vector<std::uint64_t> told;
  Status done = for_each_action(store, 7, 20, [&](const Action&, std::uint64_t seq) {
    told.push_back(seq);
    return seq < 10 ? success() : Status(system_error("test", EINTR));
  });
  EXPECT_EQ(told, (std::vector<std::uint64_t>{8, 9, 10}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().error_number, EINTR);
}

// Whoever stores many actions asks after each block, so that a signal is heeded in any loop.
TEST(ActionStore, AsksNowAndThenWhetherToGoOn) {
  std::size_t asked = 0;
  Spooling spooling;
  spooling.heed = [&]() -> Status {
    if (++asked < 3) return success();
    return Error{ErrorCode::kStopped, "arrange", {}, 0, "told to stop"};
  };
  ActionStore store(spooling);
  const Action action = test::action_of(Phase::kDelete, Op::kDelete, std::string(100, 'n'), {});
  Status appended = success();
  for (int i = 0; i < 10'000 && appended; ++i) appended = store.append(action);
  ASSERT_FALSE(appended.ok());
  EXPECT_EQ(appended.error().code, ErrorCode::kStopped);
  EXPECT_LT(store.size(), 3'000U);
}

}  // namespace
}  // namespace foldersync
