#include "show/caution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "show/render.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

Facts with_mode(std::uint32_t mode, std::optional<std::uint32_t> uid = {},
                FileType type = FileType::kFile) {
  Facts facts;
  facts.type = type;
  facts.mode = mode;
  facts.uid = uid;
  facts.gid = uid;
  return facts;
}

std::string caution(Op op, std::optional<Facts> before, std::optional<Facts> after,
                    ReasonSet reasons = {Reason::kMode}) {
  Action action = test::action_of(Phase::kWrite, op, "p", reasons);
  action.before = std::move(before);
  action.after = std::move(after);
  return caution_text(action);
}

TEST(Caution, NewProgramsThatRunAsSomebodyElse) {
  EXPECT_EQ(caution(Op::kCreate, {}, with_mode(04755, 0)), "; caution: mode 4755, runs as root");
  EXPECT_EQ(caution(Op::kCreate, {}, with_mode(04755, 1000)),
            "; caution: mode 4755, runs as user 1000");
  EXPECT_EQ(caution(Op::kCreate, {}, with_mode(04755)), "; caution: mode 4755, runs as its owner");
  EXPECT_EQ(caution(Op::kCreate, {}, with_mode(02755)), "; caution: mode 2755, runs as its group");
  EXPECT_EQ(caution(Op::kLink, {}, with_mode(02755, 7)), "; caution: mode 2755, runs as group 7");
  EXPECT_EQ(caution(Op::kCreate, {}, with_mode(0755, 0)), "");
}

TEST(Caution, NoneOfTheRootThatARunHasJustMade) {
  Action action = test::action_of(Phase::kFinish, Op::kMetadata, "p", {Reason::kMode});
  action.before = with_mode(0700, 0, FileType::kDirectory);
  action.after = with_mode(0755, 0, FileType::kDirectory);
  EXPECT_NE(caution_text(action), "");
  action.path = RelPath();
  EXPECT_EQ(caution_text(action), "");
  action.before->mode = 0750;
  EXPECT_NE(caution_text(action), "");
}

TEST(Caution, NewContentOfOneThatWasThereAndOneThatChangesHands) {
  const Facts setuid = with_mode(04755, 0);
  EXPECT_NE(caution(Op::kUpdate, setuid, setuid), "");
  EXPECT_EQ(caution(Op::kMetadata, setuid, setuid), "");
  EXPECT_EQ(caution(Op::kMove, setuid, setuid), "");
  EXPECT_NE(caution(Op::kMetadata, with_mode(0755, 0), setuid), "");
  EXPECT_NE(caution(Op::kMetadata, with_mode(04755, 5), setuid), "");
  EXPECT_EQ(caution(Op::kDelete, setuid, {}), "");
}

TEST(Caution, DirectoriesThatBeginToHandDownTheirGroup) {
  const auto directory = [](std::uint32_t mode) {
    return with_mode(mode, 0, FileType::kDirectory);
  };
  EXPECT_EQ(caution(Op::kMetadata, directory(0755), directory(02755)),
            "; caution: mode 2755, hands down its group");
  EXPECT_EQ(caution(Op::kCreate, {}, directory(02755)), "");
  EXPECT_EQ(caution(Op::kMetadata, directory(02755), directory(02755)), "");
}

TEST(Caution, Devices) {
  Facts disk = with_mode(0600, 0, FileType::kBlockDevice);
  disk.device = 0x801;
  EXPECT_EQ(caution(Op::kCreate, {}, disk), "; caution: block device 8:1");
  EXPECT_EQ(caution(Op::kMetadata, disk, disk), "");
  EXPECT_EQ(caution(Op::kCreate, {}, with_mode(0600, 0, FileType::kFifo)), "");
}

TEST(Caution, ModesThatWiden) {
  EXPECT_EQ(caution(Op::kMetadata, with_mode(0600), with_mode(0640)),
            "; caution: mode 0600 becomes 0640");
  EXPECT_EQ(caution(Op::kUpdate, with_mode(0750), with_mode(0701)),
            "; caution: mode 0750 becomes 0701");
  EXPECT_EQ(caution(Op::kMetadata, with_mode(0640), with_mode(0700)), "");
  EXPECT_EQ(caution(Op::kCreate, {}, with_mode(0666)),
            "; caution: mode 0666, everybody may write it");
  EXPECT_EQ(caution(Op::kCreate, {}, with_mode(0664)), "");
  EXPECT_EQ(caution(Op::kCreate, {}, with_mode(01777, {}, FileType::kDirectory)), "");
  EXPECT_EQ(caution(Op::kCreate, {}, with_mode(0777, {}, FileType::kSymlink)), "");
}

TEST(Caution, WhatBecomesRootsAndAttributes) {
  EXPECT_EQ(caution(Op::kMetadata, with_mode(0644, 1000), with_mode(0644, 0)),
            "; caution: owner 1000 becomes root");
  EXPECT_EQ(caution(Op::kMetadata, with_mode(0644), with_mode(0644), {Reason::kXattrs}),
            "; caution: extended attributes change, capabilities or ACLs perhaps");
  EXPECT_EQ(caution(Op::kMetadata, with_mode(0644, 5), with_mode(04666, 0)),
            "; caution: mode 4666, runs as root; mode 0644 becomes 4666; owner 5 becomes root");
}

TEST(Caution, StandsInTheLineAndIsCounted) {
  Action tool = test::action_of(Phase::kWrite, Op::kCreate, "tool", {Reason::kMissing});
  tool.after = with_mode(04777, 0);
  tool.after->size = 2048;
  EXPECT_EQ(
      action_line(tool),
      "create tool 2.0 KiB; caution: mode 4777, runs as root; mode 4777, everybody may write it");
  CautionCounts counts;
  counts.add(cautions_of(tool));
  counts.add(cautions_of(tool));
  counts.add({});
  EXPECT_EQ(counts.actions(), 2U);
  EXPECT_EQ(caution_line(counts, Colour::kOff), "look twice: 2 set-id, 2 wider mode\n");
  EXPECT_EQ(caution_line({}, Colour::kOff), "");
}

}  // namespace
}  // namespace foldersync
