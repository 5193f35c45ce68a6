// One thread's part of a verification: one pair of directories after another.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/compare.h"
#include "planner/admission.h"
#include "planner/findings.h"
#include "scan/content.h"
#include "scan/walker.h"
#include "verify/verify.h"

namespace foldersync {

class PairVerifier {
 public:
  // All outlive the object. Without a replica, the source is held against what is remembered of it.
  PairVerifier(const PlanningContext& context, const VerifyRequest& request, Frontier& frontier);

  // As PairVisitor::visit.
  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children);
  // What was found, once all was visited.
  Verified take();

 private:
  struct SideOfPair {
    Sides side;
    const VisitedDirectory& directory;
    DirectoryHashes& hashes;
  };
  // Two files that are equal, whose hash comes later.
  struct Waiting {
    std::string directory;
    std::string name;
    FileStatus source;
    FileStatus replica;
    Likeness likeness;
  };

  Status merge(const VisitedPair& pair, Admission admission, std::vector<PairToVisit>& children,
               std::string& last);
  Status compare_directories(const VisitedPair& pair, const RelPath& path);
  Status look_at(const VisitedPair& pair, const Named& named);
  Status read_alone(const SideOfPair& side, const RelPath& path, const FileToRead& file);
  Status hold_against_older(const SideOfPair& side, const RelPath& path, const FileToRead& file,
                            const CachedHash& known);
  Status read_both(const VisitedPair& pair, const Named& named, const RelPath& path);
  Status tell_difference(const RelPath& path, const FileToRead& source, const FileToRead& replica);
  Result<std::optional<Soundness>> soundness(const SideOfPair& side, const RelPath& path,
                                             const FileToRead& file);
  Status compare_entries(const VisitedPair& pair, const Named& named, const RelPath& path);
  void hold_against_memory(const Waiting& file, const Md5& md5);
  void finish_batch();
  void add(const RelPath& path, Sides sides, Mismatch what, std::string detail);
  void hide_last();
  Status add_error(const RelPath& path, Sides sides, const Error& error);
  void count(const FileToRead& file, DirectoryHashes& hashes);

  const PlanningContext& context_;
  const bool is_alone_;
  Frontier& frontier_;
  Findings admitted_;  // what Admission tells
  Verified verified_;
  ContentJudge judge_;
  Md5Batch batch_;
  std::vector<Waiting> waiting_;
  DirectoryHashes source_hashes_;
  DirectoryHashes replica_hashes_;
};

}  // namespace foldersync
