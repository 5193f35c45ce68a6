#include "cli/options/option_places.h"

#include <optional>
#include <utility>

#include "cli/options/environment.h"
#include "cli/options/job_text.h"
#include "cli/values/folders.h"
#include "fs/posix_file_system.h"

namespace foldersync {
namespace {

class Places {
 public:
  Places(const Asked& asked, const DeclaredProgram& program, const JobFolders& jobs)
      : asked_(asked), program_(program), jobs_(jobs) {}

  Result<FoundOptions> find(const std::vector<std::string>& environment) {
    if (asked_.command.takes_job()) {
      TRY(add_defaults());
      TRY(add_job());
    }
    places_.push_back(TRY(settings_of_environment(environment, asked_.command.name, program_)));
    std::map<std::string, bool> typed;
    for (const auto& [name, value] : asked_.typed) {
      typed[name] = !asked_.command.find(name)->is_flag() || value != "false";
    }
    return FoundOptions{in_force(asked_.command, places_, typed), std::move(files_)};
  }

 private:
  // Those of the machine count less than those of the user.
  Status add_defaults() {
    for (auto folder = jobs_.folders.rbegin(); folder != jobs_.folders.rend(); ++folder) {
      const auto file = TRY(read_job_file(fs_, *folder + "/" + kDefaults + ".toml"));
      if (file) TRY(add(*file, false));
    }
    return success();
  }

  Status add_job() {
    if (typed("job") != nullptr && typed("config") != nullptr) {
      return usage_error("read job", "--job excludes --config: a job is named, or its file is");
    }
    if (const std::string* name = typed("job")) return add(TRY(find_job(fs_, jobs_, *name)), true);
    const std::string* path = typed("config");
    if (path == nullptr || path->empty()) return success();
    const auto file = TRY(read_job_file(fs_, absolute_name(*path)));
    if (!file) return usage_error("read job", "--config: there is no file '" + *path + "'");
    return add(*file, true);
  }

  Status add(const JobFile& file, bool is_job) {
    auto settings = TRY(settings_in({.text = file.text, .file = file.path, .has_folders = is_job},
                                    asked_.command.name, program_, jobs_.home));
    places_.push_back(std::move(settings));
    files_.push_back(file.path);
    return success();
  }

  const std::string* typed(const char* name) const {
    const auto found = asked_.typed.find(name);
    return found == asked_.typed.end() ? nullptr : &found->second;
  }

  FileSystem& fs_ = posix_file_system();
  const Asked& asked_;
  const DeclaredProgram& program_;
  const JobFolders& jobs_;
  std::vector<Settings> places_;
  std::vector<std::string> files_;
};

}  // namespace

Result<FoundOptions> find_options(const Asked& asked, const DeclaredProgram& program,
                                  const JobFolders& jobs,
                                  const std::vector<std::string>& environment) {
  return Places(asked, program, jobs).find(environment);
}

}  // namespace foldersync
