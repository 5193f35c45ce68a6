#include "cli/session.h"

#include <linux/capability.h>
#include <pwd.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "apply/stage/space.h"
#include "cli/spool_file.h"
#include "core/text.h"
#include "fs/clock.h"
#include "fs/directory_cursor.h"
#include "plan/guard.h"
#include "plan/json.h"
#include "state/limits_key.h"
#include "state/state_folder.h"

namespace foldersync {
namespace {

namespace stdfs = std::filesystem;

// Threads that nobody asked for. So many read a tree that is not in memory, too.
constexpr std::size_t kMostUnasked = 16;

// The home folder: $HOME, else what the password file says; empty where neither tells.
std::string home_folder() {
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return home;
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr && entry->pw_dir != nullptr ? entry->pw_dir : "";
}

std::string default_state_folder() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/foldersync";
  const std::string home = home_folder();
  return home.empty() ? "" : home + "/.local/state/foldersync";
}

// `file` without links in it; of a file that is no folder, its own name stays as it is. What does
// not exist yet is where its nearest existing ancestor is. Empty where that can't be known.
std::string real_name(const std::string& file) {
  std::error_code failed;
  const stdfs::path name(file);
  if (stdfs::is_directory(name, failed)) return stdfs::canonical(name, failed).native();
  const stdfs::path whole = stdfs::weakly_canonical(name.parent_path(), failed);
  return failed ? std::string() : (whole / name.filename()).native();
}

// The path of `file` below the folder `root`, "." where it is that folder; empty where it isn't
// below it.
std::string path_below(const std::string& file, const std::string& root) {
  if (root.empty()) return {};
  std::error_code missing;
  std::string base = stdfs::canonical(root, missing).native();
  if (missing) base = real_name(root);
  const std::string whole = real_name(file);
  if (whole.empty() || base.empty()) return {};
  const std::string relative = stdfs::path(whole).lexically_relative(base).native();
  return RelPath::is_path(relative) ? relative : std::string();
}

std::string without_end_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// Whether this process may give files to others, which root in a container may not.
bool may_give_owners() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) < 0) return ::geteuid() == 0;
  return ::geteuid() == 0 && (data[0].effective & (1U << CAP_CHOWN)) != 0;
}

Error misplaced(const std::string& file) {
  return Error{ErrorCode::kRefused, "place", file, 0,
               "this file or folder of the program's own would lie inside the replica, which holds "
               "nothing but the source's copy: choose another place (--log, --state, --output, "
               "--backup-dir, --report)"};
}

FolderMemory memory_of(FileSystem& fs, const Root& root) {
  const auto empty = is_empty(fs, root.fd.get());
  return {root.identity, root.file_system, empty && !*empty};
}

}  // namespace

std::string state_folder_of(const Settings& settings) {
  return settings.state_folder ? absolute_name(*settings.state_folder) : default_state_folder();
}

std::string absolute_name(const std::string& name) {
  std::error_code failed;
  const stdfs::path absolute = stdfs::absolute(name, failed);
  return failed ? name : absolute.native();
}

std::string describe(const Error& error) {
  std::string line = error.operation;
  if (!error.path.empty()) line += " '" + escaped(error.path) + "'";
  if (!error.detail.empty()) line += ": " + escaped(error.detail);
  if (error.error_number != 0) {
    line += std::string(": ") + std::strerror(error.error_number) + " (" +
            errno_name(error.error_number) + ")";
  }
  return line;
}

std::string describe(const Problem& problem) {
  std::string line = problem.doing + " '" + escaped(problem.path.shown()) + "' in the " +
                     to_string(problem.side) + ": ";
  if (problem.doing == "enter mount") {
    return line + "another file system is mounted there; --cross-mounts enters it";
  }
  return line + std::strerror(problem.error_number) + " (" + errno_name(problem.error_number) + ")";
}

std::string make_plan_id(FileTime now) {
  std::array<unsigned char, 16> id{};
  if (::getrandom(id.data(), id.size(), 0) < 0) id.fill(static_cast<unsigned char>(::getpid()));
  const auto milliseconds =
      static_cast<std::uint64_t>(now.seconds) * 1000 + now.nanoseconds / 1'000'000;
  for (std::size_t i = 0; i < 6; ++i) {
    id[i] = static_cast<unsigned char>(milliseconds >> (8 * (5 - i)));
  }
  id[6] = static_cast<unsigned char>((id[6] & 0x0FU) | 0x70U);
  id[8] = static_cast<unsigned char>((id[8] & 0x3FU) | 0x80U);
  std::string text;
  for (std::size_t i = 0; i < id.size(); ++i) {
    std::array<char, 3> pair{};
    std::snprintf(pair.data(), pair.size(), "%02x", id[i]);
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += pair.data();
  }
  return text;
}

Session::Session(const Settings& settings) : settings_(settings) {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  threads_ = settings.threads != 0 ? settings.threads : std::min(processors, kMostUnasked);
  state_folder_ = state_folder_of(settings);
}

