// What a plan's file says of folders, rights and its own age, and what of that is believed.
#pragma once

#include <optional>
#include <string>

#include "cli/options/plan_file.h"
#include "cli/values/options.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "scan/roots.h"

namespace foldersync {

// Whether the plan makes the replica's root, which did not exist when it was made.
Result<bool> begins_with_root(const ActionStore& actions);

// Of a plan that was read, and whose signature was asked for (is_signed). Requires: all outlives
// this.
class PlanClaims {
 public:
  PlanClaims(FileSystem& fs, const ApplyOptions& options, const ReadPlan& read)
      : fs_(fs), options_(options), read_(read) {}

  [[nodiscard]] const StoredPlan& plan() const { return read_.plan; }

  // The folders that a person names or, where its file may be believed, the plan does. Errors:
  // kRefused; kUsage where an undo is given a source.
  Result<Roots> open_roots() const;

  // Error kRefused: it is too old, asks for rights that its file may not ask for, or one of its
  // guards refuses it.
  [[nodiscard]] Status check() const;

 private:
  [[nodiscard]] bool names_source() const { return !options_.folders.source.empty(); }
  [[nodiscard]] bool names_replica() const { return !options_.folders.replica.empty(); }
  [[nodiscard]] bool lies_beside(const Root& tree) const;
  [[nodiscard]] Result<Roots> open_backup(const std::string& replica) const;
  [[nodiscard]] Status lie_here() const;
  [[nodiscard]] Result<bool> is_made_for(const std::optional<Root>& replica) const;
  [[nodiscard]] std::optional<double> age_limit() const;
  [[nodiscard]] Status check_age() const;
  [[nodiscard]] Status check_fields() const;
  [[nodiscard]] Status check_guards() const;

  FileSystem& fs_;
  const ApplyOptions& options_;
  const ReadPlan& read_;
};

}  // namespace foldersync
