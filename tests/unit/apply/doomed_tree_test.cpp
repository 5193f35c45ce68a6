#include "apply/steps/doomed_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "fs/posix_file_system.h"
#include "support/disk_tree.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A window that deletes what is named, in the order of the engine: directories end in a slash.
class DoomedRanges : public testing::Test {
 protected:
  void window(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      const bool is_directory = path.back() == '/';
      Action action;
      action.op = Op::kDelete;
      action.phase = is_directory ? Phase::kRmdir : Phase::kDelete;
      action.path = RelPath(is_directory ? path.substr(0, path.size() - 1) : path);
      action.before = Facts{};
      action.before->type = is_directory ? FileType::kDirectory : FileType::kFile;
      FileStatus status;
      status.type = action.before->type;
      status.mode = 0755;
      status.uid = 1000;
      Slot slot{.action = action, .seq = slots_.size() + 1};
      slot.look = LookResult{};
      slot.look->replica = status;
      slots_.push_back(std::move(slot));
    }
  }

  // The paths of the directories that go as a whole.
  std::vector<std::string> tops(std::optional<std::uint32_t> owner = std::nullopt) {
    std::vector<std::string> paths;
    std::size_t last = 0;
    for (const DoomedRange range : doomed_ranges(slots_, owner)) {
      EXPECT_LE(last, range.begin);
      EXPECT_LT(range.begin + 1, range.end);
      const RelPath& top = slots_[range.end - 1].action.path;
      for (std::size_t i = range.begin; i < range.end; ++i) {
        EXPECT_TRUE(slots_[i].action.path.is_within(top));
      }
      last = range.end;
      paths.push_back(top.bytes());
    }
    return paths;
  }

  FileStatus& found(std::size_t index) { return *slots_[index].look->replica; }

  std::vector<Slot> slots_;
};

TEST_F(DoomedRanges, AreTheLargestOnes) {
  window({"z", "d/s/b", "d/s/a", "d/s/", "d/a", "d/", "c/x", "c/", "b/", "a"});
  EXPECT_THAT(tops(), ElementsAre("d", "c"));
}

TEST_F(DoomedRanges, LeaveOutWhatHoldsSomethingThatStays) {
  const std::vector<std::function<void(Slot&)>> reasons{
      [](Slot& slot) { slot.look.reset(); },
      [](Slot& slot) { slot.look->finding = Finding::kStale; },
      [](Slot& slot) { slot.look->finding = Finding::kAlready; },
      [](Slot& slot) {
        slot.error = Error{ErrorCode::kSystem, "stat", {}, 5, {}};
      },
      [](Slot& slot) { slot.look->replica->immutable = true; },
      [](Slot& slot) { slot.look->replica->mount_root = true; }};
  for (const auto& spoil : reasons) {
    slots_.clear();
    window({"d/t/x", "d/t/", "d/s/a", "d/s/", "d/a", "d/"});
    spoil(slots_[2]);
    EXPECT_THAT(tops(), ElementsAre("d/t"));
  }
}

TEST_F(DoomedRanges, LeaveOutDirectoriesThatTheirOwnerCanNotEmpty) {
  window({"d/s/a", "d/s/", "d/a", "d/"});
  found(3).mode = 0555;
  EXPECT_THAT(tops(), ElementsAre("d/s"));
  found(1).mode = 0555;
  EXPECT_THAT(tops(), IsEmpty());
}

TEST_F(DoomedRanges, LeaveOutDirectoriesOfOthersWhereOnlyTheirOwnerMay) {
  window({"d/s/a", "d/s/", "d/a", "d/"});
  EXPECT_THAT(tops(1000), ElementsAre("d"));
  found(3).uid = 0;
  found(0).uid = 0;
  EXPECT_THAT(tops(1000), ElementsAre("d/s"));
  EXPECT_THAT(tops(), ElementsAre("d"));
}

