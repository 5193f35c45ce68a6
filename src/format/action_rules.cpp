#include "format/action_rules.h"

#include <algorithm>
#include <string_view>

#include "core/parts.h"
#include "core/subtrees.h"
#include "plan/order.h"

namespace foldersync {
namespace {

// What may stand in `before` or `after`; bits.
constexpr unsigned kNothing = 1;
constexpr unsigned kDirectory = 2;
constexpr unsigned kLeaf = 4;  // an entry that is no directory

enum class Types : std::uint8_t { kSame, kDifferent, kFree };

struct Combination {
  Phase phase;
  Op op;
  unsigned before;
  unsigned after;
  Types types;
};

constexpr std::array kAllowed{
    Combination{Phase::kClear, Op::kDelete, kDirectory | kLeaf, kNothing, Types::kFree},
    Combination{Phase::kMkdir, Op::kCreate, kNothing, kDirectory, Types::kFree},
    Combination{Phase::kMkdir, Op::kReplace, kLeaf, kDirectory, Types::kFree},
    Combination{Phase::kMkdir, Op::kMove, kDirectory, kDirectory, Types::kSame},
    Combination{Phase::kWrite, Op::kCreate, kNothing, kLeaf, Types::kFree},
    Combination{Phase::kWrite, Op::kUpdate, kLeaf, kLeaf, Types::kSame},
    Combination{Phase::kWrite, Op::kReplace, kDirectory | kLeaf, kLeaf, Types::kDifferent},
    Combination{Phase::kWrite, Op::kMove, kLeaf, kLeaf, Types::kSame},
    Combination{Phase::kWrite, Op::kLink, kNothing | kDirectory | kLeaf, kLeaf, Types::kFree},
    Combination{Phase::kWrite, Op::kMetadata, kLeaf, kLeaf, Types::kSame},
    Combination{Phase::kDelete, Op::kDelete, kLeaf, kNothing, Types::kFree},
    Combination{Phase::kRmdir, Op::kDelete, kDirectory, kNothing, Types::kFree},
    Combination{Phase::kFinish, Op::kMetadata, kDirectory, kDirectory, Types::kSame},
};

unsigned kind_of(const std::optional<Facts>& facts) {
  if (!facts) return kNothing;
  return facts->type == FileType::kDirectory ? kDirectory : kLeaf;
}

const char* broken_by_facts(const Facts& facts) {
  constexpr std::uint32_t kNoOwner = 0xFFFFFFFF;  // chown(2) takes it for "leave it"
  constexpr std::size_t kMaxTargetBytes = 4095;   // PATH_MAX without its NUL
  const bool is_device =
      facts.type == FileType::kCharDevice || facts.type == FileType::kBlockDevice;
  if (facts.mode > 07777U) return "\"mode\" is above 7777";
  if (facts.uid == kNoOwner || facts.gid == kNoOwner) return "an owner or group is no id";
  if (facts.size && facts.type != FileType::kFile) return "\"size\" is for files only";
  if (facts.md5 && facts.type != FileType::kFile) return "\"md5\" is for files only";
  if (facts.target && facts.type != FileType::kSymlink) return "\"target\" is for symlinks only";
  if (facts.device && !is_device) return "\"device\" is for devices only";
  if (facts.links && facts.type == FileType::kDirectory) return "directories have no \"links\"";
  if (facts.links == 0U) return "\"links\" is at least 1";
  if (facts.target && (facts.target->empty() || facts.target->size() > kMaxTargetBytes ||
                       facts.target->find('\0') != std::string::npos)) {
    return "\"target\" is 1 to 4095 bytes without NUL";
  }
  return nullptr;
}

// Whether the program's own folder is on the path, in any letter case.
bool is_reserved(const RelPath& path) {
  std::string_view rest = path.bytes();
  while (!rest.empty()) {
    if (is_staging_name(take_until(rest, '/'))) return true;
  }
  return false;
}

// Only content is worth being taken over, and only where the file is to have no other names.
bool can_take_over(const Action& action) {
  return takes_file_over(action) && action.phase == Phase::kWrite &&
         action.after->type == FileType::kFile && action.after->size.value_or(0) > 0 &&
         action.after->mtime && !action.after->links && !action.reasons.has(Reason::kLink) &&
         !action.reasons.has(Reason::kUndo);
}

const char* broken_by_paths(const Action& action) {
  const Other other = traits_of(action.op).other;
  const bool needs_other = other == Other::kFrom || other == Other::kTo;
  if (action.path.is_root() && action.phase != Phase::kFinish &&
      !(action.phase == Phase::kMkdir && action.op == Op::kCreate)) {
    return "the root can only be created and finished";
  }
  if (needs_other && !action.other) return "a move needs \"from\", and a link \"to\"";
  if (action.other && !needs_other && !can_take_over(action)) {
    return "\"from\" is for moves, and for files with content that are created or updated";
  }
  if (action.other && action.other->is_root()) return "\"from\" and \"to\" can't be the root";
  if (action.other == action.path) return "\"from\" or \"to\" is the path itself";
  if (is_reserved(action.path) || (action.other && is_reserved(*action.other))) {
    return "the name .sync-txn is reserved";
  }
  return nullptr;
}

bool is_below(const Subtrees& trees, const RelPath& path) {
  return !path.is_root() && trees.hold(path.parent());
}

// What a plan with problems may not take away: what could not be read, all below it, and the
// directories above it.
class Unknown {
 public:
  explicit Unknown(const std::vector<Problem>& problems) {
    for (const Problem& problem : problems) paths_.push_back(problem.path);
    std::sort(paths_.begin(), paths_.end());
    trees_ = Subtrees(paths_);
  }

