#include "cli/apply_command.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>

#include "cli/cycle.h"
#include "cli/plan_file.h"
#include "cli/signing.h"
#include "fs/clock.h"
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

Error refused(std::string detail) {
  return Error{ErrorCode::kRefused, "apply", {}, 0, std::move(detail)};
}

class Applier {
 public:
  Applier(Session& session, Signals& signals)
      : session_(session), settings_(session.settings()), signals_(signals) {}

  ExitCode run() {
    const double started = monotonic_seconds();
    auto read = read_plan_file(settings_.plan_file, session_.spooling());
    if (!read) return fail(read.error());
    const StoredPlan& plan = read->plan;
    plan_ = &plan;
    const auto signer = verify_signature(plan, settings_);
    if (!signer) return fail(signer.error());
    signer_ = *signer;
    auto roots = open_roots(*read);
    if (!roots) return fail(roots.error());
    if (Status opened = open_log(*roots); !opened) return fail(opened.error());
    if (Status opened = open_report(*roots); !opened) return fail(opened.error());
    if (!signer_.empty()) log_->detail("the plan is signed by the key " + signer_);
    if (Status fresh = check_age(plan); !fresh) return fail(fresh.error());
    if (Status allowed = check_guards(plan); !allowed) return fail(allowed.error());
    Status has_all = session_.check_required(roots->source, plan.options.require);
    if (!has_all) return fail(has_all.error());
    session_.open_state();
    log_warnings(session_, *log_);
    if (Status ready = make_ready(*roots, plan.actions); !ready) return fail(ready.error());
    return apply_and_log({session_, *log_, signals_, *roots, plan, nullptr, false, started,
                          conflicts_, 0, report_.get()});
  }

 private:
  // Nothing was touched.
  ExitCode fail(const Error& error) {
    std::fprintf(stderr, "sync: %s\n", describe(error).c_str());
    ReportEnd end;
    end.error = error;
    end.exit_code = exit_code_of(error);
    if (!report_) return end.exit_code;
    report_->begin(plan_);
    end.outcomes[static_cast<std::size_t>(Outcome::kSkipped)] = report_->skip_all();
    end.problems = plan_->problems.size();
    end.complete = plan_->complete();
    return end_report(report_.get(), *log_, end);
  }

  // A plan from the future is no fresher: one of the clocks is wrong.
  Status check_age(const StoredPlan& plan) const {
    if (!settings_.max_age_seconds) return success();
    const double age = seconds_between(plan.created, wall_clock_now());
    if (std::abs(age) <= *settings_.max_age_seconds) return success();
    return refused("the plan was made at " + to_string(plan.created) + ", which is " +
                   (age < 0 ? "in the future" : "longer ago than --max-age allows") +
                   ": make a new plan");
  }

  // The figures of those that count actions were held against the actions when the plan was read.
  // Those on the source and on free space are asked again when the folders are open.
  Status check_guards(const StoredPlan& plan) const {
    for (const Guard& guard : plan.guards) {
      if (is_about_space(guard) && !settings_.check_space) continue;
      if (guard.refused) return refused(explain(guard));
    }
    return success();
  }

  // Whether `tree` is the folder beside the undo, and both lie where nobody else can put another.
  // By what is open: a path may lead elsewhere by now.
  bool lies_beside(const Root& tree, const ReadPlan& undo) {
    FileSystem& fs = session_.fs();
    const auto folder = fs.open_parent(tree.fd.get());
    if (!folder || !is_ours_alone(fs.status(folder->get()))) return false;
    const std::string file = absolute_name(settings_.plan_file);
    const auto there = fs.status_at(folder->get(), file.substr(file.rfind('/') + 1).c_str());
    return there && there->inode == undo.inode && there->device == undo.device &&
           is_ours_alone(fs.status(tree.fd.get()));
  }

  // An undo takes its content from the folder beside it, and from nowhere else.
  Result<Roots> open_backup(const ReadPlan& read) {
    if (!settings_.source.empty()) {
      return Error{ErrorCode::kUsage,
                   "apply",
                   {},
                   0,
                   "an undo has its own source, the folder that it lies in: leave out -s"};
    }
    const Error not_believed = refused(
        "an undo is believed only as a file, where it, its folder and the folder 'tree' beside it "
        "belong to root or to you and nobody else can write them");
    if (!read.is_protected) return not_believed;
    const std::string& replica =
        settings_.replica.empty() ? read.plan.replica.path : settings_.replica;
    auto roots = session_.open_roots(folder_of(settings_.plan_file) + "/" + kBackupTree, replica);
    if (!roots) return roots;
    if (!lies_beside(roots->source, read)) return not_believed;
    if (!settings_.replica.empty()) return roots;
    if (!roots->replica || roots->replica->identity != read.plan.replica.identity) {
      return refused("the replica '" + replica +
                     "' is not the folder that the undo was made for (another file system, or made "
                     "anew): if it is meant, name it with -r");
    }
    return roots;
  }