TEST_F(DoomedRanges, TakeNoSubvolumeAlong) {
  window({"d/t/x", "d/t/", "d/s/t/a", "d/s/t/", "d/s/", "d/r/a", "d/r/", "d/"});
  for (const std::size_t of_subvolume : {2U, 3U, 4U}) found(of_subvolume).device = 7;
  EXPECT_THAT(tops(), ElementsAre("d/t", "d/s/t", "d/r"));
}

TEST_F(DoomedRanges, TakeNoOtherActionAlong) {
  window({"d/s/a", "d/s/", "d/a", "d/"});
  slots_[2].action.op = Op::kUpdate;
  EXPECT_THAT(tops(), ElementsAre("d/s"));
}

class DoomedTreeTest : public testing::Test {
 protected:
  DoomedTreeTest() {
    plant({{"7", directory()},
           {"7/a", file("a")},
           {"7/s", directory()},
           {"7/s/b", file("b")},
           {"7/s/c", file("c")}},
          folder_);
    fd_ = std::move(*fs_.open_root(folder_.c_str()));
    std::vector<DoomedEntry> entries;
    for (const char* const path : {"7/s/c", "7/s/b", "7/s", "7/a", "7"}) {
      entries.push_back(doomed_entry(RelPath("7"), RelPath(path), look(path)));
    }
    tree_.emplace(fs_, Place{fd_.get(), "7"}, std::move(entries), 2, nullptr);
  }

  FileStatus look(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string above = slash == std::string::npos ? "" : "/" + path.substr(0, slash);
    const auto directory = fs_.open_root((folder_ + above).c_str());
    return *fs_.status_at(directory->get(), path.substr(slash + 1).c_str());
  }

  ScratchFolder scratch_;
  std::string folder_ = scratch_ / "folder";
  FileSystem& fs_ = posix_file_system();
  Fd fd_;
  std::optional<DoomedTree> tree_;
};

TEST_F(DoomedTreeTest, HoldsWhatWasSeenOrLess) {
  EXPECT_TRUE(*tree_->holds_nothing_else());
  ASSERT_EQ(::unlink((folder_ + "/7/s/b").c_str()), 0);
  EXPECT_TRUE(*tree_->holds_nothing_else());
}

TEST_F(DoomedTreeTest, HoldsMoreWhereSomethingIsNewOrChangedOrAnotherObject) {
  write_file(folder_ + "/7/s/new", "x");
  EXPECT_FALSE(*tree_->holds_nothing_else());
  ASSERT_EQ(::unlink((folder_ + "/7/s/new").c_str()), 0);
  EXPECT_TRUE(*tree_->holds_nothing_else());
  write_file(folder_ + "/7/s/c", "other");
  EXPECT_FALSE(*tree_->holds_nothing_else());
}

TEST_F(DoomedTreeTest, HoldsMoreWhereItIsAnotherDirectory) {
  remove_tree(folder_ + "/7");
  plant({{"keep", directory()}}, folder_ + "/8");
  ASSERT_EQ(::rename((folder_ + "/8").c_str(), (folder_ + "/7").c_str()), 0);
  EXPECT_FALSE(*tree_->holds_nothing_else());
}

TEST_F(DoomedTreeTest, ThatIsGoneCanNotBeLookedThrough) {
  remove_tree(folder_ + "/7");
  EXPECT_FALSE(tree_->holds_nothing_else().ok());
}

TEST_F(DoomedTreeTest, IsRemovedEntryByEntryButForWhatHasChanged) {
  write_file(folder_ + "/7/s/c", "other");
  DoomedTreeRemover remover(fs_, *tree_, 4);
  for (std::size_t i = 0; i < tree_->entries().size(); ++i) (void)remover.remove(i);
  std::vector<std::string> left;
  for (const auto& [path, entry] : read_tree(folder_)) left.push_back(path);
  EXPECT_THAT(left, ElementsAre(".", "7", "7/s", "7/s/c"));
}

}  // namespace
}  // namespace foldersync
