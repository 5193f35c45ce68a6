#include "apply/ask_limits.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "apply/stage/staging_entry.h"

namespace foldersync {
namespace {

constexpr std::uint32_t kPrivate = 0600;
constexpr const char* kProbe = "probe";
// Of no file system's steps, and within what all of them hold.
constexpr FileTime kFine{1'234'567'890, 123'456'789};
constexpr std::int64_t kMoreThanAYear = 40'000'000;

// Takes back, in `limits`, what an object does hold by now.
class Questions {
 public:
  Questions(FileSystem& fs, Handle object, const Policy& policy, FileSystemLimits& limits)
      : fs_(fs), object_(object), policy_(policy), limits_(limits) {}

  void ask_file() {
    if (!limits_.holds_modes) limits_.holds_modes = holds_mode(0640) && holds_mode(0604);
    if (policy_.as_root) ask_owners();
    if (!policy_.as_root) ask_groups();
    if (limits_.refuses_times) limits_.refuses_times = !takes_time();
    if (!limits_.refuses_times && limits_.times != TimeLimits{}) ask_times();
  }

  void ask_symlink() {
    if (limits_.refuses_link_times) limits_.refuses_link_times = !takes_time();
    if (limits_.refuses_link_owners) limits_.refuses_link_owners = !holds_owner(1, 1);
  }

 private:
  bool holds_mode(std::uint32_t mode) {
    if (!fs_.set_mode(object_, mode)) return false;
    const auto found = fs_.status(object_.fd);
    return found && found->mode == mode;
  }

  bool holds_owner(std::uint32_t uid, std::uint32_t gid) {
    if (!fs_.set_owner(object_, uid, gid)) return false;
    const auto found = fs_.status(object_.fd);
    return found && found->uid == uid && found->gid == gid;
  }

  void ask_owners() {
    if (!limits_.holds_owners) limits_.holds_owners = holds_owner(1, 1);
    // It may have any of them meanwhile.
    std::erase_if(limits_.refused_uids, [&](std::uint32_t id) { return holds_owner(id, 0); });
    std::erase_if(limits_.refused_gids, [&](std::uint32_t id) { return holds_owner(0, id); });
  }

  void ask_groups() {
    const auto takes = [&](std::uint32_t id) {
      const auto now = fs_.status(object_.fd);
      return now && now->gid != id && holds_owner(now->uid, id);
    };
    const std::vector<std::uint32_t>& own = policy_.groups;
    if (limits_.refuses_groups)
      limits_.refuses_groups = std::none_of(own.begin(), own.end(), takes);
    std::erase_if(limits_.refused_gids, [&](std::uint32_t id) {
      return std::binary_search(own.begin(), own.end(), id) && takes(id);
    });
  }

  // What comes out; nothing where it is refused.
  std::optional<FileTime> stored(FileTime wanted) {
    if (!fs_.set_mtime(object_, wanted)) return std::nullopt;
    const auto found = fs_.status(object_.fd);
    return found ? std::optional(found->mtime) : std::nullopt;
  }

  bool takes_time() {
    const auto found = stored(kFine);
    return found && stored_as(kFine, learn({}, kFine, *found)) == *found;
  }

  void ask_times() {
    std::vector<FileTime> wanted{kFine};
    const auto& [granularity, two_seconds, earliest, latest] = limits_.times;
    if (earliest) wanted.push_back({earliest->seconds - kMoreThanAYear, kFine.nanoseconds});
    if (latest) wanted.push_back({latest->seconds + kMoreThanAYear, kFine.nanoseconds});
    for (const FileTime time : wanted) {
      const auto found = stored(time);
      if (found) limits_.times = learn(limits_.times, time, *found);
    }
  }

  FileSystem& fs_;
  Handle object_;
  const Policy& policy_;
  FileSystemLimits& limits_;
};

bool is_about_symlinks(const FileSystemLimits& limits) {
  return limits.refuses_link_times || limits.refuses_link_owners;
}

void ask_named_file(const LimitsQuestion& question, int folder, FileSystemLimits& limits) {
  const auto file = question.fs.create_file(folder, kProbe, kPrivate);
  if (!file) return;
  Questions(question.fs, {file->get(), false}, question.policy, limits).ask_file();
  (void)question.fs.remove_file(folder, kProbe);
}

void ask_named_symlink(const LimitsQuestion& question, int folder, FileSystemLimits& limits) {
  if (!question.fs.make_symlink(kProbe, folder, kProbe)) return;
  const auto link = question.fs.open_entry(folder, kProbe);
  if (link) Questions(question.fs, {link->get(), true}, question.policy, limits).ask_symlink();
  (void)question.fs.remove_file(folder, kProbe);
}

// CRASH: killed in here, the next run removes the folder, and gives the root its time.
void ask_in_folder(const LimitsQuestion& question, bool of_files, FileSystemLimits& limits) {
  const Root& replica = question.replica;
  auto area = find_or_make_area(
      {question.fs, replica, question.keys, question.policy.as_root, /*durable=*/false});
  if (!area) return;
  const std::optional<FileTime> mtime = area->home_mtime();
  if (of_files) ask_named_file(question, area->fd(), limits);
  if (is_about_symlinks(limits)) ask_named_symlink(question, area->fd(), limits);
  const auto kept = area->remove_but_partial();
  // Where this fails, the next plan finds the time.
  if (mtime) (void)question.fs.set_mtime({replica.fd.get(), false}, *mtime);
  if (kept && !*kept && !area->earlier_folder()) question.keys.end(replica.identity, area->key());
}

}  // namespace

FileSystemLimits ask_limits(const LimitsQuestion& question) {
  FileSystemLimits limits = question.policy.limits;
  const auto file = question.fs.create_nameless(question.replica.fd.get(), kPrivate);
  if (file) Questions(question.fs, {file->get(), false}, question.policy, limits).ask_file();
  if (!file || is_about_symlinks(limits)) ask_in_folder(question, !file, limits);
  return limits;
}

}  // namespace foldersync
