#include "apply/held_reports.h"

#include "scan/roots.h"

namespace foldersync {

void HeldReports::look_whether_there(ActionReport& report) {
  if (report.outcome != Outcome::kError || !look_) return;
  if (still_there_ && may_be_of_a_cut(*report.error)) still_there_ = look_();
  if (still_there_) return;
  report.outcome = Outcome::kSkipped;
  report.error.reset();
}

void HeldReports::report(const ActionReport& report) {
  reports_.push_back(report);
  look_whether_there(reports_.back());
  if (done_.contains(report.seq)) reports_.back().outcome = Outcome::kOk;
  const Outcome outcome = reports_.back().outcome;
  has_trouble_ = has_trouble_ || (outcome != Outcome::kOk && outcome != Outcome::kAlready);
}

template <class Change>
void HeldReports::release_changed(Change change) {
  for (ActionReport& report : std::exchange(reports_, {})) {
    change(report);
    observer_.report(report);
  }
  has_trouble_ = false;
}

void HeldReports::release() {
  release_changed([](ActionReport&) {});
}

void HeldReports::release_as_failed(const Error& error) {
  release_changed([&](ActionReport& report) {
    if (report.outcome != Outcome::kOk) return;
    report.outcome = Outcome::kError;
    report.grown = false;
    report.bytes = 0;
    report.error = error;
    if (report.error->path.empty()) report.error->path = report.action->path.shown();
    look_whether_there(report);
  });
}

void HeldReports::release_as_rolled_back() {
  release_changed([](ActionReport& report) {
    // Where all or nothing is wanted, it is why nothing was done.
    if (std::exchange(report.vanished, false)) report.outcome = Outcome::kError;
    if (report.outcome != Outcome::kOk && report.outcome != Outcome::kAlready &&
        report.outcome != Outcome::kSkipped) {
      return;
    }
    report.outcome = Outcome::kRolledBack;
    report.grown = false;
    report.bytes = 0;
    report.error.reset();  // of what was skipped
  });
}

}  // namespace foldersync
