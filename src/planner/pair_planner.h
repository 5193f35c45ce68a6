// Decides about one pair of directories after another, and gathers what it decided.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/action_runs.h"
#include "plan/compare.h"
#include "plan/spool.h"
#include "planner/admission.h"
#include "planner/findings.h"
#include "planner/other_spellings.h"
#include "scan/content.h"
#include "scan/walker.h"

namespace foldersync {

// One thread's part of the planning.
class PairPlanner {
 public:
  // `spooling`: of its actions.
  PairPlanner(const PlanningContext& context, const Spooling& spooling);

  // As PairVisitor::visit. Error kRefused where one root turns up inside the other.
  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children);

  // What was decided so far, hashes included.
  Findings& findings() {
    finish_hashes();
    return findings_;
  }

  // The actions, which findings() has no more then; once. Errors: those of the spool.
  Result<ActionRuns> take_runs();

 private:
  bool is_run_full();
  Status end_run();
  static ListedEntry look_again(ReadableDirectory& directory, const ListedEntry& entry);
  Status merge(const VisitedPair& pair, std::vector<PairToVisit>& children);
  bool spell(const VisitedPair& pair, const OtherSpellings& spellings, const ListedEntry* source,
             const ListedEntry*& replica);
  void note_hidden(const FileStatus& source, const FileStatus& replica);
  static void queue_below(const VisitedPair& pair, const Named& named,
                          std::vector<PairToVisit>& children);
  void decide(const VisitedPair& pair, const Named& named, std::vector<PairToVisit>& children);
  bool read_targets(const VisitedPair& pair, const Named& named, Seen* source, Seen* replica);
  bool read_target(const VisitedDirectory& side, Side which, const RelPath& path,
                   std::string_view name, std::string& target);
  bool ask_content(const VisitedPair& pair, const Named& named, Comparison& comparison);
  FileStatus wanted(const FileStatus& source, const FileStatus* replica,
                    const VisitedPair& pair) const;
  FileStatus wanted_anew(const FileStatus& source, const FileStatus* replica,
                         const VisitedPair& pair) const;
  bool pin(const VisitedPair& pair, const Named& named);
  void forget_missing_files(const VisitedPair& pair);
  void record(const VisitedPair& pair, const Named& named, const Seen* source, const Seen* replica,
              const Comparison& comparison);
  void record_directory(const RelPath& path, const Seen* source, const Seen* replica,
                        const Comparison& comparison);
  void record_self(const VisitedPair& pair);
  void finish(const RelPath& path, Facts before, const FileStatus& source,
              const FileStatus* replica, ReasonSet reasons);

  // A file of both trees whose hash is in the batch, and the finding that has to get it.
  struct WaitingForHash {
    std::string directory;
    std::string name;
    FileStatus source;
    FileStatus replica;
    FileTime read_at;
    std::optional<std::size_t> action;  // index in findings_.actions
    std::optional<std::size_t> linked;  // index in findings_.linked
  };
  void wait_for_hash(const VisitedPair& pair, const Named& named, FileTime read_at);
  void finish_hashes();

  const PlanningContext& context_;
  bool mirrors_all_;  // all fields: the source's status is what is wanted
  Findings findings_;
  Md5Batch batch_;
  std::vector<WaitingForHash> waiting_;  // one for each content of the batch
  bool waits_ = false;                   // the name that is being decided is the last of them
  ContentJudge judge_;
  DirectoryHashes source_hashes_;
  DirectoryHashes replica_hashes_;
  std::string source_target_;
  std::string replica_target_;
  std::optional<Md5> common_md5_;  // of the name that is being decided
  std::optional<Md5> pinned_md5_;
  std::size_t run_actions_;
  std::size_t sized_ = 0;      // so many of the actions are in run_bytes_
  std::size_t run_bytes_ = 0;  // of their paths
  ActionRuns runs_;
  // Of the pair that is being visited: whether an entry comes or goes, and whether one may, which
  // is known when all links are.
  bool children_change_ = false;
  bool children_may_change_ = false;
  bool has_other_spellings_ = false;  // hashes are kept under names that the replica does not list
};

}  // namespace foldersync
