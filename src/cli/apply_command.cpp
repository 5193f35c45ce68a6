#include <algorithm>
#include <cmath>
#include <utility>

#include "apply/backup/backup.h"
#include "cli/at_rest.h"
#include "cli/backups.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/cycle.h"
#include "cli/folders.h"
#include "cli/last_run_check.h"
#include "cli/limits_check.h"
#include "cli/plan_file.h"
#include "cli/plan_maker.h"
#include "cli/signing.h"
#include "cli/ways.h"
#include "fs/clock.h"
#include "fs/posix_file_system.h"
#include "fs/stop.h"
#include "plan/guard.h"

namespace foldersync {
namespace {

bool is_ours_alone(const Result<FileStatus>& status) {
  return status && foldersync::is_ours_alone(status->uid, status->mode);
}

// The folder that holds the file.
std::string folder_of(const std::string& file) {
  const std::string absolute = absolute_name(file);
  return absolute.substr(0, std::max<std::size_t>(absolute.rfind('/'), 1));
}

double seconds_between(FileTime from, FileTime to) {
  return static_cast<double>(to.seconds) - static_cast<double>(from.seconds) +
         (static_cast<double>(to.nanoseconds) - static_cast<double>(from.nanoseconds)) / 1e9;
}

Result<bool> begins_with_root(const ActionStore& actions) {
  if (actions.empty()) return false;
  ActionCursor cursor(actions);
  const auto first = TRY(cursor.at(0));
  return first->path.is_root();
}

Error refused(std::string detail) { return refused_error("apply", std::move(detail)); }

constexpr double kWeek = 7.0 * 86'400;

// Nobody else could have put an older plan of ours into the place of this one.
Status keeps_its_place(const ReadPlan& read) {
  if (read.is_signed || read.from_stdin || read.exchangeable.empty()) return success();
  const bool is_undo = read.plan.kind == PlanKind::kUndo;
  return refused("others can give '" + read.exchangeable +
                 "' to another file or folder, an older one of yours among them, so the plan is "
                 "not believed as a file: " +
                 (is_undo ? "copy the backup to where nobody else can write, and apply it there"
                          : "name the folders with -s and -r, keep plans where nobody else can "
                            "write, or have them signed (--verify)"));
}

class Applier {
 public:
  Applier(const ApplyOptions& options, Signals& signals)
      : options_(options),
        signals_(signals),
        state_(fs_, state_folder_of(options.common.state_folder)) {}

  Result<ExitCode> run() {
    const double started = monotonic_seconds();
    Spooling spooling = state_.spooling();
    spooling.heed = [this] { return heed(&signals_.stop(), "read plan"); };
    ReadPlan read = TRY(read_plan_file(options_.plan_file, spooling));
    const StoredPlan& plan = read.plan;
    const std::string signer = TRY(verify_signature(plan, options_.signature, options_.plan_file));
    read.is_signed = !signer.empty();
    auto roots = TRY(open_roots(read));
    TRY(open_log(roots));
    report_ = TRY(open_report(options_.applying, {.command = "apply",
                                                  .source = roots.source.path,
                                                  .replica = roots.replica_path,
                                                  .refuse_stale = options_.refuse_stale,
                                                  .signed_by = signer}));
    if (!signer.empty()) log_->detail("the plan is signed by the key " + signer);
    const auto code = apply_to(roots, read, started);
    return code ? *code : fail(code.error(), plan);
  }

 private:
  // Everything is open.
  Result<ExitCode> apply_to(Roots& roots, const ReadPlan& read, double started) {
    const StoredPlan& plan = read.plan;
    TRY(check_age(read));
    TRY(check_fields(read));
    TRY(check_guards(plan));
    TRY(check_required(roots.source, plan.options.require));
    const Tools tools{
        .fs = fs_, .state = state_, .signals = signals_, .log = *log_, .options = options_.common};
    state_.open();
    tell_what_root_leaves_out(state_);
    log_warnings(tools);
    const bool conflicts = TRY(make_ready(tools, roots, plan));
    if (!options_.applying.dry_run) {
      (void)ask_limits_again(tools, *roots.replica, {.has_actions = !plan.actions.empty()});
    }
    PlanningOptions planned_with;
    planned_with.plan.delete_anyway = plan.options.delete_anyway;
    LastRunCheck last_run(state_, planned_with, signals_.stop());
    const bool is_mirror = plan.kind == PlanKind::kMirror;
    return apply_and_log({.tools = tools,
                          .options = options_.applying,
                          .roots = roots,
                          .plan = plan,
                          .report = report_.get(),
                          .check_space = options_.check_space,
                          .refuse_stale = options_.refuse_stale,
                          .conflicts = conflicts,
                          .started = started,
                          .backup_identity = backup_identity_,
                          .remember = [&](bool) {
                            if (is_mirror) last_run.remember_applied(roots, plan);
                          }});
  }

