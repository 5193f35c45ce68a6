// Whether what goes from one path of the replica is what the source has at another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/hash.h"
#include "core/path.h"
#include "plan/action.h"
#include "plan/moves.h"
#include "planner/findings.h"
#include "scan/content.h"
#include "scan/directory_hashes.h"
#include "scan/opened_for_plan.h"
#include "scan/readable_tree.h"

namespace foldersync {

// One entry of one tree, and the directory that holds it.
struct EntrySeen {
  ReadableDirectory* directory = nullptr;
  std::string name;
  FileStatus status;

  [[nodiscard]] FileToRead file() const { return {directory, name, status}; }
};

// One thread's eyes on one of the trees, with the hashes that are known of it.
class TreeEye {
 public:
  // `open`: so many directories are held open.
  TreeEye(const ReadableTree& tree, const CachedTree& hashes, std::size_t open)
      : reader_(tree.reader(open)), hashes_(hashes) {}

  // Nothing where it can't be looked at. Valid until the next call.
  std::optional<EntrySeen> find(const RelPath& path);
  // Of the directory of what was found last.
  DirectoryHashes& hashes() { return hashes_; }

 private:
  std::unique_ptr<TreeReader> reader_;
  DirectoryHashes hashes_;
  std::optional<RelPath> directory_;
};

// Whether what two files hold is still to be compared, or known to be the same.
enum class Content : std::uint8_t { kAsked, kKnown };

// What comes of comparing a pair.
struct MoveAnswer {
  bool is_same = false;
  FoundMove move;
};

// One thread's judgement. `content`, below, is that of files.
class MoveJudge {
 public:
  // All outlive the object. `opened`: of the replica's tree; may be null.
  MoveJudge(const PlanningContext& context, const ReadableTree& source, const ReadableTree& replica,
            OpenedForPlan* opened, std::size_t open)
      : context_(context),
        opened_(opened),
        source_(source, context.source_hashes, open),
        replica_(replica, context.replica_hashes, open),
        judge_(context.stop) {
    if (context.counts != nullptr) judge_.keep_pace(nullptr, &context.counts->read);
  }

  MoveAnswer compare(const Action& create, const Action& remove, Content content);

  // Whether the file that goes is just what the other action wants, metadata too.
  bool can_take_over(const Action& comes, const Action& goes, Content content);

  // Of the source's file, or of the replica's; nothing where it can't be read.
  std::optional<Md5> md5(const Action& action, Side side);

  // Whether what gets this path in the replica is where renames from anywhere in it reach.
  bool is_reached(const RelPath& path);

 private:
  [[nodiscard]] bool is_near(const FileStatus& status) const;
  [[nodiscard]] bool can_move(const EntrySeen& found) const;
  [[nodiscard]] bool may_move(const EntrySeen& wanted, const EntrySeen& found) const;
  [[nodiscard]] bool is_capable(const EntrySeen& side) const;
  [[nodiscard]] bool has_same_xattrs(const EntrySeen& source, const EntrySeen& replica) const;
  std::optional<Md5> common_md5(const EntrySeen& source, const EntrySeen& replica);

  const PlanningContext& context_;
  OpenedForPlan* opened_;
  TreeEye source_;
  TreeEye replica_;
  ContentJudge judge_;
};

}  // namespace foldersync
