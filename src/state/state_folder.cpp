#include "state/state_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "fs/named_path.h"

namespace foldersync {
namespace {

constexpr std::uint32_t kFileMode = 0600;
constexpr int kMostAside = 999;

// Why `status` is not to be believed.
std::optional<Error> distrust(const FileStatus& status) {
  Error error{ErrorCode::kState, "check", {}, 0, {}};
  if (status.uid != 0 && status.uid != ::geteuid()) {
    error.detail = "belongs to user " + std::to_string(status.uid);
    return error;
  }
  if ((status.mode & kOthersWrite) != 0) {
    error.detail = "others can write it";
    return error;
  }
  return std::nullopt;
}

Error as_state_error(Error error, std::string path) {
  error.code = ErrorCode::kState;
  return std::move(error).at(std::move(path));
}

// The part of `path` above its last component, and that component. "a" is in ".", "/a" in "/".
std::pair<std::string, std::string> split(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {".", std::string(path)};
  return {std::string(path.substr(0, slash == 0 ? 1 : slash)), std::string(path.substr(slash + 1))};
}

Status make_folder(FileSystem& system, int parent, const std::string& name) {
  if (Status made = system.make_directory(parent, name.c_str(), kOwnerAll); !made) {
    if (made.error().error_number == EEXIST) return success();
    return made;
  }
  // The umask may have taken rights of our own away.
  Fd entry = TRY(system.open_entry(parent, name.c_str()));
  return system.set_mode({entry.get(), true}, kOwnerAll);
}

// The place of the folder at `path`, made where it is missing.
Result<NamedPlace> find_or_make(FileSystem& system, const std::string& path) {
  std::vector<std::string> missing;  // deepest first
  std::string above = path;
  Result<NamedPlace> place = find_named(system, above);
  while (!place && place.error().error_number == ENOENT) {
    auto [parent, name] = split(above);
    if (name.empty() || name == "." || name == "..") break;
    missing.push_back(std::move(name));
    above = std::move(parent);
    place = find_named(system, above);
  }
  while (place && (!place->status || !missing.empty())) {
    if (!place->status && place->through_link) return system_error("open", ENOENT);
    const bool is_made = !place->status;
    if (is_made) {
      TRY(make_folder(system, place->folder.get(), place->name));
    } else {
      above += "/" + missing.back();
      missing.pop_back();
    }
    place = find_named(system, above);
  }
  return place;
}

// Others could put another folder into its place.
Error exchangeable(const std::string& name) {
  return state_error("check", "others can exchange '" + name + "'");
}

}  // namespace

StateFolder::StateFolder(FileSystem& system, std::string path, Fd folder)
    : system_(&system), path_(std::move(path)), folder_(std::move(folder)) {}

Result<StateFolder> StateFolder::open(FileSystem& system, const std::string& path) {
  Result<NamedPlace> place = find_or_make(system, path);
  if (!place) return as_state_error(std::move(place).error(), path);
  Result<Fd> folder = open_folder_at(system, *place);
  if (!folder) return as_state_error(std::move(folder).error(), path);
  const Result<FileStatus> status = system.status(folder->get());
  if (!status) return as_state_error(status.error(), path);
  if (std::optional<Error> reason = distrust(*status)) return std::move(*reason).at(path);
  if (!place->exchangeable.empty()) return exchangeable(place->exchangeable).at(path);

  // The databases are opened by this path, on which nobody else can put anything.
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  if (real == nullptr) return as_state_error(system_error("realpath", errno), path);
  return StateFolder(system, real.get(), std::move(*folder));
}

Result<StateFile> StateFolder::look(const std::string& name) const {
  const Result<FileStatus> found = status(name);
  if (!found && found.error().error_number == ENOENT) return StateFile::kMissing;
  if (!found) return found.error();
  if (!found->is_file()) return StateFile::kNotOurs;
  if (std::optional<Error> reason = distrust(*found)) return std::move(*reason).at(name);
  return StateFile::kRegular;
}

Status StateFolder::create(const std::string& name) const {
  Result<Fd> file = system_->create_file(folder_.get(), name.c_str(), kFileMode);
  if (!file && file.error().error_number == EEXIST) return success();
  if (!file) return as_state_error(std::move(file).error(), name);
  if (Status set = system_->set_mode({file->get(), false}, kFileMode); !set) {
    return as_state_error(std::move(set).error(), name);
  }
  return success();
}

Result<FileStatus> StateFolder::status(const std::string& name) const {
  Result<FileStatus> found = system_->status_at(folder_.get(), name.c_str());
  if (!found) return as_state_error(std::move(found).error(), name);
  return found;
}

Status StateFolder::rename(const std::string& from, const std::string& to) const {
  Status renamed = system_->rename(folder_.get(), from.c_str(), folder_.get(), to.c_str(),
                                   RenameMode::kNoReplace);
  return renamed ? success() : as_state_error(std::move(renamed).error(), from);
}

Status StateFolder::remove(const std::string& name) const {
  Status removed = system_->remove_file(folder_.get(), name.c_str());
  return removed ? success() : as_state_error(std::move(removed).error(), name);
}

Status StateFolder::sync() const {
  Status synced = system_->sync(folder_.get());
  return synced ? success() : as_state_error(std::move(synced).error(), path_);
}

Result<std::string> StateFolder::set_aside(const std::string& name,
                                           const std::vector<std::string_view>& suffixes) const {
  std::string aside;
  for (int n = 1; n <= kMostAside && aside.empty(); ++n) {
    std::string candidate = name + ".corrupt-" + std::to_string(n);
    const Result<FileStatus> taken = status(candidate);
    if (!taken && taken.error().error_number == ENOENT) aside = std::move(candidate);
  }
  if (aside.empty()) return as_state_error(system_error("rename", EEXIST), name);

  // CRASH: killed between two of these, the database is still there without its log; it is set
  // aside next time if it is still damaged. The other order would give the log to its successor.
  std::vector<std::string_view> in_order = suffixes;
  in_order.emplace_back("");
  for (const std::string_view suffix : in_order) {
    const std::string from = std::string(name).append(suffix);
    const std::string to = std::string(aside).append(suffix);
    // RACE: two processes may choose the same N; the later damaged file replaces the earlier one.
    Status moved = system_->rename(folder_.get(), from.c_str(), folder_.get(), to.c_str(),
                                   RenameMode::kReplace);
    if (!moved && moved.error().error_number != ENOENT) {
      return as_state_error(std::move(moved).error(), from);
    }
  }
  return aside;
}

}  // namespace foldersync