  // Nothing was touched.
  ExitCode fail(const Error& error, const StoredPlan& plan) {
    ReportEnd end = report_end(plan, foldersync::fail(error));
    end.error = error;
    return end_untried(report_.get(), *log_, plan, end);
  }

  // Rights that the source does not give are not given because somebody else's file asks for them.
  static Status check_fields(const ReadPlan& read) {
    const bool is_ours = read.from_stdin || read.is_protected || read.is_signed;
    if (is_ours || read.plan.options.fields.are_all()) return success();
    return refused(
        "the plan's file can be written by others, so what it says of owners and modes (--chown, "
        "--chmod, --no-owner, --no-group, --no-perms) is not believed: give the file to yourself "
        "(mode 0600) once you have looked at it, or have it signed (--verify)");
  }

  // How old the plan may be: as old as it likes, unless only its file speaks for it.
  std::optional<double> age_limit(const ReadPlan& read) const {
    if (options_.max_age_seconds) return options_.max_age_seconds;
    const bool names_both = names_source() && names_replica();
    const bool speaks_alone = !read.from_stdin && !read.is_signed && !names_both;
    if (read.plan.kind != PlanKind::kMirror || !speaks_alone) return std::nullopt;
    return kWeek;
  }

  // A plan from the future is no fresher: one of the clocks is wrong.
  Status check_age(const ReadPlan& read) const {
    const auto limit = age_limit(read);
    const double age = seconds_between(read.plan.created, wall_clock_now());
    if (!limit || std::abs(age) <= *limit) return success();
    const char* why = age < 0 ? "in the future: make a new plan"
                      : options_.max_age_seconds
                          ? "longer ago than --max-age allows: make a new plan"
                          : "longer ago than 7 days: make a new plan, or "
                            "give --max-age, or -s and -r, if this one is meant";
    return refused("the plan was made at " + to_string(read.plan.created) + ", which is " + why);
  }

  // The figures of those that count actions were held against the actions when the plan was read.
  // Those on the source and on free space are asked again when the folders are open.
  Status check_guards(const StoredPlan& plan) const {
    for (const Guard& guard : plan.guards) {
      if (is_about_space(guard) && !options_.check_space) continue;
      if (guard.refused) return refused(explain(guard));
    }
    return success();
  }

  // Whether `tree` is the folder beside the undo, and both lie where nobody else can put another.
  // By what is open: a path may lead elsewhere by now.
  bool lies_beside(const Root& tree, const ReadPlan& undo) {
    const auto folder = fs_.open_parent(tree.fd.get());
    if (!folder || !is_ours_alone(fs_.status(folder->get()))) return false;
    const std::string file = absolute_name(options_.plan_file);
    const auto there = fs_.status_at(folder->get(), file.substr(file.rfind('/') + 1).c_str());
    return there && there->inode == undo.inode && there->device == undo.device &&
           is_ours_alone(fs_.status(tree.fd.get()));
  }

  [[nodiscard]] bool names_source() const { return !options_.folders.source.empty(); }
  [[nodiscard]] bool names_replica() const { return !options_.folders.replica.empty(); }

  // An undo takes its content from the folder beside it, and from nowhere else.
  Result<Roots> open_backup(const ReadPlan& read, const std::string& replica) {
    if (names_source()) {
      Error wrong = refused("an undo has its own source, the folder that it lies in: leave out -s");
      wrong.code = ErrorCode::kUsage;
      return wrong;
    }
    const Error not_believed = refused(
        "an undo is believed only as a file, where it, its folder and the folder 'tree' beside it "
        "belong to root or to you and nobody else can write them");
    if (!read.is_protected) return not_believed;
    TRY(keeps_its_place(read));
    const std::string tree = folder_of(options_.plan_file) + "/" + kBackupTree;
    auto roots =
        TRY(foldersync::open_roots(fs_, FolderOptions{.source = tree, .replica = replica}));
    if (!lies_beside(roots.source, read)) return not_believed;
    const bool is_it = roots.replica && roots.replica->identity == read.plan.replica.identity;
    if (is_it || names_replica()) return roots;
    return refused("the replica '" + replica +
                   "' is not the folder that the undo was made for (another file system, or made "
                   "anew): if it is meant, name it with -r");
  }

