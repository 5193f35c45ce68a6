#include "apply/ask_limits.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "apply/stage/run_area.h"
#include "fs/copy.h"

namespace foldersync {
namespace {

// Each a name of its own, since what was removed may be there for a while.
constexpr const char* kFile = "probe-file";
constexpr const char* kSymlink = "probe-symlink";
constexpr const char* kNode = "probe-node";
constexpr const char* kFirst = "probe-first";
constexpr const char* kLinked = "probe-linked";
constexpr const char* kRenamed = "probe-renamed";
constexpr std::string_view kContent = "x";
// Of no file system's steps, an odd second, and within what all of them hold.
constexpr FileTime kFine{1'234'567'891, 123'456'789};
constexpr std::int64_t kMoreThanAYear = 40'000'000;

// Whole seconds, and neither links nor symlinks: by FUSE it tells any time back until it is mounted
// anew, and has lost what is out of its range then.
bool looks_like_fat(const FileSystemLimits& limits) {
  return limits.times.granularity == 1'000'000'000 && limits.refuses_symlinks &&
         limits.most_names == 1;
}

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
    // What a file is refused says nothing of symlinks alone.
    if (limits_.refuses_link_owners && !holds_owner(1, 1)) limits_.refuses_link_owners = false;
    if (limits_.refuses_link_times && !takes_time()) limits_.refuses_link_times = false;
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
    const bool is_asked = !looks_like_fat(limits_);  // its answer would be none
    if (is_asked && earliest)
      wanted.push_back({earliest->seconds - kMoreThanAYear, kFine.nanoseconds});
    if (is_asked && latest) wanted.push_back({latest->seconds + kMoreThanAYear, kFine.nanoseconds});
    for (const FileTime time : wanted) limits_.times = learned_of(time, limits_.times);
  }

  // As from any entry: where the number has wrapped, it is tried out which end there is. What can't
  // be explained teaches nothing.
  TimeLimits learned_of(FileTime time, const TimeLimits& known) {
    TimeLimits limits = known;
    for (FileTime tried = time;;) {
      const auto found = stored(tried);
      if (!found) return known;
      limits = learn(limits, tried, *found);
      if (stored_as(tried, limits) == *found) return limits;
      const FileTime next = in_range(time, limits);
      if (next == tried) return known;
      tried = next;
    }
  }

