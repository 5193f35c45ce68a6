// Where all content is read: what went bad by itself is not carried over, and not kept.
#pragma once

#include <optional>

#include "planner/findings.h"
#include "scan/content.h"

namespace foldersync {

// One thread's. Tells of decay where all content is read (PlanOptions::reads_all), and something
// is remembered; nowhere else.
class DecayCheck {
 public:
  // All outlive the object.
  DecayCheck(const PlanningContext& context, Findings& findings, ContentJudge& judge)
      : context_(context), findings_(findings), judge_(judge) {}

  // Whether what the source's file at `path` holds may be carried over; where not, it is a problem.
  bool may_be_carried(const RelPath& path, const FileToRead& file, DirectoryHashes& hashes);
  // Files of both trees that are equal, and perhaps went bad in both: told likewise. `md5`: theirs.
  void judge_equal(const RelPath& path, const Md5& md5, const std::optional<Md5>& source_remembered,
                   const std::optional<Md5>& replica_remembered);
  // Whether what the replica's file holds went bad, though nothing says that it was changed.
  bool is_decayed(const FileToRead& file, DirectoryHashes& hashes);

 private:
  bool is_accepted(const RelPath& path);

  const PlanningContext& context_;
  Findings& findings_;
  ContentJudge& judge_;
};

}  // namespace foldersync
