// Job files: where they lie, and who may have written them. They name folders to be mirrored and
// commands to be run, so nobody but root and the caller may.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

// What is said of the command line in what lies around it.
struct JobFolders {
  std::vector<std::string> folders;  // absolute; the first one that has a file of the name counts
  std::string home;                  // what "~/" stands for; empty: nothing
};

// That of the user ($XDG_CONFIG_HOME/foldersync, ~/.config/foldersync), then /etc/foldersync.
JobFolders job_folders_here();

// What is asked for everywhere: the name of a file beside the jobs.
constexpr const char* kDefaults = "defaults";

struct JobFile {
  std::string path;
  std::string text;
};

// The file NAME.toml of the first folder that has one. Error kUsage: no folder has one, or NAME is
// none ("photos": no slash, no dot at its beginning, and not "defaults"); else as read_job_file().
Result<JobFile> find_job(FileSystem& fs, const JobFolders& folders, const std::string& name);

// The jobs that find_job() would find, by name: each name with its file.
std::map<std::string, std::string> jobs_in(const JobFolders& folders);

// Nothing where there is no such file. Error kRefused where somebody else than root and the caller
// could have written it, or could put another into its place; kUsage where it can't be read, is no
// file, is a link to nothing, or has more than 64 KiB.
Result<std::optional<JobFile>> read_job_file(FileSystem& fs, const std::string& path);

}  // namespace foldersync
