#include <unistd.h>

#include <cerrno>

#include "apply/backup/past_tree.h"
#include "apply/stage/remove_tree.h"
#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/kept/kept_backups.h"
#include "cli/planning/plan_maker.h"
#include "cli/process/signals.h"
#include "cli/values/folders.h"
#include "cli/values/moment.h"
#include "cli/walls/confinement.h"
#include "core/program_name.h"
#include "core/text.h"
#include "fs/clock.h"
#include "fs/named_path.h"
#include "fs/posix_file_system.h"
#include "plan/past.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

// A folder of our own beside the name that is to come; it goes with this.
class Workshop {
 public:
  Workshop(FileSystem& fs, int target) : fs_(fs), target_(target) {}
  ~Workshop() {
    if (!folder_.is_open()) return;
    (void)empty_directory(fs_, folder_.get());
    (void)fs_.remove_directory(target_, name_.c_str());
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  // RACE: who may write in the target could give the name to something else at once. Only a folder
  // of the caller's alone is taken, and an empty one, as it is emptied in the end.
  Status make() {
    name_ = ".foldersync-restore-" + make_plan_id(wall_clock_now());
    TRY(fs_.make_directory(target_, name_.c_str(), kOwnerAll));
    auto folder = TRY(fs_.open_directory(target_, name_.c_str()));
    Listing listing;
    TRY(listing.read_anew(fs_, folder.get()));
    if (!is_callers_alone(fs_.status(folder.get())) || !listing.entries().empty()) {
      return changed_error("restore", "somebody has put something else there");
    }
    folder_ = std::move(folder);
    return success();
  }
  [[nodiscard]] int fd() const { return folder_.get(); }

 private:
  FileSystem& fs_;
  int target_;
  std::string name_;
  Fd folder_;
};

class Restore {
 public:
  Restore(const RestoreOptions& options, KeptBackups backups, RelPath path)
      : options_(options), backups_(std::move(backups)), path_(std::move(path)) {}

  Result<ExitCode> run() {
    const FileTime moment = TRY(chosen_moment());
    to_ = options_.to ? absolute_name(*options_.to) : absolute_name(".");
    const auto target = TRY(open_target());
    TRY(refuse_what_is_there(target.get()));
    TRY(look_back_to(moment));
    const std::string warning = write_nowhere_else(
        fs_, {.state_folder = state_folder_of(options_.common.state_folder), .backup_folder = to_});
    if (!warning.empty()) tell(warning);
    const auto counts = TRY(restore(target.get()));
    tell_what_was_done(counts, moment);
    return counts.left_out.empty() ? ExitCode::kDone : ExitCode::kPartial;
  }

 private:
  [[nodiscard]] std::string name() const {
    if (!path_.is_root()) return std::string(path_.name());
    std::string_view root = backups_.replica.path;
    while (root.ends_with('/') || root.ends_with("/.")) root.remove_suffix(1);
    const std::string_view last = root.substr(root.rfind('/') + 1);
    return is_name(last) ? std::string(last) : "replica";
  }

  // A run stands for the moment before it.
  [[nodiscard]] Result<FileTime> chosen_moment() const {
    const FileTime now = wall_clock_now();
    const auto run = find_run(backups_.runs, options_.at);
    // The short id of a run may look like a span.
    const bool is_whole_id = run && run->name.ends_with("-" + options_.at);
    if (is_whole_id) return run->time;
    if (const auto moment = parse_moment(options_.at, now)) return *moment;
    if (run) return run->time;
    Error wrong = run.error();
    wrong.detail =
        "--at: expected a time, as '2026-11-30 18:00', 2d or 2026-11-30T18:00Z, or a run";
    if (!backups_.runs.empty()) wrong.detail += "; " + run.error().detail;
    return wrong;
  }

  // The next run would remove what is put into the replica.
  Result<Fd> open_target() {
    auto target = open_named_folder(fs_, to_);
    if (!target) {
      if (target.error().code == ErrorCode::kRefused) return target.error();
      return refused_error("restore", "the folder of --to can't be opened",
                           target.error().error_number)
          .at(to_);
    }
    const Root kept = TRY(open_root(fs_, backups_.folder, "backup folder"));
    if (TRY(lies_inside(fs_, to_, backups_.replica)) || TRY(lies_inside(fs_, to_, kept))) {
      return refused_error("restore",
                           "this folder lies in the replica or with its backups, where nothing is "
                           "put: name another one with --to, the source, say")
          .at(to_);
    }
    return target;
  }

