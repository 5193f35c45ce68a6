#include "fs/named_path.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "core/parts.h"
#include "fs/trust.h"

namespace foldersync {
namespace {

constexpr int kMostLinks = 40;  // as the kernel has it

// The names of a path, the last one first; what means "here" is left out.
std::vector<std::string> names_in(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::string_view name = take_until(path, '/');
    if (!name.empty() && name != ".") names.emplace_back(name);
  }
  std::reverse(names.begin(), names.end());
  return names;
}

bool wants_folder(std::string_view path) { return path.ends_with('/') || path.ends_with("/."); }

class Walk {
 public:
  Walk(FileSystem& fs, const std::string& path, LastLink last)
      : fs_(fs), path_(path), last_(last), wants_folder_(wants_folder(path)) {}

  Result<NamedPlace> run() {
    TRY(begin(path_));
    while (!names_.empty()) {
      const std::string name = std::move(names_.back());
      names_.pop_back();
      TRY(name == ".." ? climb() : enter(name));
      TRY(keep_promises());
    }
    if (wants_folder_ && place_.status && !place_.status->is_directory()) return failed(ENOTDIR);
    return std::move(place_);
  }

 private:
  // A link of somebody else who is to own what it leads to, once so many names are left.
  struct Promise {
    std::size_t names_left;
    std::uint32_t owner;
    std::string link;
    std::string target;
  };

  [[nodiscard]] std::string where(const std::string& name) const {
    return at_.ends_with('/') || at_.empty() ? at_ + name : at_ + "/" + name;
  }
  [[nodiscard]] Error failed(int error_number) const {
    return system_error("open", error_number).at(at_);
  }
  [[nodiscard]] Error refused(std::string detail) const {
    return refused_error("open", std::move(detail)).at(path_);
  }

  // Goes to "/" or the current folder, with the names of `path` before it.
  Status begin(std::string_view path) {
    if (path.empty()) return failed(ENOENT);
    const bool is_absolute = path.starts_with('/');
    TRY(stand_on(TRY(fs_.open_above(is_absolute ? "/" : "."))));
    at_ = is_absolute ? "/" : "";
    if (is_absolute && !trusted_) trusted_ = trusted_here(place_.status->uid);
    for (std::string& name : names_in(path)) names_.push_back(std::move(name));
    return success();
  }

  Status climb() {
    TRY(stand_on(TRY(fs_.open_parent(place_.entry.get()))));
    at_ = where("..");
    return success();
  }

  // Goes on in a folder whose name does not matter.
  Status stand_on(Fd folder) {
    auto status = TRY(fs_.status(folder.get()));
    place_.folder.reset();
    place_.name = ".";
    place_.is_inherited = false;
    place_.entry = std::move(folder);
    place_.status = status;
    return success();
  }

  Status enter(const std::string& name) {
    auto entry = fs_.open_on_the_way(place_.entry.get(), name.c_str());
    if (!entry && (entry.error().error_number == ENOTDIR || entry.error().error_number == ELOOP)) {
      entry = fs_.open_entry(place_.entry.get(), name.c_str());
    }
    if (!entry && entry.error().error_number == ENOENT && names_.empty()) return miss(name);
    if (!entry) return std::move(entry).error().at(where(name));
    const auto status = fs_.status(entry->get());
    if (!status) return Error(status.error()).at(where(name));
    TRY(judge_name(name, *status));
    const bool is_link = status->type == FileType::kSymlink;
    const bool is_kept = names_.empty() && last_ == LastLink::kKeep && !wants_folder_;
    if (is_link && !is_kept) return follow(name, std::move(*entry), *status);
    if (!names_.empty() && !status->is_directory()) {
      at_ = where(name);
      return failed(ENOTDIR);
    }
    take(name, std::move(*entry), *status);
    return success();
  }

  void take(const std::string& name, Fd entry, std::optional<FileStatus> status) {
    place_.folder = std::move(place_.entry);
    place_.name = name;
    place_.is_inherited = false;
    place_.entry = std::move(entry);
    place_.status = status;
    at_ = where(name);
  }

  // Nothing has the last name.
  Status miss(const std::string& name) {
    FileStatus to_be;
    to_be.uid = trusted().caller;
    TRY(judge_name(name, to_be));
    take(name, Fd(), std::nullopt);
    return success();
  }

