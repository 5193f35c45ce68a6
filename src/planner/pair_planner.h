// Decides about one pair of directories after another, and gathers what it decided.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plan/action_runs.h"
#include "plan/compare.h"
#include "plan/spool.h"
#include "planner/admission.h"
#include "planner/decay_check.h"
#include "planner/findings.h"
#include "planner/late_hashes.h"
#include "planner/other_spellings.h"
#include "planner/recorder.h"
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
  void finish_hashes() { late_.finish(findings_, decay(), source_hashes_, replica_hashes_); }
  static ListedEntry look_again(ReadableDirectory& directory, const ListedEntry& entry);
  Status merge(const VisitedPair& pair, Admission admission, Recorder& recorder,
               std::vector<PairToVisit>& children);
  bool spell(const VisitedPair& pair, const OtherSpellings& spellings, const ListedEntry* source,
             const ListedEntry*& replica);
  static void queue_below(const VisitedPair& pair, const Named& named,
                          std::vector<PairToVisit>& children);
  void decide(const VisitedPair& pair, const Named& named, Recorder& recorder,
              std::vector<PairToVisit>& children);
  bool read_targets(const VisitedPair& pair, const Named& named, Seen* source, Seen* replica);
  bool read_source_target(const VisitedPair& pair, const Named& named);
  bool read_replica_target(const VisitedPair& pair, const Named& named);
  bool ask_content(const VisitedPair& pair, const Named& named, Comparison& comparison,
                   KnownContent& content);
  bool is_read(const VisitedPair& pair, const Named& named);
  DecayCheck decay() { return DecayCheck(context_, findings_, judge_); }
  bool may_write(const VisitedPair& pair, const Named& named, KnownContent& content);
  bool pin(const VisitedPair& pair, const Named& named, KnownContent& content);
  void forget_missing_files(const VisitedPair& pair);

  const PlanningContext& context_;
  Findings findings_;
  LateHashes late_;
  ContentJudge judge_;
  DirectoryHashes source_hashes_;
  DirectoryHashes replica_hashes_;
  std::string source_target_;
  std::string replica_target_;
  std::size_t run_actions_;
  std::size_t sized_ = 0;      // so many of the actions are in run_bytes_
  std::size_t run_bytes_ = 0;  // of their paths
  ActionRuns runs_;
  // Of the pair that is being visited: hashes are kept under names that the replica does not list.
  bool has_other_spellings_ = false;
};

}  // namespace foldersync
