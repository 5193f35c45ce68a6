// Options as the command line has them: the groups that several commands share. All write into what
// they are given, which must outlive the parser; see option_kinds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/options/option_kinds.h"

namespace foldersync {

// Whether a folder can only be given by its option, or also as an argument without one, the source
// first.
enum class GivenBy : std::uint8_t { kPlaceToo, kOption };
CLI::Option* add_source(CLI::App* command, std::string& source, GivenBy given = GivenBy::kPlaceToo);
CLI::Option* add_replica(CLI::App* command, std::string& replica,
                         GivenBy given = GivenBy::kPlaceToo);
void add_make_path(CLI::App* command, FolderOptions& folders, std::uint32_t umask);
// Files of rules are read while parsing; `origins` says where each rule stands.
void add_planning(CLI::App* command, PlanningOptions& planning);  // with filters and guards
void add_applying(CLI::App* command, ApplyingOptions& applying);
// Where the backups of earlier runs lie.
inline constexpr const char* kWhereBackupsLie =
    "where the backups lie (default: where the last run of the replica with that option put them)";
void add_backups(CLI::App* command, std::optional<std::string>& folder);
// Metadata of the replica that is somebody else's business, or is to be other than the source's.
void add_fields(CLI::App* command, MirroredFields& fields, std::uint32_t umask);
void add_bandwidth(CLI::App* command, Timetable& bandwidth, const char* help);
void add_stop_after(CLI::App* command, std::optional<double>& seconds);
void add_common(CLI::App* command, CommonOptions& common);
// By its name, or by its file.
void add_job(CLI::App* command, std::string& job, std::string& job_file);
void add_state(CLI::App* command, std::optional<std::string>& folder);  // part of what is common
void add_space_check(CLI::App* command, bool& check_space);             // part of planning
void add_lock_wait(CLI::App* command, double& seconds);                 // part of applying
void add_colour(CLI::App* command, When& colour);                       // part of what is common

}  // namespace foldersync
