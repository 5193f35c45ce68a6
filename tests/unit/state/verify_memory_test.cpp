#include "state/verify_memory.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/text.h"
#include "unit/state/state_fixture.h"

namespace foldersync {
namespace {

class VerifyMemoryTest : public StateTest {
 protected:
  std::unique_ptr<Memory> memory_ = Memory::open(path("")).memory;
  const VerifiedTrees trees_{"a b", "c"};
};

TEST_F(VerifyMemoryTest, EachWayThroughTwoTreesHasAPlaceOfItsOwn) {
  const TreePosition place{RelPath("d/\xFF\n"), std::string(TreePosition::kItself)};
  set_verified_up_to(*memory_, trees_, VerifiedBy::kRuns, place);
  EXPECT_EQ(verified_up_to(*memory_, trees_, VerifiedBy::kRuns), place);
  EXPECT_EQ(verified_up_to(*memory_, trees_, VerifiedBy::kCommand), std::nullopt);
  EXPECT_EQ(verified_up_to(*memory_, {"a", "b c"}, VerifiedBy::kRuns), std::nullopt);
  set_verified_up_to(*memory_, trees_, VerifiedBy::kRuns, TreePosition());
  EXPECT_EQ(verified_up_to(*memory_, trees_, VerifiedBy::kRuns), TreePosition());
  set_verified_up_to(*memory_, trees_, VerifiedBy::kRuns, std::nullopt);
  EXPECT_EQ(verified_up_to(*memory_, trees_, VerifiedBy::kRuns), std::nullopt);
}

TEST_F(VerifyMemoryTest, WhatIsHeldIsRecalledByPath) {
  const FileStamp stamp{3, {-5, 999'999'999}, {1'600'000'000, 1}, 12};
  const HeldFile bad{RelPath("b\n"), stamp, Md5{{1, 2, 3}}, 74};
  set_held_files(*memory_, "tree", {bad, {RelPath("a"), {}}});
  const std::vector<HeldFile> both{{RelPath("a"), {}}, bad};
  EXPECT_EQ(*held_files(*memory_, "tree"), both);
  EXPECT_TRUE(held_files(*memory_, "another")->empty());
  set_held_files(*memory_, "tree", {});
  EXPECT_TRUE(held_files(*memory_, "tree")->empty());
}

TEST_F(VerifyMemoryTest, WhatIsDoubtedIsRecalledUntilItIsPutRight) {
  const std::set<std::string, std::less<>> paths{"a", "d/\xFF\n"};
  set_doubted_files(*memory_, trees_, paths);
  EXPECT_EQ(doubted_files(*memory_, trees_), paths);
  EXPECT_TRUE(doubted_files(*memory_, {"a b", "d"}).empty());
  set_doubted_files(*memory_, trees_, {});
  EXPECT_TRUE(doubted_files(*memory_, trees_).empty());
}

TEST_F(VerifyMemoryTest, HoldsNoMoreThanItsBound) {
  std::vector<HeldFile> many;
  for (std::size_t at = 0; at <= kMostHeldFiles; ++at) {
    many.push_back({RelPath(std::to_string(at)), {}});
  }
  set_held_files(*memory_, "tree", std::move(many));
  EXPECT_EQ(held_files(*memory_, "tree")->size(), kMostHeldFiles);
}

TEST_F(VerifyMemoryTest, WhatIsNoPlaceCostsANewBeginningAndWhatIsNoListIsTold) {
  const std::string place = "verified-by-runs " + to_base64("a b") + " " + to_base64("c");
  const std::string held = "held-files " + to_base64("tree");
  for (const std::string& text : {to_base64("../x") + "\n" + to_base64("y") + "\n",
                                  std::string("x"), to_base64("a") + "\n"}) {
    memory_->set_fact(place, text);
    EXPECT_EQ(verified_up_to(*memory_, trees_, VerifiedBy::kRuns), std::nullopt) << text;
    memory_->set_fact(held, to_base64("2") + "\n" + text);
    EXPECT_FALSE(held_files(*memory_, "tree").ok()) << text;
  }
  memory_->set_fact(held, to_base64("1") + "\n");
  EXPECT_FALSE(held_files(*memory_, "tree").ok());
}

}  // namespace
}  // namespace foldersync
