// The file, or standard output, that takes a report.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "cli/console/report_text.h"
#include "core/result.h"
#include "fs/fd.h"

namespace foldersync {

// Writes one group of lines after another: start, problems, actions, summary. Whole lines at a
// time, never older than a quarter of a second while actions come in. One thread.
class ReportFile {
 public:
  // `file`: "-" is standard output; else a file that is appended to, made with mode 0600. Error
  // kRefused where it can't be opened or written, is a link or no regular file, or holds anything
  // but reports. What a kill left of a last line is cut off.
  static Result<std::unique_ptr<ReportFile>> open(const std::string& file, ReportSubject subject);

  // Opens the file by its name again, for a new group: somebody may have moved it away.
  Status reopen();

  // Begins a group; the plan may be missing, and must else live until end(), or until another one
  // goes on with the group: where one was begun and has not ended, this tells of another plan.
  void begin(const StoredPlan* plan);
  // Requires: a group was begun with a plan.
  void action(const ActionReport& report);
  // All actions of the plan as skipped, where none was reported yet. How many these were.
  std::uint64_t skip_all();
  // Ends the group, and begins one without a plan before where none was begun.
  void end(ReportEnd end);

  // What went wrong with writing since open() or reopen(), if anything. Nothing is written after
  // that.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  ReportFile(std::string file, ReportSubject subject)
      : file_(std::move(file)), subject_(std::move(subject)) {}

  [[nodiscard]] std::uint64_t microseconds() const;
  void write(const std::string& line);
  void flush();

  std::string file_;
  ReportSubject subject_;
  Fd fd_;  // closed: standard output
  std::string buffer_;
  const StoredPlan* plan_ = nullptr;
  std::uint64_t reported_ = 0;  // actions of the group
  bool is_begun_ = false;
  std::set<std::string> problems_;  // the lines of the group
  double started_ = 0;              // monotonic seconds
  double flushed_ = 0;
  std::optional<Error> failure_;
};

}  // namespace foldersync