  [[nodiscard]] bool loses(const Action& action) const {
    if (paths_.empty()) return false;
    // In place of a file or a link even a directory that could not be listed may come.
    const bool goes = removes_entry(action) ||
                      (action.op == Op::kReplace && kind_of(action.before) == kDirectory);
    return (goes && holds(action.path)) || (moves_entry(action) && holds(*action.other));
  }

 private:
  [[nodiscard]] bool holds(const RelPath& path) const {
    if (trees_.hold(path)) return true;
    const auto next = std::lower_bound(paths_.begin(), paths_.end(), path);
    return next != paths_.end() && next->is_within(path);
  }

  std::vector<RelPath> paths_;
  Subtrees trees_;
};

}  // namespace

const char* broken_rule(const Action& action) {
  const auto* const row =
      std::find_if(kAllowed.begin(), kAllowed.end(), [&action](const Combination& allowed) {
        return allowed.phase == action.phase && allowed.op == action.op;
      });
  if (row == kAllowed.end()) return "this op is not allowed in this phase";
  if ((row->before & kind_of(action.before)) == 0) return "\"before\" doesn't suit phase and op";
  if ((row->after & kind_of(action.after)) == 0) return "\"after\" doesn't suit phase and op";
  if (action.before && action.after && row->types != Types::kFree &&
      (action.before->type == action.after->type) != (row->types == Types::kSame)) {
    return row->types == Types::kSame ? "the op needs one type before and after"
                                      : "the op needs another type after than before";
  }
  if (action.reasons.empty()) return "an action needs a reason";
  if (action.reasons.has(Reason::kDecay) && !action.reasons.has(Reason::kContent)) {
    return "the reason \"decay\" goes with \"content\"";
  }
  if (action.reasons.has(Reason::kExcluded) &&
      (action.op != Op::kDelete || action.reasons != ReasonSet{Reason::kExcluded})) {
    return "the reason \"excluded\" is the only one of a deletion";
  }
  if (kind_of(action.before) == kDirectory && action.before->mtime) {
    return "a directory's mtime is never in \"before\"";
  }
  for (const auto* const facts : {&action.before, &action.after}) {
    const char* const broken = *facts ? broken_by_facts(**facts) : nullptr;
    if (broken != nullptr) return broken;
  }
  return broken_by_paths(action);
}

Result<const char*> SequenceRules::broken_by(const Action& next) {
  if (last_ && !stands_before(*last_, next)) {
    return last_->phase == next.phase && last_->path == next.path
               ? "two actions of a phase have this path"
               : "the actions are out of order";
  }
  if (next.phase != phase_) enter(next.phase);
  const auto broken = clash(next);
  if (!broken || *broken != nullptr) return broken;
  const bool has_origin = moves_entry(next) || takes_file_over(next);
  if (has_origin && !origins_.insert(next.other->bytes()).second) {
    return "two actions have this \"from\"";
  }
  if (takes_file_over(next)) unmet_.insert(*next.other);
  if (moves_entry(next) && next.phase == Phase::kMkdir) {
    moved_.push_back(*next.other);
    moved_.push_back(next.path);
    unfinished_.insert(next.path);
  }
  last_.emplace();
  last_->phase = next.phase;
  last_->path = next.path;
  return nullptr;
}

Result<const char*> SequenceRules::broken_in_the_end(const std::vector<Problem>& problems,
                                                     Across across) {
  const bool asks_all = across == Across::kAll;
  if (!asks_all) unfinished_.clear();
  if (unmet_.empty() && (!asks_all || (moved_.empty() && problems.empty()))) return nullptr;
  const Subtrees moved(asks_all ? moved_ : std::vector<RelPath>());
  const Unknown unknown(asks_all ? problems : std::vector<Problem>());
  const char* broken = nullptr;
  TRY(for_each_action(earlier_, [&](const Action& action, std::uint64_t) {
    if (takes_file_away(action)) unmet_.erase(action.path);
    if (is_finish(action)) unfinished_.erase(action.path);
    if (is_below(moved, action.path) || (action.other && is_below(moved, *action.other))) {
      broken = "an action is about what is below a directory that is moved";
    }
    if (unknown.loses(action)) broken = "an action takes away what could not be read";
  }));
  if (broken != nullptr) return broken;
  if (!unfinished_.empty()) return "a directory that is moved has no \"finish\"";
  if (!unmet_.empty()) return "no file goes from where an action's \"from\" says";
  return nullptr;
}

void SequenceRules::enter(Phase phase) {
  bounds_[static_cast<std::size_t>(phase_)].end = earlier_.size();
  phase_ = phase;
  bounds_[static_cast<std::size_t>(phase_)].begin = earlier_.size();
  pending_ = bounds_;
}

// Both phases are sorted, so each needs one walk over the other, forward or backward.
Result<const char*> SequenceRules::clash(const Action& next) {
  for (std::size_t phase = 0; phase < static_cast<std::size_t>(phase_); ++phase) {
    Range& range = pending_[phase];
    auto& cursor = cursors_[phase];
    if (!cursor) cursor.emplace(earlier_);
    const bool same_direction =
        range.begin != range.end && is_deepest_first(kPhases[phase]) == is_deepest_first(phase_);
    while (range.begin != range.end) {
      const std::uint64_t at = same_direction ? range.begin : range.end - 1;
      const auto found = TRY(cursor->at(at));
      const Action& other = *found;
      if (other.path == next.path) {
        const bool allowed = next.phase == Phase::kFinish && other.phase == Phase::kMkdir;
        if (!allowed) return "an action of an earlier phase has this path";
        break;
      }
      if ((other.path < next.path) == is_deepest_first(phase_)) break;
      if (same_direction) {
        ++range.begin;
      } else {
        --range.end;
      }
    }
  }
  return nullptr;
}

}  // namespace foldersync
