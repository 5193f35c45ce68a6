// What a run reads of its trees besides, to find what went bad: a share in each cycle, so that all
// of it is read in turn.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/planning/plan_maker.h"
#include "cli/planning/tools.h"
#include "cli/values/options.h"
#include "core/result.h"
#include "planner/planner.h"
#include "state/verify_memory.h"
#include "verify/verify.h"

namespace foldersync {

class VerifyShare {
 public:
  // All outlive the object.
  VerifyShare(const Tools& tools, const RunOptions& options, PlanMaker& maker)
      : tools_(tools), options_(options), maker_(maker) {}

  // Reads the share of this cycle, where one is wanted, and has the maker doubt what it shows, and
  // what earlier ones have shown that is not put right. `files`: of the source, as the last run saw
  // them; 0: not known. Errors: kStopped; a root can't be read any more.
  Status read(const Roots& roots, const std::vector<std::string>& left_out, std::uint64_t files);
  // What of the source is held from now on, whatever becomes of the plan; kept at once. A dry run
  // holds nothing.
  void hold(const Roots& roots, const Planned& planned);
  // Once the plan was applied, and all of it was done or not: where the next share begins. Kept
  // when the state is saved.
  void remember(const Roots& roots, const Planned& planned, bool did_all);
  // For the last line of the cycle; empty: nothing was read besides.
  [[nodiscard]] std::string summary() const;

 private:
  Result<std::uint64_t> files_to_read(const Roots& roots, std::uint64_t known) const;
  Status read_stretch(const Roots& roots, const std::vector<std::string>& left_out,
                      std::uint64_t files);
  Status doubt(const Roots& roots);
  [[nodiscard]] bool is_in_share(const RelPath& path) const;

  const Tools& tools_;
  const RunOptions& options_;
  PlanMaker& maker_;
  TreePosition from_;
  std::optional<Verified> verified_;  // of this cycle
  std::set<std::string, std::less<>> doubted_;
  std::vector<HeldFile> held_;  // by earlier runs
};

}  // namespace foldersync
