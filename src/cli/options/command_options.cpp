#include "cli/options/command_options.h"

#include <CLI/CLI.hpp>

#include "cli/options/filter_options.h"
#include "cli/options/option_groups.h"
#include "cli/values/option_values.h"

namespace foldersync {
namespace {

void add_signature(CLI::App* command, SignatureOptions& signature, const char* name,
                   const char* help, const char* help_of_file) {
  CLI::Option* key = add_file(command, name, signature.key, help)->type_name("KEY");
  add_file(command, "--signature", signature.file, help_of_file)->needs(key);
}

void add_verify_share(CLI::App* run, ShareOptions& share) {
  const auto percent = [&share](const std::string& text) {
    const auto value = parse_decimal(text);
    const bool is_share = value && *value > 0 && *value <= 100;
    if (is_share) share.percent = *value;
    return is_share;
  };
  const auto minutes = [&share](const std::string& text) {
    constexpr double kDay = 24 * 60;
    const auto value = parse_decimal(text);
    const bool is_bound = value && *value > 0 && *value <= kDay;
    if (is_bound) share.seconds = *value * 60;
    return is_bound;
  };
  CLI::Option* one =
      add_value(run, "--verify-percent", "P", {"a number above 0, and at most 100", percent},
                "read P% of all files in each cycle, in turn, whatever their times say: heal what "
                "went bad in the replica, hold what did in the source");
  add_value(run, "--verify-minutes", "M",
            {"a number of minutes, above 0 and at most 1440 (a day)", minutes},
            "likewise, begin no file after M minutes in each cycle")
      ->excludes(one);
}

void add_start(CLI::App* run, StartOptions& start, CLI::Option* confirm) {
  add_value(run, "--jitter", "SECONDS", seconds_into(start.jitter_seconds),
            "begin up to SECONDS (or 5m) later, at random, each time: many machines at once are "
            "too many")
      ->excludes(confirm);
  const auto between = [&start](const std::string& text) {
    const auto ranges = parse_time_ranges(text);
    if (ranges) start.between.insert(start.between.end(), ranges->begin(), ranges->end());
    return ranges.has_value();
  };
  add_value(run, "--between", "TIMES",
            {"two times of day that differ, as 22:00-06:00, or several such with commas", between},
            "begin only between these times of day, as 22:00-06:00, and wait until then")
      ->excludes(confirm);
}

void check_standard_output(const ApplyingOptions& applying) {
  if (applying.log_file == "-" && applying.report_file == "-")
    throw CLI::ExcludesError("--log -", "--report -");
}

}  // namespace

void declare(CLI::App* run, RunOptions& options) {
  add_source(run, options.folders.source)->required();
  add_replica(run, options.folders.replica)->required();
  add_make_path(run, options.folders, options.common.umask);
  CLI::Option* interval =
      add_value(run, "-i,--interval", "SECONDS", some_seconds_into(options.interval_seconds),
                "mirror again every SECONDS (or 5m, 1h30m), start to start");
  CLI::Option* confirm =
      run->add_flag("--confirm", options.confirm,
                    "show the plan and ask on the terminal before anything is changed")
          ->excludes(interval);
  add_start(run, options.start, confirm);
  run->add_flag("--once")
      ->description("mirror once, and now, whatever interval and times of day the job has")
      ->excludes(interval)
      ->excludes("--jitter")
      ->excludes("--between");
  run->add_flag("--forget-limits", options.forget_limits,
                "try once more what the replica's file system could not hold in earlier runs");
  add_verify_share(run, options.verify_share);
  add_applying(run, options.applying);
  add_planning(run, options.planning);
  run->get_option("--atomic")->excludes("--delete-first");
  add_common(run, options.common);
}

void declare(CLI::App* plan, PlanCommandOptions& options) {
  add_source(plan, options.folders.source)->required();
  add_replica(plan, options.folders.replica)->required();
  add_make_path(plan, options.folders, options.common.umask);
  plan->add_flag("--json", options.json, "the plan document on standard output");
  add_file(plan, "-o,--output", options.output_file,
           "the plan document in FILE (mode 0600), the text on standard output");
  plan->add_flag("--list", options.list,
                 "every action, also on a terminal, which gets a summary otherwise");
  add_signature(plan, options.signature, "--sign",
                "sign the plan by this Ed25519 key (a private one, PEM)",
                "the signature's file (default: that of --output and .sig)");
  plan->add_flag("--detailed-exitcode", options.detailed_exit_code,
                 "exit with 2 where there is something to do");
  add_planning(plan, options.planning);
  add_common(plan, options.common);
}

void declare(CLI::App* why, WhyOptions& options) {
  why->add_option("PATH", options.path, "the path, below the source or the replica")->required();
  add_source(why, options.folders.source, GivenBy::kOption)->required();
  add_replica(why, options.folders.replica, GivenBy::kOption)->required();
  add_planning(why, options.planning);
  add_common(why, options.common);
}

void declare(CLI::App* apply, ApplyOptions& options) {
  apply->add_option("PLAN", options.plan_file, "the plan document, - for standard input")
      ->required();
  add_source(apply, options.folders.source, GivenBy::kOption)
      ->description("instead of the source that the plan names");
  add_replica(apply, options.folders.replica, GivenBy::kOption)
      ->description("instead of the replica that the plan names");
  add_make_path(apply, options.folders, options.common.umask);
  add_space_check(apply, options.check_space);
  add_word(
      apply, "--stale", "refuse|skip",
      [&options](std::size_t which) { options.refuse_stale = which == 0; },
      "skip: what is no longer as planned is left alone (default); refuse: then nothing is done");
  add_value(apply, "--max-age", "SECONDS", seconds_into(options.max_age_seconds),
            "refuse a plan that was made longer ago (default: 7 days, where only its file speaks "
            "for it)");
  add_signature(apply, options.signature, "--verify",
                "refuse a plan that is not signed by this Ed25519 key (a public one, or "
                "several, PEM)",
                "the signature's file (default: the plan's and .sig)");
  add_applying(apply, options.applying);
  apply
      ->add_flag_callback(
          "--json", [&options] { options.applying.report_file = "-"; },
          "the report on standard output, as with --report -")
      ->excludes(apply->get_option("--report"));
  add_common(apply, options.common);
}

void declare(CLI::App* scan, ScanOptions& options) {
  add_source(scan, options.folder)->required()->description("the folder that is listed");
  const auto add_md5 = [&](const char* name, bool& form, const char* help) {
    add_reading(
        scan, name,
        [&options, &form](Remembered remembered) {
          form = true;
          options.remembered = remembered;
        },
        help);
  };
  add_md5("--md5", options.md5, "with the MD5 of every file, which is read; cached: or remembered");
  add_md5("--md5sum", options.md5sum, "the same as lines for md5sum -c");
  scan->add_flag("--json", options.json, "one JSON object a line");
  add_file(scan, "-o,--output", options.output_file, "write to FILE (mode 0600)");
  scan->add_flag("--one-file-system", options.filter.one_file_system,
                 "leave out what is mounted inside");
  add_filters(scan, options.filter, options.origins);
  add_common(scan, options.common);
}

void declare(CLI::App* verify, VerifyOptions& options) {
  add_source(verify, options.folders.source)->required();
  add_replica(verify, options.folders.replica)
      ->description("the replica; without it, the source is held against what is remembered");
  add_file(verify, "--report", options.report_file,
           "each difference as a line of JSON in FILE (mode 0600), - for standard output");
  verify
      ->add_flag(
          "--digest", options.digest,
          "only one digest of each tree, to be compared with that of another machine: of what "
          "is remembered, and read where nothing is")
      ->excludes(verify->get_option("--report"));
  verify->add_flag("--resume", options.resume,
                   "go on where the last verify of these folders was stopped");
  add_bandwidth(verify, options.bandwidth,
                "read no more than so many bytes a second, of both trees (20M, or by the time of "
                "day: '08:00,512K 19:00,off')");
  add_stop_after(verify, options.stop_after_seconds);
  verify->add_flag("--cross-mounts", options.filter.cross_mounts,
                   "enter what is mounted inside the replica");
  verify->add_flag("--one-file-system", options.filter.one_file_system,
                   "leave out what is mounted inside");
  add_fields(verify, options.filter.fields, options.common.umask);
  add_filters(verify, options.filter, options.origins);
  add_source_filters(verify, options.filter, options.origins);
  add_common(verify, options.common);
}

void declare(CLI::App* show, ShowOptions& options) {
  show->add_option("PLAN", options.plan_file, "the plan document, - for standard input")
      ->required();
  CLI::Option* newer = show->add_option("NEW", options.new_plan_file,
                                        "with --diff: the plan that PLAN is compared with");
  std::vector<CLI::Option*> forms;
  const auto add_form = [&](const char* name, ShowForm form, const char* help) {
    forms.push_back(show->add_flag_callback(
        name, [&options, form] { options.form = form; }, help));
  };
  add_form("--list", ShowForm::kList, "every action, one a line");
  add_form("--stat", ShowForm::kStat, "how many changes, by op and by top-level directory");
  add_form("--tree", ShowForm::kTree, "the changed paths as a tree");
  add_form("--markdown", ShowForm::kMarkdown,
           "the comment of a merge request, at most 65,000 bytes: what is left out is counted");
  add_form("--diff", ShowForm::kDiff, "in what two plans differ (exit 2 where they do)");
  forms.back()->needs(newer);
  newer->needs(forms.back());
  forms.push_back(add_file(show, "--html", options.output_file,
                           "one page for a browser in FILE (mode 0600), - for standard output")
                      ->each([&options](const std::string&) { options.form = ShowForm::kHtml; }));
  for (std::size_t at = 0; at < forms.size(); ++at) {
    for (std::size_t other = 0; other < at; ++other) forms[at]->excludes(forms[other]);
  }
  add_colour(show, options.console.colour);
}

void declare(CLI::App* recover, RecoverOptions& options) {
  add_replica(recover, options.replica)->required()->description("the folder whose run was killed");
  recover->add_flag("--rollback", options.roll_back, "take it back instead of finishing it");
  recover->add_flag("--drop-conflicts", options.drop_conflicts,
                    "remove what earlier runs kept of others' work");
  recover->add_flag("--discard", options.discard,
                    "remove what has the name of a staging folder and is not known to be ours");
  add_lock_wait(recover, options.lock_wait_seconds);
  add_common(recover, options.common);
}

void declare(CLI::App* status, StatusOptions& options) {
  status->add_option("JOB", options.job, "the job that is asked about; without it, all pairs");
  const auto replica = [&options](const std::string& folder) {
    options.replica = folder;
    return !folder.empty();
  };
  add_value(status, "-r,--replica", "DIR", {"a folder", replica}, "only the runs of this replica");
  status->add_flag("--json", options.json, "for programs: one JSON document (status-format)");
  const auto count = [&options](const std::string& text) {
    const auto number = parse_decimal(text.empty() ? "10" : text);
    const bool is_count = number && *number >= 1 && *number <= 10'000 &&
                          *number == static_cast<double>(static_cast<std::size_t>(*number));
    if (is_count) options.history = static_cast<std::size_t>(*number);
    return is_count;
  };
  add_value(status, "--history", "[=N]", {"a number from 1 to 10000", count},
            "list the last N runs, too, the newest first (default: 10)")
      ->expected(0, 1);
  add_value(status, "--max-age", "SECONDS", some_seconds_into(options.max_age_seconds),
            "exit with 3 also where the last run that ended well did so longer ago (or 26h, 2d)");
  status->add_flag("--forget", options.forget,
                   "forget what is known of JOB or of the replica, which is not mirrored any more");
  add_state(status, options.state_folder);
}

void declare(CLI::App* versions, VersionsOptions& options) {
  versions->add_option(
      "PATH", options.path,
      "a file or folder of the replica, as its path in there; without it, the runs "
      "are listed");
  add_replica(versions, options.replica, GivenBy::kOption)->required();
  add_backups(versions, options.backup_folder);
  versions->add_flag("--json", options.json, "one JSON object a line");
  add_common(versions, options.common);
}

void declare(CLI::App* restore, RestoreOptions& options) {
  restore->add_option("PATH", options.path, "a file or folder of the replica, as its path in there")
      ->required();
  never_empty(restore->add_option("--at", options.at,
                                  "as it was then: 2026-11-30, '2026-11-30 18:00' (a Z behind it: "
                                  "UTC), 2d (two days ago), or before a run, as versions lists it"),
              "TIME|RUN", "a time or a run")
      ->required();
  add_replica(restore, options.replica, GivenBy::kOption)->required();
  add_backups(restore, options.backup_folder);
  add_file(restore, "--to", options.to, "into this folder (default: the current one)")
      ->type_name("DIR");
  add_common(restore, options.common);
}

void declare(CLI::App* undo, UndoOptions& options) {
  undo->add_option("RUN", options.run,
                   "the run, as versions lists it, or how that begins (default: the newest)");
  add_replica(undo, options.replica, GivenBy::kOption)->required();
  const auto only = [&options](const std::string& pattern) {
    options.only.push_back(pattern);
    return !pattern.empty();
  };
  add_value(undo, "--only", "PATTERN", {"a pattern as of --exclude", only},
            "take back only what matches, as docs/ or '*.txt', and what that needs")
      ->trigger_on_parse();
  add_applying(undo, options.applying);
  undo->remove_option(undo->get_option("--backup-keep"));
  undo->get_option("--backup-dir")->description(kWhereBackupsLie);
  add_common(undo, options.common);
}

void declare(CLI::App* config, ConfigQuestion& question) {
  const auto is_known = [](const std::string& word) {
    return word == "show" || word == "jobs" ? "" : "expected show or jobs, found '" + word + "'";
  };
  config->add_option("show|jobs", question.what, "what is asked")->required()->check(is_known);
  config->add_option("COMMAND", question.command, "for which command (default: run)");
  add_job(config, question.job, question.job_file);
}

void check_together(const ApplyOptions& options) { check_standard_output(options.applying); }
void check_together(const RunOptions& options) {
  check_standard_output(options.applying);
  if (options.interval_seconds && options.start.jitter_seconds > *options.interval_seconds) {
    throw CLI::ValidationError("--jitter", "expected no more than --interval has, found more");
  }
  // What may go bad after this is not accepted.
  if (options.interval_seconds && !options.planning.accept_changed.empty()) {
    throw CLI::ExcludesError("--accept-changed", "--interval (for one run of a job: --once)");
  }
}

void check_together(const PlanCommandOptions& options) {
  if (options.signature.key && !options.output_file && !options.signature.file) {
    throw CLI::RequiredError("--sign: --output or --signature");
  }
}

void check_together(const StatusOptions& options) {
  if (options.forget && options.job.empty() && !options.replica) {
    throw CLI::RequiredError("--forget: JOB or --replica");
  }
}

void check_together(const PlanningOptions& planning) {
  const MirroredFields& fields = planning.plan.fields;
  if (fields.no_owner && fields.chown.uid) {
    throw CLI::ExcludesError("--no-owner", "the user of --chown");
  }
  if (fields.no_group && fields.chown.gid) {
    throw CLI::ExcludesError("--no-group", "the group of --chown");
  }
}

}  // namespace foldersync