Result<std::unique_ptr<Session>> Session::start(const Settings& settings) {
  std::unique_ptr<Session> session(new Session(settings));
  auto filter = TRY(Filter::of(settings.plan, {}, settings.rule_origins));
  session->filter_ = std::move(filter);
  return session;
}

void Session::open_state() {
  if (memory_ != nullptr) return;
  if (state_folder_.empty()) {
    warnings_.push_back(unknown_memory("no home folder is known, see --state"));
    return;
  }
  if (cache_ == nullptr) cache_ = HashCache::in(state_folder_);
  Memory::Opened opened = Memory::open(state_folder_);
  memory_ = std::move(opened.memory);
  if (!opened.warning.empty()) warnings_.push_back(std::move(opened.warning));
}

std::vector<std::string> Session::take_warnings() {
  if (cache_ != nullptr) {
    std::string warning = cache_->take_warning();
    if (!warning.empty()) warnings_.push_back(std::move(warning));
  }
  return std::exchange(warnings_, {});
}

Result<Roots> Session::open_roots(const std::string& source, const std::string& replica) {
  RootPaths paths{absolute_name(source), absolute_name(replica), {"/"}};
  if (const std::string home = home_folder(); !home.empty()) paths.never_replica.push_back(home);
  return foldersync::open_roots(fs_, paths);
}

Status Session::refuse_inside(const Root& replica, const std::vector<std::string>& files) {
  for (const std::string& given : files) {
    if (given.empty()) continue;
    const std::string file = without_end_slashes(given);
    const stdfs::path path(file);
    // The folder itself may be a link into the replica, and a link of the replica may lead out.
    const auto itself = lies_inside(fs_, file, replica);
    const auto beside = path.filename() == ".." ? Result<bool>(false)
                                                : lies_inside(fs_, path.parent_path(), replica);
    if ((itself && *itself) || (beside && *beside)) return misplaced(file);
  }
  return success();
}

Status Session::place_own_files(const Roots& roots, const std::vector<std::string>& files) {
  if (roots.replica) {
    TRY(refuse_inside(*roots.replica, files));
  }
  left_out_.clear();
  for (const std::string& given : files) {
    if (given.empty()) continue;
    const std::string file = without_end_slashes(given);
    const bool in_replica_to_be =
        !roots.replica && !path_below(file, without_end_slashes(roots.replica_path)).empty();
    if (in_replica_to_be) return misplaced(file);
    const std::string below = path_below(file, roots.source.path);
    if (below == ".") {
      return Error{ErrorCode::kRefused, "place", file, 0,
                   "this is the source itself, which is only read: choose another place (--log, "
                   "--state, --output, --backup-dir, --report)"};
    }
    if (!below.empty()) left_out_.push_back(below);
  }
  std::sort(left_out_.begin(), left_out_.end());
  left_out_.erase(std::unique(left_out_.begin(), left_out_.end()), left_out_.end());
  return success();
}

std::string Session::backup_folder() const {
  return settings_.backup_folder ? absolute_name(*settings_.backup_folder) : std::string();
}

std::string Session::report_file() const {
  const auto& file = settings_.report_file;
  return file && *file != "-" ? absolute_name(*file) : std::string();
}

Status Session::make_backup_folder() {
  const std::string folder = backup_folder();
  if (folder.empty() || fs_.open_root(folder.c_str())) return success();
  const stdfs::path path = without_end_slashes(folder);
  const auto parent = fs_.open_root(path.parent_path().c_str());
  Status made = parent ? fs_.make_directory(parent->get(), path.filename().c_str(), 0700)
                       : Status(parent.error());
  if (made) return made;
  return Error{ErrorCode::kRefused, "back up", folder, made.error().error_number,
               "the backup folder (--backup-dir) can't be opened or made"};
}

std::optional<BackupOrder> Session::backup_order() const {
  const std::string folder = backup_folder();
  if (folder.empty() || settings_.dry_run) return std::nullopt;
  const FileTime now = wall_clock_now();
  return BackupOrder{folder, make_plan_id(now), now, FOLDERSYNC_VERSION};
}

std::string Session::prune_backups(const Root& replica) {
  if (!settings_.backup_keep) return {};
  const auto pruned =
      foldersync::prune_backups(fs_, backup_folder(), {replica.path, replica.identity, {}},
                                *settings_.backup_keep, wall_clock_now());
  return pruned ? std::string() : "old backups could not be removed: " + describe(pruned.error());
}

Status Session::check_required(const Root& source, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const Guard guard = require_guard(name, has_entry(fs_, source, RelPath(name)));
    if (guard.refused) return Error{ErrorCode::kRefused, "compare", source.path, 0, explain(guard)};
  }
  return success();
}

Policy Session::policy(const FileSystemLimits& limits) const {
  return {may_give_owners(), true, ::geteuid(), ::getegid(), settings_.plan.checksum, limits};
}

Spooling Session::spooling() {
  Spooling spooling = spooling_in(state_folder_);
  spooling.make = [this, make = std::move(spooling.make)] {
    // Where it can't be made or believed, a file elsewhere does.
    if (!state_folder_.empty()) (void)StateFolder::open(fs_, state_folder_);
    return make();
  };
  return spooling;
}