  // Whether the folders that only the plan names are on this host.
  Status lie_here(const PlanHeader& plan) const {
    const bool is_elsewhere = (settings_.source.empty() && !plan.source.host.empty()) ||
                              (settings_.replica.empty() && !plan.replica.host.empty());
    if (!is_elsewhere) return success();
    const std::string& host = plan.source.host.empty() ? plan.replica.host : plan.source.host;
    return refused("the plan names a folder on the host '" + host +
                   "', and this program works on this one: name both folders with -s and -r");
  }

  Result<Roots> open_roots(const ReadPlan& read) {
    const PlanHeader& plan = read.plan;
    if (plan.kind == PlanKind::kUndo) return open_backup(read);
    if (!settings_.source.empty() && !settings_.replica.empty()) {
      return session_.open_roots(settings_.source, settings_.replica);
    }
    if (!read.from_stdin && !read.is_protected) {
      return refused(
          "the plan's file can be written by others, so the folders it names are not "
          "believed: name them with -s and -r, or give the file to yourself (mode 0600)");
    }
    if (Status here = lie_here(plan); !here) return here.error();
    const std::string& source = settings_.source.empty() ? plan.source.path : settings_.source;
    const std::string& replica = settings_.replica.empty() ? plan.replica.path : settings_.replica;
    auto roots = session_.open_roots(source, replica);
    if (!roots) return roots;
    const bool source_is_it =
        !settings_.source.empty() || roots->source.identity == plan.source.identity;
    const std::string found = roots->replica ? roots->replica->identity : std::string();
    bool replica_is_it = !settings_.replica.empty() || found == plan.replica.identity;
    if (!replica_is_it && plan.replica.identity.empty()) {
      // There was none: such a plan makes it, and finds it made where it is applied again.
      const auto makes_root = begins_with_root(read.plan.actions);
      if (!makes_root) return makes_root.error();
      replica_is_it = *makes_root;
    }
    if (source_is_it && replica_is_it) return roots;
    return refused(
        std::string("the ") + (source_is_it ? "replica" : "source") + " '" +
        (source_is_it ? replica : source) + "' is not the folder that the plan was made " +
        "for (another file system, or made anew): if it is meant, name both with -s and -r");
  }

  Status open_log(const Roots& roots) {
    const std::string file =
        settings_.log_file ? absolute_name(*settings_.log_file) : std::string();
    if (Status placed = session_.place_own_files(
            roots,
            {file, session_.state_folder(), session_.backup_folder(), session_.report_file()});
        !placed)
      return placed;
    auto log = TRY(Log::open({file, console_verbosity(settings_), wants_colour(settings_)}));
    log_ = std::move(log);
    return success();
  }

  Status open_report(const Roots& roots) {
    if (!settings_.report_file) return success();
    ReportSubject subject = report_subject(settings_, roots.source.path, roots.replica_path);
    subject.signed_by = signer_;
    auto opened = TRY(ReportFile::open(*settings_.report_file == "-" ? "-" : session_.report_file(),
                                       std::move(subject)));
    report_ = std::move(opened);
    return success();
  }

  Status make_ready(Roots& roots, const ActionStore& actions) {
    if (!settings_.dry_run) {
      TRY(session_.make_backup_folder());
    }
    if (!roots.replica && !settings_.dry_run) {
      const auto makes_root = TRY(begins_with_root(actions));
      if (!makes_root)
        return refused("the replica does not exist, and the plan expects one: make a new plan");
      TRY(create_replica(session_.fs(), roots));
    }
    if (!roots.replica) return refused("the replica does not exist yet: there is nothing to check");
    if (settings_.dry_run) return success();
    const auto conflicts = TRY(finish_killed_run(session_, signals_, *log_, *roots.replica));
    conflicts_ = conflicts;
    return success();
  }

  Session& session_;
  const Settings& settings_;
  Signals& signals_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<ReportFile> report_;
  const StoredPlan* plan_ = nullptr;  // once it is read
  std::string signer_;                // the key's id; empty: nobody asked
  bool conflicts_ = false;
};

}  // namespace

ExitCode apply_command(Session& session) {
  Signals signals(false);
  return Applier(session, signals).run();
}

}  // namespace foldersync
