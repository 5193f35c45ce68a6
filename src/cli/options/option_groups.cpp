#include "cli/options/option_groups.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "cli/options/filter_options.h"
#include "cli/values/option_values.h"
#include "cli/values/owner_names.h"

namespace foldersync {
namespace {

template <typename Text>
CLI::Option* add_folder(CLI::App* command, const char* name, Text& target, const char* help) {
  return never_empty(command->add_option(name, target, help), "DIR", "a folder")
      ->check([command](const std::string& value) {
        // An option whose value was forgotten takes the next one.
        const std::string word = value.substr(0, value.find('='));
        const bool is_option =
            value.starts_with('-') && command->get_option_no_throw(word) != nullptr;
        return is_option ? "expected a folder, found the option '" + value +
                               "' (a folder of that name is written as './" + value + "')"
                         : std::string();
      });
}

void add_when(CLI::App* command, const char* name, When& target, const char* help) {
  add_word(
      command, name, "auto|always|never",
      [&target](std::size_t which) { target = static_cast<When>(which); }, help);
}

void add_limit(CLI::App* command, const char* name, std::optional<Limit>& limit, const char* help) {
  add_value(command, name, "N|P%",
            into(limit, parse_limit, "a number of entries or a percentage up to 100%"), help);
}

void add_guards(CLI::App* command, PlanningOptions& planning) {
  const Titled titled(command, "What is refused");
  PlanOptions& plan = planning.plan;
  add_limit(command, "--max-delete", plan.max_delete,
            "refuse a plan that deletes more than N entries, or P% of the replica's");
  add_limit(command, "--max-update", plan.max_update,
            "refuse a plan that overwrites more than N files, or P% of the replica's entries");
  const auto require = [&plan](const std::string& name) {
    if (name == "." || !RelPath::is_path(name)) return false;
    plan.require.push_back(name);
    return true;
  };
  add_value(command, "--require", "NAME", {"a path below the source without '..'", require},
            "refuse a source that lacks NAME: its disk may not be mounted")
      ->trigger_on_parse();
  add_space_check(command, planning.check_space);
  const auto add_order = [&](const char* name, When when, const char* help) {
    return command->add_flag_callback(
        name, [&planning, when] { planning.delete_first = when; }, help);
  };
  CLI::Option* first = add_order("--delete-first", When::kAlways,
                                 "delete before anything is written, not only where there is no "
                                 "room otherwise");
  add_order("--no-delete-first", When::kNever,
            "never delete first: refuse what fits only after the deletions")
      ->excludes(first);
}

void add_backup(CLI::App* command, BackupOptions& backup) {
  const Titled titled(command, "What is kept and told");
  CLI::Option* folder =
      add_folder(command, "--backup-dir", backup.folder,
                 "keep what is replaced or deleted in DIR, and how to take it back");
  add_value(command, "--backup-keep", "N|DAYSd|SPANS",
            into(backup.keep, parse_backup_keep,
                 "a number of backups, as 5, of days, as 30d, or spans, as 24h,7d,4w,12m"),
            "afterwards remove all but the N newest backups, or what is older than so many days; "
            "24h,7d,4w,12m: all but one an hour, a day, a week and a month, for so many of them")
      ->needs(folder);
}

}  // namespace

void add_backups(CLI::App* command, std::optional<std::string>& folder) {
  const Titled titled(command, "Folders");
  add_folder(command, "--backup-dir", folder, kWhereBackupsLie);
}

CLI::Option* add_source(CLI::App* command, std::string& source, GivenBy given) {
  const Titled titled(command, "Folders");
  return add_folder(command, given == GivenBy::kPlaceToo ? "-s,--source,SOURCE" : "-s,--source",
                    source, "the folder that is copied");
}

CLI::Option* add_replica(CLI::App* command, std::string& replica, GivenBy given) {
  const Titled titled(command, "Folders");
  return add_folder(command, given == GivenBy::kPlaceToo ? "-r,--replica,REPLICA" : "-r,--replica",
                    replica, "the folder that becomes its exact copy");
}

void add_make_path(CLI::App* command, FolderOptions& folders, std::uint32_t umask) {
  const Titled titled(command, "Folders");
  command->add_flag_callback(
      "--mkpath", [&folders, umask] { folders.mode_above = 0777 & ~umask; },
      "make the folders above the replica too where they are missing");
}

void add_fields(CLI::App* command, MirroredFields& fields, std::uint32_t umask) {
  const Titled titled(command, "Metadata");
  command->add_flag("--omit-dir-times", fields.omit_dir_times,
                    "leave the times of directories alone");
  command->add_flag("--no-owner", fields.no_owner, "leave owners alone");
  command->add_flag("--no-group", fields.no_group, "leave groups alone");
  command->add_flag(
      "--no-perms", fields.no_perms,
      "leave modes and ACLs alone; what is new gets the source's mode, less the umask");
  add_value(command, "--chown", "USER:GROUP",
            into(fields.chown, parse_owners, "USER, USER:GROUP or :GROUP, by name or number"),
            "owner and group of all entries, in place of the source's");
  const auto parse = [umask](const std::string& text) { return ModeChange::parse(text, umask); };
  add_value(
      command, "--chmod", "MODE",
      into(fields.chmod, parse, "a mode as chmod and rsync take it, as D755,F644 or go-w,u+X"),
      "change the source's modes so; D: of directories, F: of all else");
}

void add_planning(CLI::App* command, PlanningOptions& planning) {
  const Titled titled(command, "What is compared, and what goes");
  PlanOptions& plan = planning.plan;
  add_reading(
      command, "--checksum",
      [&plan](Remembered remembered) {
        plan.checksum = true;
        plan.checksum_cached = remembered == Remembered::kIsBelieved;
      },
      "compare content even where size and modification time agree: read all of it; cached: "
      "believe what is remembered");
  const auto accept = [&planning](const std::string& path) {
    if (path == "." || !RelPath::is_path(path)) return false;
    planning.accept_changed.insert(path);
    return true;
  };
  add_value(command, "--accept-changed", "PATH", {"a path below the source without '..'", accept},
            "the source's file PATH shall hold what it holds, though nothing says that it was "
            "changed")
      ->trigger_on_parse();
  command->add_flag("--pin", plan.pin, "put the MD5 of everything to be written into the plan");
  command->add_flag("--xattrs", plan.xattrs, "compare extended attributes and ACLs too");
  command->add_flag("--delete-excluded", plan.delete_excluded,
                    "remove from the replica what is excluded");
  command->add_flag_callback(
      "--no-delete", [&plan] { plan.remove_extra = false; }, "keep what the source lacks");
  add_guards(command, planning);
  command->add_flag("--one-file-system", plan.one_file_system,
                    "leave out what is mounted inside the source");
  command->add_flag("--cross-mounts", plan.cross_mounts,
                    "enter what is mounted inside the replica");
  command->add_flag("--new-source", planning.new_source,
                    "mirror a source that is another one, empty, or lacks a mount, unlike last "
                    "time");
  command->add_flag("--empty-source", planning.empty_source,
                    "mirror a source that holds no file any more: for one that is emptied by "
                    "design");
  command->add_flag("--new-replica", planning.new_replica,
                    "fill a replica that is missing or empty, unlike last time");
  command->add_flag("--adopt", planning.adopt,
                    "take over a folder that no earlier run knows, though most of it goes");
  command->add_flag("--delete-anyway", plan.delete_anyway,
                    "delete what may have moved to where nothing can be read");
  command->add_flag("--no-setid", plan.no_setid,
                    "files without set-user-ID and set-group-ID bits: for trees of others");
  command->add_flag("--no-devices", plan.no_devices, "leave device nodes alone, likewise");
  add_fields(command, plan.fields, planning.umask);
  add_filters(command, plan, planning.filter);
  add_source_filters(command, plan, planning.filter);
}

void add_space_check(CLI::App* command, bool& check_space) {
  const Titled titled(command, "What is refused");
  command->add_flag_callback(
      "--no-space-check", [&check_space] { check_space = false; },
      "go on even where there seems to be too little space");
}

void add_bandwidth(CLI::App* command, Timetable& bandwidth, const char* help) {
  add_value(command, "--bwlimit", "RATE",
            into(bandwidth, Timetable::parse,
                 "bytes a second, as 500000, 512K, 20M, 10MB or 1.5G, 0 or off for no bound, or "
                 "such by the time of day, as '08:00,512K 19:00,off'"),
            help);
}

void add_stop_after(CLI::App* command, std::optional<double>& seconds) {
  add_value(command, "--stop-after", "SECONDS", some_seconds_into(seconds),
            "begin no new work after SECONDS (or 90m, 8h); the next run does the rest");
}

void add_hooks(CLI::App* command, HookOptions& hooks) {
  const Titled titled(command, "What is kept and told");
  const auto add = [command](const char* name, std::optional<std::string>& hook, const char* help) {
    never_empty(command->add_option(name, hook, help), "CMD", "a command");
  };
  add("--on-start", hooks.on_start,
      "run this command of the shell before each attempt; where it fails, nothing is done (exit "
      "5)");
  add("--on-success", hooks.on_success, "likewise after each one that ended with 0");
  add("--on-failure", hooks.on_failure,
      "likewise after each other one; FOLDERSYNC_RESULT_... in the environment tell what it was");
}

void add_applying(CLI::App* command, ApplyingOptions& applying) {
  const Titled titled(command, "How it is done");
  add_lock_wait(command, applying.lock_wait_seconds);
  add_bandwidth(command, applying.bandwidth,
                "copy no more content than so many bytes a second, on all threads (20M: times "
                "1024, 20MB: times 1000), or by the time of day: '08:00,512K 19:00,off'");
  add_stop_after(command, applying.stop_after_seconds);
  add_file(command, "-l,--log", applying.log_file,
           "append to this log file (run: log.txt where it is not given); -: to standard output, "
           "in place of the console's text; none: there is no file");
  add_word(
      command, "--log-format", "text|json",
      [&applying](std::size_t which) { applying.log_form = static_cast<LogForm>(which); },
      "the form of the log: lines for people (default), or a JSON object a line");
  command->add_flag("--dry-run", applying.dry_run, "show what would be done, change nothing");
  command->add_flag("--atomic", applying.atomic, "all of it, or nothing");
  command->add_flag("--allow-incomplete", applying.allow_incomplete,
                    "with --atomic: even where something could not be read");
  add_backup(command, applying.backup);
  add_hooks(command, applying.hooks);
  add_file(command, "--report", applying.report_file,
           "append what becomes of each action to FILE as JSON Lines; -: to standard output, "
           "instead of the console's text");
  add_file(command, "--metrics-file", applying.metrics_file,
           "write what became of each run to FILE, for the textfile collector of node_exporter");
  add_word(
      command, "--durability", "batch|none",
      [&applying](std::size_t which) { applying.durable = which == 0; },
      "batch: what is reported as done is on disk (default); none: faster, and nothing is "
      "promised after a power cut");
}

void add_lock_wait(CLI::App* command, double& seconds) {
  const Titled titled(command, "How it is done");
  add_value(command, "--lock-wait", "SECONDS", seconds_into(seconds),
            "wait so long for another run to end (default: 0)");
}

void add_common(CLI::App* command, CommonOptions& common) {
  add_job(command, common.job, common.job_file);
  const Titled titled(command, "This program and machine");
  ConsoleOptions& console = common.console;
  add_value(
      command, "--threads", "N", into(common.threads, parse_threads, "1 to 256"),
      "how many threads work at a time (default: one for each processor, up to 16 where reading "
      "folders waits for a disk, and 16 over the network or FUSE)");
  add_value(
      command, "--ionice", "CLASS[:LEVEL]",
      into(common.io_priority, parse_io_priority, "idle, best-effort:0 to 7 or realtime:0 to 7"),
      "how urgent the disk is for this run: idle, best-effort:0-7 or realtime:0-7 (0: most)");
  add_state(command, common.state_folder);
  CLI::Option* quiet = command->add_flag_callback(
      "-q,--quiet", [&console] { console.verbosity = Verbosity::kQuiet; },
      "only warnings and errors on the console");
  command
      ->add_flag_callback(
          "-v,--verbose", [&console] { console.verbosity = Verbosity::kVerbose; },
          "say more on the console; at a terminal, all of a long list")
      ->excludes(quiet);
  add_colour(command, console.colour);
  add_when(command, "--progress", console.progress,
           "the progress line on a terminal (default: auto)");
}

void add_job(CLI::App* command, std::string& job, std::string& job_file) {
  const Titled titled(command, "This program and machine");
  CLI::Option* by_name =
      never_empty(command->add_option("--job", job,
                                      "with the options of this job: the file JOB.toml in "
                                      "~/.config/foldersync or /etc/foldersync"),
                  "JOB", "the name of a job");
  never_empty(command->add_option("--config", job_file, "likewise, of the job in this file"),
              "FILE", "a file")
      ->excludes(by_name);
}

void add_state(CLI::App* command, std::optional<std::string>& folder) {
  const Titled titled(command, "This program and machine");
  add_folder(command, "--state", folder,
             "where hashes and what the last run saw are remembered (default: "
             "$XDG_STATE_HOME/foldersync or ~/.local/state/foldersync)");
}

void add_colour(CLI::App* command, When& colour) {
  const Titled titled(command, "This program and machine");
  add_when(command, "--color", colour, "colours (default: auto; NO_COLOR is heeded)");
}

}  // namespace foldersync
