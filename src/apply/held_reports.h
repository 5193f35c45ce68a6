// Reports that wait until it is certain that they are true.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "apply/look/report.h"
#include "core/result.h"

namespace foldersync {

// Keeps the reports of a window until what they say is on disk. Warnings pass at once.
class HeldReports final : public ApplyObserver {
 public:
  explicit HeldReports(ApplyObserver& observer) : observer_(observer) {}

  void report(const ActionReport& report) override;
  void warn(const std::string& sentence) override { observer_.warn(sentence); }

  // The actions of these numbers are done already, by this run: whatever is reported of them.
  void are_done(std::set<std::uint64_t> seqs) { done_.merge(seqs); }

  // Where something fails as it does once a file system has gone, `look` says whether that is so.
  // From then on nothing is told to have failed: it is skipped, and so is what may not be on disk.
  void on_failure(std::function<Status()> look) { look_ = std::move(look); }
  [[nodiscard]] const Status& still_there() const { return still_there_; }

  // Whether an action failed, was stale or was skipped.
  [[nodiscard]] bool has_trouble() const { return has_trouble_; }

  // Hands everything on, in the order in which it came.
  void release();
  // The same, but what is said to be done has failed with `error`.
  void release_as_failed(const Error& error);
  // The same, but what is said to be done, or to hold already, was rolled back.
  void release_as_rolled_back();

 private:
  void look_whether_there(ActionReport& report);
  template <class Change>
  void release_changed(Change change);

  ApplyObserver& observer_;
  std::vector<ActionReport> reports_;
  std::set<std::uint64_t> done_;
  bool has_trouble_ = false;
  std::function<Status()> look_;
  Status still_there_ = success();
};

}  // namespace foldersync
