#include "fs/trust.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <sstream>
#include <string>
#include <vector>

#include "fs/fd.h"

namespace foldersync {
namespace {

std::string text_of(const char* path) {
  const Fd file(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text{};
  const ssize_t count = file.is_open() ? ::read(file.get(), text.data(), text.size() - 1) : 0;
  return count > 0 ? std::string(text.data(), static_cast<std::size_t>(count)) : std::string();
}

// What `ask` finds with a buffer that is large enough; null where there is none.
template <class Found, class Ask>
Found* found_in(std::vector<char>& buffer, Found& found, Ask ask) {
  constexpr std::size_t kMost = std::size_t{1} << 20U;
  Found* result = nullptr;
  int number = ERANGE;
  for (buffer.resize(1024); number == ERANGE && buffer.size() <= kMost;
       buffer.resize(buffer.size() * 2)) {
    number = ask(&found, buffer.data(), buffer.size(), &result);
    if (number != ERANGE) break;
  }
  return number == 0 ? result : nullptr;
}

}  // namespace

bool is_unmapped(std::uint32_t uid, const char* uid_map, std::uint32_t overflow_uid) {
  if (uid != overflow_uid || *uid_map == '\0') return false;
  std::istringstream lines(uid_map);
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  while (lines >> inside >> outside >> count) {
    if (uid >= inside && uid - inside < count) return false;
  }
  return true;
}

Trusted trusted_here(std::uint32_t owner_of_top) {
  Trusted trusted{::geteuid(), std::nullopt};
  if (trusted.has(owner_of_top)) return trusted;
  const std::string text = text_of("/proc/sys/kernel/overflowuid");
  std::uint32_t overflow = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), overflow);
  if (error == std::errc() && end != text.data() &&
      is_unmapped(owner_of_top, text_of("/proc/self/uid_map").c_str(), overflow)) {
    trusted.unmapped = owner_of_top;
  }
  return trusted;
}

bool is_private_group(std::uint32_t gid, std::uint32_t uid) {
  std::vector<char> of_user;
  passwd user{};
  const passwd* const owner =
      found_in(of_user, user, [uid](passwd* into, char* text, std::size_t size, passwd** result) {
        return ::getpwuid_r(uid, into, text, size, result);
      });
  if (owner == nullptr || owner->pw_gid != gid) return false;
  std::vector<char> of_group;
  group members{};
  const group* const found =
      found_in(of_group, members, [gid](group* into, char* text, std::size_t size, group** result) {
        return ::getgrgid_r(gid, into, text, size, result);
      });
  const std::string name = owner->pw_name;
  if (found == nullptr || name != found->gr_name) return false;
  for (char** member = found->gr_mem; *member != nullptr; ++member) {
    if (name != *member) return false;
  }
  return true;
}

bool others_exchange(const FileStatus& folder, const FileStatus& entry, const Trusted& trusted,
                     const PrivateGroups& is_private) {
  if (!trusted.has(folder.uid)) return true;
  const bool is_sticky = (folder.mode & S_ISVTX) != 0;
  if ((folder.mode & (S_IWGRP | S_IWOTH)) == 0 || (is_sticky && trusted.has(entry.uid))) {
    return false;
  }
  if ((folder.mode & S_IWOTH) != 0) return true;
  return !is_private(folder.gid, 0) && !is_private(folder.gid, trusted.caller);
}

}  // namespace foldersync