Result<Planned> Session::make_plan(const Roots& roots, const std::atomic<bool>& stop,
                                   bool names_equal_content) {
  const FileTime now = wall_clock_now();
  filter_.set_time(now);
  FileSystemLimits limits;
  if (roots.replica) limits = known_limits(*roots.replica);
  PlanRequest request{fs_,          roots,    settings_.plan, policy(limits), filter_,
                      cache_.get(), threads_, &stop,          spooling()};
  if (settings_.threads == 0) request.most_threads = kMostUnasked;
  request.names_equal_content = names_equal_content;
  request.options.owners = request.policy.owners();
  request.options.left_out = left_out_;
  request.options.replica_limits = limits;
  auto planned = foldersync::make_plan(request);
  if (!planned) return planned;
  planned->plan.tool_version = FOLDERSYNC_VERSION;
  planned->plan.created = now;
  planned->plan.plan_id = make_plan_id(planned->plan.created);
  return planned;
}

Status Session::compare_with_last_run(const Roots& roots) {
  last_run_.reset();
  if (memory_ == nullptr) return success();
  auto last_run = recall(*memory_, roots.source.path, roots.replica_path);
  if (!last_run) {
    warnings_.push_back(unknown_memory(describe(last_run.error())));
    return success();
  }
  last_run_ = std::move(*last_run);
  if (!last_run_) return success();
  if (!settings_.new_source) {
    const std::string why = suspicion_about_source(*last_run_, memory_of(fs_, roots.source));
    if (!why.empty()) return Error{ErrorCode::kRefused, "compare", roots.source.path, 0, why};
  }
  if (settings_.new_replica) return success();
  std::optional<FolderMemory> replica;
  if (roots.replica) replica = memory_of(fs_, *roots.replica);
  const std::string why = suspicion_about_replica(*last_run_, replica);
  if (!why.empty()) return Error{ErrorCode::kRefused, "compare", roots.replica_path, 0, why};
  return success();
}

Status Session::compare_mounts_with_last_run(const Roots& roots,
                                             const std::vector<KnownMount>& mounts) {
  if (!last_run_ || settings_.new_source) return success();
  DirectoryCursor cursor(fs_, roots.source.fd.get(), {}, descriptors_per_cursor(1));
  for (const KnownMount& known : last_run_->mounts) {
    const auto mount = std::find_if(mounts.begin(), mounts.end(), [&](const KnownMount& other) {
      return other.path == known.path;
    });
    if (mount != mounts.end() && mount->file_system == known.file_system) continue;
    // A folder that holds something by itself now was filled on purpose.
    const auto directory = cursor.enter(known.path);
    const auto empty = directory ? is_empty(fs_, *directory) : Result<bool>(true);
    if (empty && !*empty) continue;
    return Error{
        ErrorCode::kRefused, "compare", known.path, 0,
        "a file system that the last run saw mounted here, inside the source, is gone: mount it "
        "(if it is gone for good, give --new-source once)"};
  }
  return success();
}

void Session::remember_run(const Roots& roots, const std::vector<KnownMount>& mounts,
                           std::uint64_t source_entries) {
  if (memory_ == nullptr || !roots.replica) return;
  remember(*memory_, roots.source.path, roots.replica_path,
           {memory_of(fs_, roots.source), memory_of(fs_, *roots.replica), mounts, source_entries});
}

FileSystemLimits Session::known_limits(const Root& replica) {
  if (memory_ == nullptr) return {};
  const auto key = limits_key(fs_, replica.fd.get(), replica.file_system);
  return key ? memory_->limits(*key) : FileSystemLimits{};
}

Status Session::add_space_guard(const Roots& roots, StoredPlan& plan) {
  if (!settings_.check_space) return success();
  // A replica that is to be made will lie where its parent does.
  const std::string above = roots.replica ? roots.replica_path : folder_above(roots.replica_path);
  const auto folder = fs_.open_root(above.c_str());
  if (!folder) return success();
  const auto file_system = fs_.file_system_id(folder->get());
  const auto guard = TRY(ask_space(
      {fs_, roots.source, folder->get(), file_system ? *file_system : std::string(), false},
      plan.actions));
  if (guard) plan.guards.push_back(*guard);
  return success();
}

void Session::save_state(const Root& replica, const FileSystemLimits& limits) {
  save_hashes();
  if (memory_ == nullptr) return;
  const auto key = limits_key(fs_, replica.fd.get(), replica.file_system);
  if (key && memory_->limits(*key) != limits) memory_->set_limits(*key, limits);
  Status saved = memory_->save();
  if (saved) return;
  warnings_.push_back(
      "what this run saw is not remembered, and the next one may not notice a disk that is not "
      "mounted: " +
      describe(saved.error()));
  memory_.reset();  // the next cycle opens what is there by then
}

void Session::save_hashes() {
  // Whatever goes wrong here costs time in the next run, and nothing else.
  if (cache_ != nullptr) (void)cache_->save();
}

}  // namespace foldersync