  // Whether the folders that only the plan names are on this host.
  Status lie_here(const PlanHeader& plan) const {
    const bool is_elsewhere = (!names_source() && !plan.source.host.empty()) ||
                              (!names_replica() && !plan.replica.host.empty());
    if (!is_elsewhere) return success();
    const std::string& host = plan.source.host.empty() ? plan.replica.host : plan.source.host;
    return refused("the plan names a folder on the host '" + host +
                   "', and this program works on this one: name both folders with -s and -r");
  }

  // Whether it is the replica that the plan was made for.
  static Result<bool> is_replica_of(const StoredPlan& plan, const std::optional<Root>& replica) {
    if ((replica ? replica->identity : std::string()) == plan.replica.identity) return true;
    // There was none: such a plan makes it, and finds it made where it is applied again.
    return plan.replica.identity.empty() ? begins_with_root(plan.actions) : false;
  }

  Result<Roots> open_roots(const ReadPlan& read) {
    const PlanHeader& plan = read.plan;
    FolderOptions folders = options_.folders;
    if (!names_source()) folders.source = plan.source.path;
    if (!names_replica()) folders.replica = plan.replica.path;
    if (plan.kind == PlanKind::kUndo) return open_backup(read, folders.replica);
    if (names_source() && names_replica()) return foldersync::open_roots(fs_, folders);
    if (!read.from_stdin && !read.is_protected) {
      return refused(
          "the plan's file can be written by others, so the folders it names are not "
          "believed: name them with -s and -r, or give the file to yourself (mode 0600)");
    }
    TRY(keeps_its_place(read));
    TRY(lie_here(plan));
    auto roots = TRY(foldersync::open_roots(fs_, folders));
    const bool source_is_it = names_source() || roots.source.identity == plan.source.identity;
    const bool replica_is_it = names_replica() || TRY(is_replica_of(read.plan, roots.replica));
    if (source_is_it && replica_is_it) return roots;
    return refused(
        (source_is_it ? "the replica '" + folders.replica : "the source '" + folders.source) +
        "' is not the folder that the plan was made for (another file system, or made anew): if it "
        "is meant, name both with -s and -r");
  }

  Status open_log(const Roots& roots) {
    const ApplyingOptions& applying = options_.applying;
    const std::string file = absolute_if_named(applying.log_file);
    TRY(place_own_files(fs_, roots, own_files(applying, file, state_)));
    log_ = TRY(Log::open(log_settings(applying, options_.common.console, file)));
    return success();
  }

  // The answer: whether an earlier run kept what others wrote.
  Result<bool> make_ready(const Tools& tools, Roots& roots, const StoredPlan& plan) {
    const ActionStore& actions = plan.actions;
    const bool is_dry = options_.applying.dry_run;
    if (!is_dry) {
      TRY(make_backup_folder(fs_, options_.applying.backup));
      backup_identity_ =
          TRY(meet_backup_folder(fs_, state_, options_.applying.backup, OtherFolder::kIsRefused));
    }
    if (!roots.replica && !is_dry) {
      if (!TRY(begins_with_root(actions))) {
        return refused("the replica does not exist, and the plan expects one: make a new plan");
      }
      TRY(create_replica(fs_, roots,
                         new_replica(roots.source, plan.options, options_.common.umask)));
    }
    if (!roots.replica) return refused("the replica does not exist yet: there is nothing to check");
    TRY(meet_replica(state_, *roots.replica, {}, OtherFolder::kIsRefused));
    log_warnings(tools);
    if (is_dry) {
      tools.confine({});
      return false;
    }
    AtRest at_rest(tools, options_.applying.lock_wait_seconds);
    TRY(at_rest.lock(*roots.replica));
    tools.confine({.replica = &*roots.replica,
                   .backup_folder = absolute_if_named(options_.applying.backup.folder)});
    return at_rest.prepare(*roots.replica);
  }

  const ApplyOptions& options_;
  Signals& signals_;
  PosixFileSystem fs_;
  KeptState state_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<ReportFile> report_;
  std::string backup_identity_;
};

}  // namespace

Result<ExitCode> execute(const ApplyOptions& options) {
  Signals signals(HangUp::kStops);
  return Applier(options, signals).run();
}

}  // namespace foldersync
