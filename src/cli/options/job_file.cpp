#include "cli/options/job_file.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "cli/options/plan_file.h"
#include "cli/values/folders.h"
#include "format/errno_name.h"
#include "fs/named_file.h"

namespace foldersync {
namespace {

// In a small file no key has so many parts that the library needs more stack than there is.
constexpr std::size_t kMostBytes = std::size_t{64} << 10U;
constexpr const char* kEnd = ".toml";

Error unusable(const std::string& path, const std::string& why) {
  return usage_error("read job", path + ": " + why);
}

Error not_believed(const std::string& path, const std::string& why) {
  return refused_error("read job",
                       path + ": a job runs commands and names folders to be " +
                           "mirrored, so only root and you may have written it: " + why);
}

Status judge(const std::string& path, const NamedFile& file) {
  if (file.is_inherited) return success();
  if (!file.status.is_file()) return unusable(path, "expected a regular file");
  if (!is_ours_alone(file.status.uid, file.status.mode)) {
    return not_believed(path,
                        "it belongs to somebody else, or others may write it (chown, or "
                        "chmod go-w)");
  }
  if (file.exchangeable.empty()) return success();
  return not_believed(path,
                      "others can give '" + file.exchangeable + "' to another file or folder");
}

bool is_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos &&
         name != kDefaults;
}

}  // namespace

JobFolders job_folders_here() {
  JobFolders all;
  all.home = home_folder();
  const char* named = std::getenv("XDG_CONFIG_HOME");
  // A relative one doesn't count, says the specification of these folders.
  const std::string config = named != nullptr && *named == '/' ? named
                             : all.home.empty()                ? std::string()
                                                               : all.home + "/.config";
  if (!config.empty()) all.folders.push_back(config + "/foldersync");
  all.folders.emplace_back("/etc/foldersync");
  return all;
}

Result<JobFile> find_job(FileSystem& fs, const JobFolders& folders, const std::string& name) {
  if (!is_name(name)) {
    return usage_error("read job", "--job: expected the name of a job, as photos, found '" + name +
                                       "' (a file is named by --config)");
  }
  std::string looked_at;
  for (const std::string& folder : folders.folders) {
    const std::string path = folder + "/" + name + kEnd;
    auto file = TRY(read_job_file(fs, path));
    if (file) return std::move(*file);
    looked_at += (looked_at.empty() ? "" : " and ") + path;
  }
  return usage_error("read job", "there is no job '" + name + "': looked for " + looked_at);
}

std::map<std::string, std::string> jobs_in(const JobFolders& folders) {
  std::map<std::string, std::string> jobs;
  for (const std::string& folder : folders.folders) {
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
      const std::filesystem::path& path = entry.path();
      const std::string name = path.stem().native();
      if (path.extension() == kEnd && is_name(name)) jobs.emplace(name, path.native());
    }
  }
  return jobs;
}

Result<std::optional<JobFile>> read_job_file(FileSystem& fs, const std::string& path) {
  const auto file = open_to_read(fs, path);
  if (!file && (file.error().error_number == ENOENT || file.error().error_number == ENOTDIR)) {
    const auto place = find_named(fs, path, LastLink::kKeep);
    if (place && place->status) return unusable(path, "a link that leads nowhere");
    return std::optional<JobFile>();
  }
  if (!file && file.error().code == ErrorCode::kRefused) return file.error();
  if (!file)
    return unusable(path,
                    std::string("it can't be opened: ") + errno_name(file.error().error_number));
  TRY(judge(path, *file));
  auto text = read_text(fs, file->fd.get(), kMostBytes);
  if (!text && text.error().error_number == EFBIG) {
    return unusable(path, "expected a file of at most 64 KiB");
  }
  if (!text)
    return unusable(path,
                    std::string("it can't be read: ") + errno_name(text.error().error_number));
  return std::optional(JobFile{path, std::move(*text)});
}

}  // namespace foldersync