  const Trusted& trusted() {
    if (!trusted_) trusted_ = trusted_here(0);
    return *trusted_;
  }

  // Notes whether others could exchange the name, unless that is known of one before it.
  Status judge_name(const std::string& name, const FileStatus& entry) {
    if (!place_.exchangeable.empty()) return success();
    const auto is_private = [this](std::uint32_t gid, std::uint32_t uid) {
      return is_private_group(gid, uid) && !has_acl();
    };
    if (others_exchange(*place_.status, entry, trusted(), is_private)) {
      place_.exchangeable = where(name);
    }
    return success();
  }

  // The group's bits are then the most that anybody in it may do.
  bool has_acl() {
    return static_cast<bool>(
        fs_.get_xattr({place_.entry.get(), true}, "system.posix_acl_access", {}));
  }

  Status follow(const std::string& name, Fd link, const FileStatus& status) {
    if (++links_ > kMostLinks) return system_error("open", ELOOP).at(where(name));
    const auto target = TRY(fs_.link_target(link.get(), ""));
    if (names_.empty()) place_.through_link = true;
    if (!trusted().has(status.uid)) {
      promises_.push_back({names_.size(), status.uid, where(name), target});
    }
    const bool may_be_odd = target.starts_with('/') || target.find(":[") != std::string::npos;
    if (may_be_odd) {
      const auto facts = fs_.facts(link.get());
      if (facts && facts->shows_processes) return follow_process(name);
    }
    if (names_.empty() && wants_folder(target)) wants_folder_ = true;
    if (target.starts_with('/')) return begin(target);
    for (std::string& further : names_in(target)) names_.push_back(std::move(further));
    return success();
  }

  // A link of procfs leads to what a process has open, whatever its text says.
  Status follow_process(const std::string& name) {
    const auto number = number_in<int>(name);
    const auto own = number ? fs_.open_above("/proc/self/fd") : Result<Fd>(failed(ENOENT));
    const auto own_status = own ? fs_.status(own->get()) : Result<FileStatus>(own.error());
    if (own_status && same_object(*own_status, *place_.status)) {
      auto inherited = fs_.open_inherited(*number);
      if (!inherited) {
        return refused("'" + where(name) + "' is no descriptor that this program was started with");
      }
      TRY(stand_on(std::move(*inherited)));
      place_.is_inherited = true;
    } else {
      const std::string path = "/proc/self/fd/" + std::to_string(place_.entry.get()) + "/" + name;
      TRY(stand_on(TRY(fs_.open_above(path.c_str()))));
    }
    at_ = where(name);
    return names_.empty() || place_.status->is_directory() ? success() : Status(failed(ENOTDIR));
  }

  // Asks who owns what links of others lead to.
  Status keep_promises() {
    while (!promises_.empty() && names_.size() <= promises_.back().names_left) {
      const Promise& promise = promises_.back();
      if (!place_.status || place_.status->uid != promise.owner) return broken(promise);
      promises_.pop_back();
    }
    return success();
  }

  [[nodiscard]] Error broken(const Promise& promise) const {
    return refused("'" + promise.link + "' is a symbolic link of somebody else (uid " +
                   std::to_string(promise.owner) + ") and leads to '" + promise.target + "', " +
                   (place_.status ? "which is not theirs" : "which does not exist") +
                   ": if that is meant, name '" + at_ + "' instead");
  }

  FileSystem& fs_;
  const std::string& path_;
  LastLink last_;
  bool wants_folder_;
  std::vector<std::string> names_;  // that are to come, the next one last
  std::string at_;                  // where it is, for people
  NamedPlace place_;
  std::optional<Trusted> trusted_;
  std::vector<Promise> promises_;
  int links_ = 0;
};

}  // namespace

Result<NamedPlace> find_named(FileSystem& fs, const std::string& path, LastLink last) {
  return Walk(fs, path, last).run();
}

Result<Fd> open_folder_at(FileSystem& fs, const NamedPlace& place) {
  if (!place.status) return system_error("open", ENOENT);
  if (!place.status->is_directory()) return system_error("open", ENOTDIR);
  return fs.open_directory(place.entry.get(), ".");
}

Result<Fd> open_named_folder(FileSystem& fs, const std::string& path) {
  const auto place = TRY(find_named(fs, path));
  return open_folder_at(fs, place);
}

}  // namespace foldersync
