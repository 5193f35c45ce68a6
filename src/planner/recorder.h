// What follows from the decisions about one pair of directories: actions, and what is told beside
// them.
#pragma once

#include <optional>

#include "core/hash.h"
#include "plan/compare.h"
#include "planner/admission.h"
#include "planner/findings.h"
#include "planner/late_hashes.h"
#include "scan/walker.h"

namespace foldersync {

// What is known of a file's content beside the comparison.
struct KnownContent {
  std::optional<Md5> common;  // of both sides' files
  std::optional<Md5> pinned;  // of the source's
  LateHash* late = nullptr;   // the common one comes later; null: it doesn't
  bool is_read = false;       // whatever size, times and memory say
};

// Lasts as long as the visit of the pair.
class Recorder {
 public:
  // Requires: all of them outlive the object.
  Recorder(const PlanningContext& context, const VisitedPair& pair, Findings& findings)
      : context_(context),
        pair_(pair),
        findings_(findings),
        mirrors_all_(context.policy.fields.are_all()) {}

  // What the source's entry is to the replica's, which stays: see as_wanted(). `replica`, what the
  // name is there, may be null or of another type.
  [[nodiscard]] FileStatus wanted(const FileStatus& source, const FileStatus* replica) const {
    if (mirrors_all_) return source;
    const bool is_there = replica != nullptr && replica->type == source.type;
    return as_wanted(source, is_there ? replica : nullptr, context_.policy, pair_.replica.self);
  }

  // Notes whether a limit of the replica's file system hides a difference of the two.
  void note_hidden(const FileStatus& source, const FileStatus& replica) {
    if (context_.unlimited && !findings_.hides) {
      findings_.hides = is_hidden_by_limits(source, replica, context_.policy, *context_.unlimited);
    }
  }

  // One name, but a directory that both trees hold; `source` as wanted() has it. Null: that side
  // lacks it.
  void record(const Named& named, const Seen* source, const Seen* replica,
              const Comparison& comparison, const KnownContent& content);
  // What the directory itself needs, where both trees have it: after all of its names.
  void record_self();

 private:
  [[nodiscard]] Facts made_facts(const Named& named, const Seen& source) const;
  void record_directory(const RelPath& path, const Seen* source, const Seen* replica,
                        const Comparison& comparison);
  void finish(const RelPath& path, Facts before, const FileStatus& source,
              const FileStatus* replica, ReasonSet reasons);

  const PlanningContext& context_;
  const VisitedPair& pair_;
  Findings& findings_;
  bool mirrors_all_;  // all fields: the source's status is what is wanted
  // Whether an entry comes or goes, and whether one may, which is known when all links are.
  bool children_change_ = false;
  bool children_may_change_ = false;
};

}  // namespace foldersync
