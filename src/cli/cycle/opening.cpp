#include "cli/cycle/opening.h"

#include <unistd.h>

#include <utility>

#include "cli/console/console.h"
#include "cli/console/terminal.h"
#include "cli/values/folders.h"
#include "fs/named_path.h"

namespace foldersync {
namespace {

constexpr const char* kDefaultLog = "log.txt";

// Where the source is missing, say, the replica is to stay as it is all the same.
Status keep_out_of_replica(FileSystem& fs, const FolderOptions& folders,
                           const std::vector<std::string>& files) {
  const auto replica = open_root(fs, absolute_name(folders.replica), "replica");
  return replica ? refuse_inside(fs, *replica, files) : success();
}

// Also where the replica is none, and the run ends with a line in the log.
bool lies_in_source(FileSystem& fs, const FolderOptions& folders, const std::string& log_file) {
  const auto source = open_root(fs, absolute_name(folders.source), "source");
  if (!source) return false;
  const auto inside = lies_inside(fs, folder_above(log_file), *source);
  return inside && *inside;
}

// Where nobody has named one it is a service, not a promise, and in nobody's way.
Result<std::unique_ptr<Log>> open_default_log(LogSettings settings) {
  settings.must_be_log = true;
  auto log = Log::open(settings);
  if (log) return log;
  settings.file.clear();
  auto console = TRY(Log::open(settings));
  console->warn("no log file (-l names one elsewhere, -l none says that none is wanted): " +
                describe(log.error()));
  return console;
}

Result<std::unique_ptr<Log>> open_log(const RunOptions& options, const std::string& file,
                                      bool is_in_source) {
  LogSettings settings = log_settings(options.applying, options.common.console, file);
  settings.is_loop = options.interval_seconds.has_value();
  if (options.applying.log_file) return Log::open(settings);
  if (!is_in_source) return open_default_log(std::move(settings));
  auto console = TRY(Log::open(settings));
  console->warn(
      "no log file: the current folder lies in the source, which is only read; -l names one "
      "elsewhere, -l none says that none is wanted");
  return console;
}

// Whether somebody may be sitting there who can say what --adopt says.
bool may_ask_for_adoption(const RunOptions& options) {
  return !options.planning.adopt && !options.interval_seconds && !options.applying.dry_run &&
         screen_of(STDIN_FILENO) && screen_of(STDERR_FILENO);
}

}  // namespace

std::string named_log(const ApplyingOptions& options) {
  const auto& named = options.log_file;
  return named == "-" || named == "none" ? std::string() : absolute_if_named(named);
}

std::vector<std::string> own_files(const ApplyingOptions& options, const std::string& log_file,
                                   const KeptState& state) {
  const bool in_file = options.report_file != "-";
  return {log_file, state.folder(), absolute_if_named(options.backup.folder),
          in_file ? absolute_if_named(options.report_file) : std::string(),
          absolute_if_named(options.metrics_file)};
}

LogSettings log_settings(const ApplyingOptions& options, const ConsoleOptions& console,
                         const std::string& log_file) {
  return {.file = log_file,
          .verbosity = options.report_file == "-" ? Verbosity::kQuiet : console.verbosity,
          .colour = colour_of(console) == Colour::kOn,
          .form = options.log_form,
          .is_console = options.log_file == "-"};
}

Result<std::unique_ptr<ReportFile>> open_report(const ApplyingOptions& options,
                                                ReportSubject subject) {
  if (!options.report_file) return std::unique_ptr<ReportFile>();
  subject.atomic = options.atomic;
  subject.durable = options.durable;
  subject.dry_run = options.dry_run;
  const std::string& file = *options.report_file;
  return ReportFile::open(file == "-" ? file : absolute_name(file), std::move(subject));
}

Result<Opened> open_for_run(FileSystem& fs, const KeptState& state, const RunOptions& options,
                            const Signals& signals) {
  const ApplyingOptions& applying = options.applying;
  const FolderOptions& folders = options.folders;
  const Colour colour = colour_of(options.common.console);
  Opened opened;
  if (options.confirm && !applying.dry_run) {
    auto person = TRY(Person::at_terminal(colour, signals));
    opened.person = std::move(person);
  } else if (may_ask_for_adoption(options)) {
    auto person = Person::at_terminal(colour, signals);
    if (person) opened.doubter = std::move(*person);
  }
  // What can never work ends the program at once; what may pass belongs to the cycles.
  const auto roots = open_roots(fs, folders);
  if (!roots && roots.error().code == ErrorCode::kBadPair) return roots.error();
  opened.log_file = applying.log_file ? named_log(applying) : absolute_name(kDefaultLog);
  const bool is_in_source = !applying.log_file && lies_in_source(fs, folders, opened.log_file);
  if (is_in_source) opened.log_file.clear();
  const auto files = own_files(applying, opened.log_file, state);
  if (roots) {
    TRY(place_own_files(fs, *roots, files));
  } else {
    TRY(keep_out_of_replica(fs, folders, files));
  }
  opened.log = TRY(open_log(options, opened.log_file, is_in_source));
  opened.report = TRY(open_report(applying, {.command = "run",
                                             .source = absolute_name(folders.source),
                                             .replica = absolute_name(folders.replica)}));
  return opened;
}

}  // namespace foldersync
