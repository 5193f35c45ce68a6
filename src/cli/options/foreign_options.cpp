#include "cli/options/foreign_options.h"

#include <algorithm>
#include <array>

namespace foldersync {
namespace {

constexpr std::string_view kAlways = "that is always so";
constexpr std::string_view kOneMachine =
    "both folders are on this machine, and nothing is sent: leave it out";
constexpr std::string_view kDeletes =
    "what the source lacks is always deleted, after what is new has come (--no-delete keeps it, "
    "--delete-first makes room)";
constexpr std::string_view kAll =
    "everything is mirrored: content, modes, times, owners as root, links; leave it out";
constexpr std::string_view kExact =
    "the replica becomes what the source is, whichever is newer or was there: leave it out";
constexpr std::string_view kLinks = "symbolic links are copied as links, never followed";
constexpr std::string_view kRules = "rules are given by --exclude, --include and --exclude-from";
constexpr std::string_view kLog = "the log is -l FILE";
constexpr std::string_view kSays = "-v says more, -q less; --report FILE has it as JSON";
constexpr std::string_view kStops = "the option is --stop-after SECONDS (or 90m, 8h)";

constexpr std::array kForeign{
    Foreign{"--delete", kDeletes},
    Foreign{"--del", kDeletes},
    Foreign{"--delete-before", "the option is --delete-first"},
    Foreign{"--delete-during", kDeletes},
    Foreign{"--delete-delay", kDeletes},
    Foreign{"--delete-after", kDeletes},
    Foreign{"--remove-source-files", "the source is never changed"},
    Foreign{"--archive", kAll},
    Foreign{"-a", kAll},
    Foreign{"--recursive", kAll},
    Foreign{"-R", kAll},
    Foreign{"--perms", kAll},
    Foreign{"-p", kAll},
    Foreign{"--times", kAll},
    Foreign{"-t", kAll},
    Foreign{"--owner", kAll},
    Foreign{"-o", kAll},
    Foreign{"--group", kAll},
    Foreign{"-g", kAll},
    Foreign{"--devices", kAll},
    Foreign{"-D", kAll},
    Foreign{"--hard-links", kAll},
    Foreign{"-H", kAll},
    Foreign{"--metadata", kAll},
    Foreign{"-M", kAll},
    Foreign{"--create-empty-src-dirs", kAll},
    Foreign{"--acls", "the option is --xattrs, which compares ACLs too"},
    Foreign{"-A", "the option is --xattrs, which compares ACLs too"},
    Foreign{"-X", "the option is --xattrs"},
    Foreign{"--links", kLinks},
    Foreign{"--copy-links", kLinks},
    Foreign{"-L", kLinks},
    Foreign{"--safe-links", kLinks},
    Foreign{"--copy-unsafe-links", kLinks},
    Foreign{"-n", "the option is --dry-run; 'plan' shows and keeps what would be done"},
    Foreign{"--itemize-changes", "'plan --list' shows every action with its reasons"},
    Foreign{"-c", "the option is --checksum"},
    Foreign{"-x", "the option is --one-file-system"},
    Foreign{"-u", kExact},
    Foreign{"--update", kExact},
    Foreign{"--ignore-existing", kExact},
    Foreign{"--existing", kExact},
    Foreign{"--size-only", "size, time and content decide: leave it out"},
    Foreign{"--ignore-times", "the option is --checksum"},
    Foreign{"--modify-window",
            "what times the replica's file system can hold is found out: leave it out"},
    Foreign{"--track-renames", "moves are always found"},
    Foreign{"--fuzzy", "moves are always found"},
    Foreign{"--inplace", "a file is never written in place, so that nobody sees half of it"},
    Foreign{"--append", "a file is never written in place, so that nobody sees half of it"},
    Foreign{"--partial", "what was copied of a large file is always kept for the next run"},
    Foreign{"--partial-dir", "what was copied of a large file is always kept for the next run"},
    Foreign{"--sparse", kAlways},
    Foreign{"-S", kAlways},
    Foreign{"--numeric-ids", kAlways},
    Foreign{"--whole-file", kAlways},
    Foreign{"-W", kAlways},
    Foreign{"--fsync", "what is reported as done is on disk (--durability)"},
    Foreign{"--immutable", "--max-update 0 refuses a plan that overwrites anything"},
    Foreign{"--compress", kOneMachine},
    Foreign{"-z", kOneMachine},
    Foreign{"--rsh", kOneMachine},
    Foreign{"-e", kOneMachine},
    Foreign{"--timeout", kOneMachine},
    Foreign{"--backup", "the option is --backup-dir DIR"},
    Foreign{"-b", "the option is --backup-dir DIR"},
    Foreign{"--suffix", "the option is --backup-dir DIR"},
    Foreign{"--link-dest", "--backup-dir DIR keeps what is replaced, and how to take it back"},
    Foreign{"--compare-dest", "--backup-dir DIR keeps what is replaced, and how to take it back"},
    Foreign{"--filter", kRules},
    Foreign{"-f", kRules},
    Foreign{"--include-from", kRules},
    Foreign{"--filter-from", kRules},
    Foreign{"--cvs-exclude", kRules},
    Foreign{"-C", kRules},
    Foreign{"--min-size", "there is --max-size, and --exclude for names"},
    Foreign{"--transfers", "the option is --threads N"},
    Foreign{"--checkers", "the option is --threads N"},
    Foreign{"--multi-thread-streams", "the option is --threads N"},
    Foreign{"--fast-list", "leave it out"},
    Foreign{"--log-file", kLog},
    Foreign{"--log-level", kSays},
    Foreign{"--info", kSays},
    Foreign{"--debug", kSays},
    Foreign{"--stats", kSays},
    Foreign{"--use-json-log", "the option is --log-format json"},
    Foreign{"--stop-at", kStops},
    Foreign{"--time-limit", kStops},
    Foreign{"--max-duration", kStops},
    Foreign{"-P", "on a terminal progress is always shown (--progress=always)"},
    Foreign{"--human-readable", kAlways},
    Foreign{"--force", "directories in the way of something else are always replaced"},
    Foreign{"--ignore-errors", "what can't be read protects its copy, the rest goes on (exit 3)"},
    Foreign{"--retries", "-i SECONDS mirrors again and again"},
    Foreign{"--mkdirs", "the option is --mkpath"},
    Foreign{"--parents", "the option is --mkpath"},
};

}  // namespace

const std::span<const Foreign> kForeignOptions = kForeign;

std::string_view in_place_of(std::string_view option) {
  const auto* const known =
      std::find_if(kForeign.begin(), kForeign.end(),
                   [option](const Foreign& one) { return one.option == option; });
  return known != kForeign.end() ? known->answer : std::string_view();
}

}  // namespace foldersync
