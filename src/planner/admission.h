// Which names of a pair of directories take part in a plan at all, and which are left alone.
#pragma once

#include <optional>
#include <string_view>

#include "core/file_status.h"
#include "core/result.h"
#include "filter/local_rules.h"
#include "planner/findings.h"

namespace foldersync {

// One name of a pair; null: that side lacks it, or it is to be left alone there.
struct Named {
  std::string_view name;  // followed by NUL
  const FileStatus* source = nullptr;
  const FileStatus* replica = nullptr;
  bool source_is_mirrored_below = true;  // false: another file system that is left out
  bool source_is_left_out = false;       // it, or what it lies in, by the source's rules or a list
};

// Asks the rules: what is excluded, what belongs to the program or to the file system, where
// mounts and read-only snapshots begin, what could not be examined, what can't be made. Reads
// nothing.
class Admission {
 public:
  // `local`: what the source says of the directory (rules_of_source); null: nothing.
  // Requires: all of them outlive the object.
  Admission(const PlanningContext& context, const VisitedPair& pair, Findings& findings,
            const LocalRules* local = nullptr)
      : context_(context),
        pair_(pair),
        findings_(findings),
        local_(local),
        has_filters_(local != nullptr || !context.filter.empty()),
        has_bounds_(context.filter.has_bounds()) {}

  // The name as far as something is to be decided about it, or nothing; what is left alone for a
  // reason that a person should know is in the findings. Null: that side lacks the name; not both.
  // Error kRefused: one of the two roots turned up inside the other.
  Result<std::optional<Named>> admit(const ListedEntry* source, const ListedEntry* replica);

  // Whether the source's entry takes part, and whether the replica's is left alone, as far as their
  // names go.
  [[nodiscard]] bool mirrors(const ListedEntry& source) const;
  [[nodiscard]] bool protects(const ListedEntry& replica) const;

 private:
  bool is_own(const ListedEntry& entry, Side side, bool in_replica);
  void tell_unknown(Side side, const ListedEntry& entry, bool in_replica);
  [[nodiscard]] bool is_own_of_file_system(const ListedEntry& entry, Side side) const;
  [[nodiscard]] bool is_left_out(std::string_view name) const;
  [[nodiscard]] bool is_excluded(const ListedEntry& entry) const;
  [[nodiscard]] bool is_out_of_bounds(const ListedEntry& entry) const;
  void leave_out(Named& named);
  bool admit_source(const ListedEntry& entry, Named& named);
  bool admit_replica(const ListedEntry& entry);
  bool is_left_alone(Named& named);
  [[nodiscard]] bool is_read_only_part(const Named& named) const;
  void keep(std::string_view name) { findings_.kept.push_back(path_of(pair_, name)); }

  const PlanningContext& context_;
  const VisitedPair& pair_;
  Findings& findings_;
  const LocalRules* local_;
  bool has_filters_;  // asked once: names are many
  bool has_bounds_;
};

}  // namespace foldersync
