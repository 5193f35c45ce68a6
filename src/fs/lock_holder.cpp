#include "fs/lock_holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "core/parts.h"
#include "fs/fd.h"

namespace foldersync {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 20U;  // bytes read of one file of /proc
constexpr int kAttempts = 3;

// The start of a file of /proc; empty where it isn't told.
std::string text_of(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> buffer{};
  while (file.is_open() && text.size() < kMaxText) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

std::string folder_of(std::int64_t process) { return "/proc/" + std::to_string(process); }

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::string_view word = take_until(line, ' ');
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

// "1: FLOCK ADVISORY WRITE 1234 08:01:5678 0 EOF"; the device in hexadecimal.
std::optional<HeldLock> held_lock(std::string_view line) {
  constexpr std::size_t kProcess = 4;
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() < 6 || words[1] != "FLOCK") return std::nullopt;
  std::string_view object = words[kProcess + 1];
  const auto major = number_in<unsigned>(take_until(object, ':'), 16);
  const auto minor = number_in<unsigned>(take_until(object, ':'), 16);
  const auto inode = number_in<std::uint64_t>(object);
  const auto process = number_in<std::int64_t>(words[kProcess]);
  if (!major || !minor || !inode || !process || *process <= 0) return std::nullopt;
  return HeldLock{*process, makedev(*major, *minor), *inode};
}

// Whether the process has the object open. Only root and the same user are told.
bool has_open(std::int64_t process, const FileStatus& object) {
  const std::string folder = folder_of(process) + "/fd";
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  if (directory == nullptr) return false;
  while (const dirent* const entry = ::readdir(directory.get())) {
    struct stat status {};
    if (::fstatat(::dirfd(directory.get()), entry->d_name, &status, 0) < 0) continue;
    if (status.st_ino == object.inode && status.st_dev == object.device) return true;
  }
  return false;
}

std::string command_of(std::int64_t process) {
  std::string command = text_of(folder_of(process) + "/cmdline");
  while (!command.empty() && command.back() == '\0') command.pop_back();
  std::replace(command.begin(), command.end(), '\0', ' ');
  return command;
}

// Seconds since 1970 at which the system was started.
std::optional<std::int64_t> boot_seconds() {
  const std::string text = text_of("/proc/stat");
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view line = take_until(rest, '\n');
    if (take_until(line, ' ') == "btime") return number_in<std::int64_t>(line);
  }
  return std::nullopt;
}

std::optional<FileTime> start_of(std::int64_t process) {
  constexpr std::size_t kStart = 19;  // counted from the word behind the name in parentheses
  const std::string text = text_of(folder_of(process) + "/stat");
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  const std::vector<std::string_view> words = words_of(std::string_view(text).substr(name_end + 1));
  const auto ticks = words.size() > kStart ? number_in<std::int64_t>(words[kStart]) : std::nullopt;
  const std::int64_t ticks_a_second = ::sysconf(_SC_CLK_TCK);
  const auto boot = boot_seconds();
  if (!ticks || !boot || ticks_a_second <= 0) return std::nullopt;
  return FileTime{*boot + *ticks / ticks_a_second, 0};
}

}  // namespace

std::vector<HeldLock> held_locks(std::string_view text) {
  std::vector<HeldLock> locks;
  while (!text.empty()) {
    if (const auto lock = held_lock(take_until(text, '\n'))) locks.push_back(*lock);
  }
  return locks;
}

std::optional<LockHolder> find_lock_holder(const FileStatus& locked) {
  const auto is_it = [&](const HeldLock& lock) {
    // The number of a file system is not the same everywhere in Btrfs and overlays.
    return lock.inode == locked.inode &&
           (lock.device == locked.device || has_open(lock.process, locked));
  };
  // The kernel may leave a line out while others lock and unlock.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::vector<HeldLock> locks = held_locks(text_of("/proc/locks"));
    const auto found = std::find_if(locks.begin(), locks.end(), is_it);
    if (found == locks.end()) continue;
    return LockHolder{found->process, command_of(found->process), start_of(found->process)};
  }
  return std::nullopt;
}

}  // namespace foldersync
