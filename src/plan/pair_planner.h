// Decides about one pair of directories after another, and gathers what it decided.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/compare.h"
#include "plan/document.h"
#include "plan/facts.h"
#include "plan/filter.h"
#include "plan/links.h"
#include "scan/content.h"
#include "scan/walker.h"
#include "state/last_run.h"

namespace foldersync {

// What every thread of one planning reads.
struct PlanningContext {
  FileSystem& fs;
  const PlanOptions& options;
  const Policy& policy;
  const Filter& filter;
  FileStatus source_root;
  FileStatus replica_root;  // of no meaning where there is no replica yet
  CachedTree source_hashes;
  CachedTree replica_hashes;
};

// What was found, by one thread; in no order.
struct Findings {
  std::vector<Action> actions;
  std::vector<LinkedEntry> linked;
  std::vector<Problem> problems;
  std::vector<Skipped> skipped;
  std::vector<RelPath> kept;              // must stay in the replica, and so must all above them
  std::vector<KnownMount> source_mounts;  // where another file system begins in the source
  std::vector<RelPath> leftovers;         // staging folders of killed runs, below the root
  std::uint64_t unchanged = 0;
  std::uint64_t replica_entries = 0;  // all that the walk met, but for what is excluded
};

// One thread's part of the planning.
class PairPlanner {
 public:
  explicit PairPlanner(const PlanningContext& context);

  // As PairVisitor::visit. Error kRefused where one root turns up inside the other.
  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children);

  Findings& findings() { return findings_; }

 private:
  // One name of the pair; null: that side lacks it, or it is to be left alone there.
  struct Named {
    std::string_view name;
    const FileStatus* source = nullptr;
    const FileStatus* replica = nullptr;
    bool source_is_mirrored_below = true;  // false: another file system that is left out
  };

  Status merge(const VisitedPair& pair, std::vector<PairToVisit>& children);
  Status admit(const VisitedPair& pair, const Listing::Entry* source, const Listing::Entry* replica,
               std::vector<PairToVisit>& children);
  bool admit_source(const VisitedPair& pair, const Listing::Entry& entry, Named& named);
  bool admit_replica(const VisitedPair& pair, const Listing::Entry& entry);
  bool is_own_of_file_system(const VisitedPair& pair, std::string_view name) const;
  bool is_left_out(std::string_view directory, std::string_view name) const;
  bool is_left_alone(const VisitedPair& pair, const Named& named);
  static void queue_below(const VisitedPair& pair, const Named& named,
                          std::vector<PairToVisit>& children);
  Status decide(const VisitedPair& pair, const Named& named, std::vector<PairToVisit>& children);
  bool read_targets(const VisitedPair& pair, const Named& named, Seen* source, Seen* replica);
  bool read_target(const VisitedDirectory& side, Side which, const RelPath& path,
                   std::string_view name, std::string& target);
  bool ask_content(const VisitedPair& pair, const Named& named, Verdict& verdict);
  bool compare_xattrs(const VisitedPair& pair, const Named& named, Verdict& verdict);
  bool pin(const VisitedPair& pair, const Named& named);
  void forget_missing_files(const VisitedPair& pair);
  void record(const VisitedPair& pair, const Named& named, const Seen* source, const Seen* replica,
              const Verdict& verdict);
  void record_directory(const RelPath& path, const Seen* source, const Seen* replica,
                        const Verdict& verdict);
  void record_self(const VisitedPair& pair);
  void finish(const RelPath& path, Facts before, const FileStatus& source,
              const FileStatus* replica, ReasonSet reasons);
  void problem(Side side, RelPath path, int error_number, const char* doing);

  const PlanningContext& context_;
  Findings findings_;
  ContentJudge judge_;
  DirectoryHashes source_hashes_;
  DirectoryHashes replica_hashes_;
  std::string source_target_;
  std::string replica_target_;
  std::optional<Md5> common_md5_;  // of the name that is being decided
  std::optional<Md5> pinned_md5_;
  bool children_change_ = false;  // of the pair that is being visited
};

}  // namespace foldersync