  FileSystem& fs_;
  Handle object_;
  const Policy& policy_;
  FileSystemLimits& limits_;
};

bool is_about_symlinks(const FileSystemLimits& limits) {
  return limits.refuses_symlinks || limits.refuses_link_times || limits.refuses_link_owners;
}

// Whether an error is an answer: it says that there is no such thing. All else (a full disk, say)
// tells nothing. Some say EIO to whatever they don't know (rclone).
bool is_answer(const Error& error) { return is_denial(error) || is_one_of(error, {EIO, EMLINK}); }

// These ask in an open folder, and answer whether all questions could be. Nothing is removed while
// it is open: some file systems keep it then, under its name or another one.
bool ask_named_file(const LimitsQuestion& question, int folder, FileSystemLimits& limits) {
  {
    const auto file = question.fs.create_file(folder, kFile, kPrivate);
    if (!file) return false;
    Questions(question.fs, {file->get(), false}, question.policy, limits).ask_file();
  }
  (void)question.fs.remove_file(folder, kFile);
  return true;
}

bool ask_named_symlink(const LimitsQuestion& question, int folder, FileSystemLimits& limits) {
  const Status made = question.fs.make_symlink(kSymlink, folder, kSymlink);
  if (!made && !is_answer(made.error())) return false;
  limits.refuses_symlinks = !made;
  if (limits.refuses_symlinks) return true;
  const bool is_open = [&] {
    const auto link = question.fs.open_entry(folder, kSymlink);
    if (link) Questions(question.fs, {link->get(), true}, question.policy, limits).ask_symlink();
    return link.ok();
  }();
  (void)question.fs.remove_file(folder, kSymlink);
  return is_open;
}

bool ask_named_node(FileSystem& fs, int folder, FileSystemLimits& limits) {
  const Status made = fs.make_node(folder, kNode, FileType::kFifo, kPrivate, 0);
  if (!made && !is_answer(made.error())) return false;
  limits.refuses_nodes = !made;
  if (made) (void)fs.remove_file(folder, kNode);
  return true;
}

// What becomes of a file's number and its other name when it is linked and renamed, and of its time
// when it is renamed. Where the kernel remembers for a while what was so before, or hears of
// another size (that of the encrypted file: gocryptfs), numbers count as passing, too.
bool ask_names(FileSystem& fs, int folder, FileSystemLimits& limits) {
  const auto made = [&]() -> Result<FileStatus> {
    const auto file = TRY(fs.create_file(folder, kFirst, kPrivate));
    TRY(write_all(fs, file.get(), kContent));
    if (!limits.refuses_times) (void)fs.set_mtime({file.get(), false}, kFine);
    return fs.status(file.get());
  }();
  const Status linked = fs.make_link(folder, kFirst, folder, kLinked);
  const auto remembered = fs.by_number().status_at(folder, kFirst);
  const auto second = fs.by_path().status_at(folder, kLinked);
  const Status renamed = fs.rename(folder, kFirst, folder, kRenamed, RenameMode::kReplace);
  const auto third = fs.by_path().status_at(folder, kRenamed);
  for (const char* const name : {kFirst, kLinked, kRenamed}) (void)fs.remove_file(folder, name);
  const bool has_link = linked && second;
  if (!made || !renamed || !third || !remembered) return false;
  if (!has_link && (linked || !is_answer(linked.error()))) return false;
  if (!limits.refuses_times) limits.times = learn(limits.times, kFine, third->mtime);
  const bool is_one = has_link && same_number(*made, *second) && second->links == 2;
  limits.most_names = is_one ? 0 : 1;
  if (looks_like_fat(limits)) limits.times = with_range_of_fat(limits.times);
  const bool is_seen = remembered->links == 2 && remembered->size == kContent.size();
  const bool is_kept = is_one && is_seen && same_number(*made, *third);
  limits.numbers = is_kept ? Numbers::kKept : Numbers::kPassing;
  return true;
}

// What nobody has asked yet of a file system that others than this one have a hand in: more than is
// taken back where it turns out not to be so.
FileSystemLimits with_first_questions(const LimitsQuestion& question) {
  FileSystemLimits limits = question.policy.limits;
  if (question.replica.sharing != Sharing::kShared || limits.numbers != Numbers::kNotAsked) {
    return limits;
  }
  limits.refuses_link_times = true;
  limits.refuses_link_owners = question.policy.as_root;
  return limits;
}

// CRASH: killed in here, the next run removes the folder, and gives the root its time.
bool ask_in_folder(const LimitsQuestion& question, bool of_files, FileSystemLimits& limits) {
  const Root& replica = question.replica;
  auto area = find_or_make_area(
      {question.fs, replica, question.keys, question.policy.as_root, /*durable=*/false});
  if (!area) return false;
  const int folder = area->fd();
  bool is_answered = !of_files || ask_named_file(question, folder, limits);
  const bool is_shared = replica.sharing == Sharing::kShared;
  if (is_shared || is_about_symlinks(limits)) {
    is_answered &= ask_named_symlink(question, folder, limits);
  }
  if (is_shared) {
    is_answered &= ask_named_node(question.fs, folder, limits);
    is_answered &= ask_names(question.fs, folder, limits);
  }
  // What stays of it goes with the next run.
  (void)remove_area({question.fs, replica, question.keys}, *area, {.keeps_partial = true});
  return is_answered;
}

}  // namespace

FileSystemLimits ask_limits(const LimitsQuestion& question) {
  FileSystemLimits limits = with_first_questions(question);
  const bool has_names = is_about_symlinks(limits) || question.replica.sharing == Sharing::kShared;
  const auto file = question.fs.create_nameless(question.replica.fd.get(), kPrivate);
  if (file) Questions(question.fs, {file->get(), false}, question.policy, limits).ask_file();
  const bool is_answered = (file && !has_names) || ask_in_folder(question, !file, limits);
  return is_answered ? limits : question.policy.limits;
}

}  // namespace foldersync