  [[nodiscard]] Status refuse_what_is_there(int target) const {
    const auto there = fs_.status_at(target, name().c_str());
    if (!there && there.error().error_number == ENOENT) return success();
    return refused_error("restore",
                         "something has that name already, and nothing is ever replaced: move it "
                         "away, or name another folder with --to")
        .at(to_ + "/" + name());
  }

  Status look_back_to(FileTime moment) {
    for (const KeptBackup& run : backups_.in_force()) {
      if (run.time < moment) continue;
      TRY(past_.add(TRY(read_undo(fs_, backups_, run)).actions));
      const bool is_gap = run.has_gap_before && run.time != moment;
      if (is_gap) (names_.empty() ? begins_in_gap_ : has_gap_) = true;
      names_.push_back(run.name);
    }
    return success();
  }

  // Of a file that the first of these runs replaced or deleted, no later run matters.
  [[nodiscard]] bool may_be_newer(const RestoredCounts& counts) const {
    const auto origin = past_.before(0, path_);
    const bool is_of_first = counts.entries == 1 && origin && origin->run == std::size_t{0};
    return begins_in_gap_ || (has_gap_ && !is_of_first);
  }

  Result<RestoredCounts> restore(int target) {
    const auto folder = TRY(open_named_folder(fs_, backups_.folder).at(backups_.folder));
    PastTree tree(fs_, backups_.replica.fd.get(), folder.get(), names_);
    Workshop workshop(fs_, target);
    TRY(workshop.make().at(to_));
    const WindUp wind_up(&signals_.stop(), 0);
    const RestoreRequest request{fs_, tree, past_, path_, workshop.fd(), name(), policy(), wind_up};
    auto counts = restore_into(request);
    if (!counts && counts.error().error_number == ENOENT && counts.error().path == path_.bytes()) {
      return refused_error("restore", "nothing was there then: " + our_command("versions") +
                                          " with this path lists what the backups have of it")
          .at(path_.shown());
    }
    if (!counts) return counts;
    const Fd top = TRY(finish_below(request));
    Status moved =
        fs_.rename(workshop.fd(), name().c_str(), target, name().c_str(), RenameMode::kNoReplace);
    if (!moved && moved.error().error_number == EEXIST) TRY(refuse_what_is_there(target));
    if (!moved) return std::move(moved).error().at(to_ + "/" + name());
    if (top.is_open()) TRY(finish_top(request, top.get()));
    TRY(fs_.sync(target).at(to_));
    return counts;
  }

  [[nodiscard]] static Policy policy() { return policy_for(FileSystemLimits{}); }

  void tell_what_was_done(const RestoredCounts& counts, FileTime moment) const {
    for (const Error& error : counts.left_out) tell("left out: " + describe(error));
    if (options_.common.console.verbosity == Verbosity::kQuiet) return;
    if (may_be_newer(counts)) {
      tell(
          "backups between others were removed since then (--backup-keep): what those runs changed "
          "may come as it was later");
    }
    const bool is_older = !backups_.runs.empty() && moment < backups_.runs.front().time;
    if (is_older) {
      tell("the oldest backup is of " + local_text(backups_.runs.front().time) +
           ": what was there before it is not known, and this is what was there then");
    }
    tell("'" + escaped(to_ + "/" + name()) + "' is '" + escaped(path_.shown()) + "' as it was " +
             (names_.empty()
                  ? "after the last run that has a backup: none that has one has changed it since"
                  : "until the run " + names_.front()) +
             " (" + human_count(counts.entries) +
             (counts.entries == 1 ? " entry, " : " entries, ") + human_bytes(counts.bytes) + ")",
         Level::kInfo);
  }

  const RestoreOptions& options_;
  FileSystem& fs_ = posix_file_system();
  Signals signals_{HangUp::kStops};
  KeptBackups backups_;
  RelPath path_;
  std::string to_;
  Past past_{path_};
  std::vector<std::string> names_;  // of the backups in the past
  bool begins_in_gap_ = false;      // some between then and the first of them may have been removed
  bool has_gap_ = false;            // some between them were
};

}  // namespace

Result<ExitCode> execute(const RestoreOptions& options) {
  auto backups = TRY(
      open_backups(posix_file_system(), options.replica, options.backup_folder, options.common));
  RelPath path = TRY(path_in(backups.replica, options.path));
  TRY(hold_still(posix_file_system(), backups, options.common));
  if (backups.runs.empty()) {
    return refused_error("restore",
                         "no backup of this replica that is your own lies in that folder")
        .at(backups.folder);
  }
  return Restore(options, std::move(backups), std::move(path)).run();
}

}  // namespace foldersync
