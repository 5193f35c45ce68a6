#include "cli/console/report_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "cli/console/console.h"
#include "fs/clock.h"
#include "fs/copy.h"
#include "fs/named_file.h"
#include "fs/posix_file_system.h"

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr double kLongestWait = 0.25;
// How each report begins.
constexpr std::string_view kBeginning = R"({"event":"start","format":"sync.report")";

Error refused(const std::string& file, const char* why, int error_number) {
  return refused_error("open report", why, error_number).at(file);
}

// Where the last line of the file has its end, 0 where it has no line; nothing where that can't be
// read.
std::optional<off_t> end_of_lines(int fd, off_t size) {
  std::array<char, 4096> block{};
  for (off_t end = size; end > 0;) {
    const off_t begin = std::max<off_t>(end - static_cast<off_t>(block.size()), 0);
    const ssize_t count = ::pread(fd, block.data(), static_cast<std::size_t>(end - begin), begin);
    if (count != end - begin) return std::nullopt;
    const std::string_view text(block.data(), static_cast<std::size_t>(count));
    const std::size_t last = text.rfind('\n');
    if (last != std::string_view::npos) return begin + static_cast<off_t>(last) + 1;
    end = begin;
  }
  return 0;
}

// Whether the file is empty or a report, which is what appending to it must not spoil.
bool is_report(int fd, off_t size) {
  if (size == 0) return true;
  std::array<char, kBeginning.size()> text{};
  const ssize_t count = ::pread(fd, text.data(), text.size(), 0);
  return count > 0 && kBeginning.starts_with({text.data(), static_cast<std::size_t>(count)});
}

Result<Fd> open_file(const std::string& file) {
  FileSystem& fs = posix_file_system();
  auto opened = open_to_append(fs, file);
  if (!opened) {
    return refused_error("open report", opened.error().detail, opened.error().error_number)
        .at(file);
  }
  Fd fd = std::move(*opened);
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) return refused(file, "it can't be examined", errno);
  if (!S_ISREG(status.st_mode)) return fd;
  if (!is_report(fd.get(), status.st_size))
    return refused(file, "there is a file of that name, and it is not a report", 0);
  const auto end = end_of_lines(fd.get(), status.st_size);
  if (!end) return refused(file, "it can't be read", errno);
  if (*end < status.st_size && ::ftruncate(fd.get(), *end) < 0)
    return refused(file, "it can't be written", errno);
  return fd;
}

}  // namespace

Result<std::unique_ptr<ReportFile>> ReportFile::open(const std::string& file,
                                                     ReportSubject subject) {
  std::unique_ptr<ReportFile> report(new ReportFile(file, std::move(subject)));
  if (Status opened = report->reopen(); !opened) return std::move(opened).error();
  return report;
}

Status ReportFile::reopen() {
  is_begun_ = false;
  failure_.reset();
  if (file_ == "-") return success();
  auto fd = TRY(open_file(file_));
  fd_ = std::move(fd);
  return success();
}

std::uint64_t ReportFile::microseconds() const {
  return static_cast<std::uint64_t>((monotonic_seconds() - started_) * 1e6);
}

void ReportFile::begin(const StoredPlan* plan) {
  plan_ = plan;
  reported_ = 0;
  if (is_begun_ && plan != nullptr) {
    write(report_plan(*plan));
  } else {
    started_ = flushed_ = monotonic_seconds();
    write(report_start(subject_, plan, wall_clock_now()));
    problems_.clear();
  }
  is_begun_ = true;
  if (plan != nullptr) {
    for (const Problem& problem : plan->problems) {
      const auto [line, is_new] = problems_.insert(report_problem(problem));
      if (is_new) write(*line);
    }
  }
  flush();
}

void ReportFile::action(const ActionReport& report) {
  ++reported_;
  write(report_action(report, microseconds()));
  if (monotonic_seconds() - flushed_ >= kLongestWait) flush();
}

std::uint64_t ReportFile::skip_all() {
  if (plan_ == nullptr || reported_ > 0) return 0;
  ActionReport report;
  report.outcome = Outcome::kSkipped;
  Status read = for_each_action(plan_->actions, [&](const Action& skipped, std::uint64_t seq) {
    report.seq = seq;
    report.action = &skipped;
    action(report);
  });
  if (!read && !failure_) failure_ = read.error();
  return report.seq;
}

void ReportFile::end(ReportEnd end) {
  if (!is_begun_) begin(nullptr);
  end.problems = problems_.size();
  end.complete = end.problems == 0;
  write(report_summary(end, microseconds()));
  flush();
  is_begun_ = false;
  plan_ = nullptr;
}

void ReportFile::write(const std::string& line) {
  if (failure_) return;
  if (buffer_.size() + line.size() > kBufferBytes) flush();
  buffer_ += line;
}

void ReportFile::flush() {
  const int fd = fd_.is_open() ? fd_.get() : STDOUT_FILENO;
  flushed_ = monotonic_seconds();
  const Status written = failure_ ? success() : write_all(fd, buffer_);
  if (!written) {
    failure_ = system_error("write report", written.error().error_number)
                   .at(fd_.is_open() ? file_ : kStandardOutput);
  }
  buffer_.clear();
}

}  // namespace foldersync
