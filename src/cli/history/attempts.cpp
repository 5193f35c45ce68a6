#include "cli/history/attempts.h"

#include <unistd.h>

#include <utility>

#include "cli/console/console.h"
#include "cli/history/metrics_file.h"
#include "cli/history/pair_status.h"
#include "cli/process/cycle_process.h"
#include "cli/process/signals.h"
#include "cli/values/folders.h"
#include "core/text.h"
#include "fs/clock.h"
#include "fs/named_path.h"
#include "scan/roots.h"

namespace foldersync {
namespace {

std::string new_id(FileTime now) {
  return std::to_string(::getpid()) + "-" + std::to_string(now.seconds) + "." +
         std::to_string(now.nanoseconds);
}

// Whether nothing of the program's own may be written in `folder`: where a run was refused since it
// lies in the replica, say, that is left as it is.
bool lies_in(FileSystem& fs, const std::string& folder, const std::string& named) {
  if (named.empty()) return false;
  const auto root = open_root(fs, named, "folder");
  if (!root) return (folder + "/").starts_with(named + "/");
  const auto inside = lies_inside(fs, folder, *root);
  return !inside || *inside;
}

}  // namespace

Attempts::Attempts(FileSystem& fs, AttemptsOrder order)
    : fs_(fs), order_(std::move(order)), state_(state_folder_of(order_.common.state_folder)) {
  attempt_.source = order_.source;
  attempt_.replica = order_.replica;
}

std::string Attempts::text() const {
  Fields fields{{"source", attempt_.source}, {"replica", attempt_.replica}};
  add_to(fields, outcome_);
  return line_of(fields);
}

void Attempts::take(const std::string& text) {
  const auto fields = fields_in(text);
  if (!fields || text_at(*fields, "exit").empty()) return;
  outcome_ = outcome_in(*fields);
  attempt_.source = text_at(*fields, "source");
  attempt_.replica = text_at(*fields, "replica");
}

void Attempts::begin() {
  is_begun_ = true;
  outcome_ = {};
  const FileTime now = wall_clock_now();
  attempt_ = {new_id(now), order_.command, order_.common.job, order_.source, order_.replica,
              now,         order_.interval};
  started_ = monotonic_seconds();
  file_.reset();
  if (!is_recorded() || file() == nullptr) return;
  record(line_of(attempt_));
  if (file_) file_->hold();
}

void Attempts::know_pair(const std::string& source, const std::string& replica) {
  if (!attempt_.source.empty() && !attempt_.replica.empty()) return;
  attempt_.source = source;
  attempt_.replica = replica;
  if (!is_recorded() || file() == nullptr) return;
  record(line_of(attempt_));
  if (file_) file_->hold();
}

ExitCode Attempts::end(std::optional<double> next_in) {
  const FileTime now = wall_clock_now();
  attempt_.end = {now, monotonic_seconds() - started_, outcome_};
  run_end_hook();
  if (next_in) attempt_.end->next = NextStart{later_by(now, *next_in), order_.slack_seconds};
  if (is_recorded()) (void)file();
  attempt_.standing = after(attempt_.standing, attempt_);
  if (file_) record(line_of(attempt_));
  file_.reset();
  write_metrics();
  ++cycles_;
  if (!attempt_.has_succeeded() && !is_by_signal(outcome_.exit_code)) {
    ++failed_;
    last_failed_ = attempt_;
  }
  return outcome_.exit_code;
}

Status Attempts::run_start_hook() {
  if (!is_told()) return success();
  return order_.hooks.run(Hook::kStart, attempt_);
}

// One that fails is told, and makes more of a code that says that all is well.
void Attempts::run_end_hook() {
  if (!is_told()) return;
  const bool is_done = outcome_.exit_code == ExitCode::kDone;
  const Status run = order_.hooks.run(is_done ? Hook::kSuccess : Hook::kFailure, attempt_);
  if (run) return;
  const std::string what = describe(run.error());
  if (log_ != nullptr) {
    log_->warn(what);
    log_->flush();
  } else {
    tell(what);
  }
  if (!is_done) return;
  outcome_.exit_code = ExitCode::kPartial;
  outcome_.error = what;
  attempt_.end->outcome = outcome_;
}

// As the loop has it for each of its cycles.
Result<ExitCode> Attempts::in_process(Signals& signals,
                                      const std::function<Result<ExitCode>()>& attempt) {
  auto process = TRY(CycleProcess::start(signals));
  if (process.is_cycle()) {
    leave_hooks();
    const auto code = attempt();
    if (!code) note_failure(code.error());
    if (!code && code.error().code != ErrorCode::kStopped) (void)fail(code.error());
    process.hand_over(text());
    return code ? code : outcome_.exit_code;
  }
  const auto end = process.wait(signals);
  take(end.text);
  if (end.code) return *end.code;
  return system_error("run", 0,
                      "its process was ended by signal " + std::to_string(end.signal) +
                          ": the next run goes on from there");
}

Result<ExitCode> Attempts::once(Signals& signals,
                                const std::function<Result<ExitCode>()>& attempt) {
  begin();
  const bool is_apart = is_told() && (order_.applying.metrics_file || order_.hooks.are_wanted());
  const pid_t here = ::getpid();
  const Status allowed = run_start_hook();
  auto code = !allowed   ? Result<ExitCode>(allowed.error())
              : is_apart ? in_process(signals, attempt)
                         : attempt();
  if (::getpid() != here) return code;
  if (!allowed && log_ != nullptr) {
    log_->error(describe(allowed.error()));
    log_->flush();
    code = exit_code_of(allowed.error());
  }
  if (!allowed) note_failure(allowed.error());
  if (!code) note_failure(code.error());
  if (code) outcome_.exit_code = *code;
  const ExitCode end_code = end();
  if (code) return end_code;
  return code;
}

Result<ExitCode> Attempts::or_failed(Result<ExitCode> code) {
  const bool is_of_attempt = is_begun_ || code || code.error().code == ErrorCode::kUsage;
  if (is_of_attempt || !is_told()) return code;
  is_begun_ = true;
  if (lies_in(fs_, state_, order_.replica) || lies_in(fs_, state_, order_.source)) state_.clear();
  begin();
  note_failure(code.error());
  (void)end();
  return code;
}

void Attempts::begin_loop() {
  if (!is_recorded()) return;
  auto held = hold_loop(fs_, state_, history_name(order_.source + '\0' + order_.replica));
  if (held) loop_ = std::move(*held);
}

std::string Attempts::end_loop() {
  if (is_recorded() && file() != nullptr) {
    record(loop_end_line(order_.source, order_.replica, wall_clock_now()));
  }
  file_.reset();
  loop_.reset();
  std::string text = human_count(cycles_) + (cycles_ == 1 ? " cycle, " : " cycles, ");
  if (failed_ == 0) return text + "none of them failed";
  text += human_count(failed_) + " of them failed";
  return text + ", the last one that began at " + to_string(last_failed_->started) + ": " +
         sentence_of(last_failed_->end->outcome);
}

bool Attempts::is_recorded() const {
  return is_told() && !state_.empty() && !attempt_.source.empty() && !attempt_.replica.empty();
}

// Null where it can't be kept.
HistoryFile* Attempts::file() {
  if (file_) return &*file_;
  const std::string name = history_name(attempt_.source + '\0' + attempt_.replica);
  auto opened = HistoryFile::open(fs_, state_, name);
  if (!opened) {
    warn(describe(opened.error()));
    return nullptr;
  }
  file_ = std::move(*opened);
  attempt_.standing = standing_before(attempt_, file_->last_lines());
  return &*file_;
}

void Attempts::record(const std::string& line) {
  const Status added = file_->add(line);
  if (added) return;
  warn(describe(added.error()));
  file_.reset();
}

void Attempts::note_failure(const Error& error) {
  const bool is_stop = error.code == ErrorCode::kStopped;
  outcome_.exit_code = is_stop ? Signals::stop_code() : exit_code_of(error);
  if (outcome_.error.empty()) outcome_.error = describe(error);
}

// Where the attempt came to nothing, nobody has asked yet whether the file lies in a folder of
// theirs. RACE: who may exchange a folder above the file may move it into one of these after the
// question; what is written there is a file of metrics, and replaces no other.
void Attempts::write_metrics() {
  if (!order_.applying.metrics_file || !is_told()) return;
  const std::string file = absolute_name(*order_.applying.metrics_file);
  Status written = success();
  if (attempt_.source.empty() || attempt_.replica.empty()) {
    written = refused_error("write", "it is not known which folders they would be of");
  } else if (const auto place = find_named(fs_, folder_above(file)); !place) {
    written = place.error();
  } else if (lies_in(fs_, folder_above(file), attempt_.replica) ||
             lies_in(fs_, folder_above(file), attempt_.source)) {
    written = refused_error("write", "it would lie in the source or the replica").at(file);
  } else {
    written = foldersync::write_metrics(fs_, file, attempt_);
  }
  if (written) return;
  const std::string sentence = "no metrics: " + describe(written.error());
  if (log_ != nullptr) return log_->warn(sentence);
  tell(sentence);
}

void Attempts::warn(const std::string& what) {
  if (std::exchange(has_warned_, true)) return;
  const std::string sentence =
      "what becomes of runs is not recorded, and status can't tell: " + what;
  if (log_ != nullptr) return log_->warn(sentence);
  tell(sentence);
}

}  // namespace foldersync
