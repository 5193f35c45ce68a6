#include "fs/privilege.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <vector>

namespace foldersync {
namespace {

constexpr int kMostCapabilities = 64;

constexpr CapabilitySet bit(int capability) { return CapabilitySet{1} << capability; }

// As capget and capset have them: two words of 32 bits.
using Words = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

constexpr __user_cap_header_struct kThisThread{_LINUX_CAPABILITY_VERSION_3, 0};

Result<Words> read_words() {
  __user_cap_header_struct header = kThisThread;
  Words words{};
  if (::syscall(SYS_capget, &header, words.data()) < 0) return system_error("capget", errno);
  return words;
}

CapabilitySet joined(std::uint32_t low, std::uint32_t high) {
  return CapabilitySet{high} << 32U | low;
}

bool is_bounded_by(int capability) { return ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1; }

// Only who has CAP_SETPCAP may; for all others a program that is started gains nothing anyway.
Status narrow_bounding_set(CapabilitySet kept) {
  for (int capability = 0; capability < kMostCapabilities; ++capability) {
    if ((kept & bit(capability)) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) break;  // the kernel knows no more of them
    return system_error("prctl", errno);
  }
  return success();
}

}  // namespace

CapabilitySet mirroring_capabilities() {
  return bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_DAC_READ_SEARCH) | bit(CAP_FOWNER) |
         bit(CAP_FSETID) | bit(CAP_MKNOD) | bit(CAP_SETFCAP);
}

CapabilitySet attribute_capabilities() { return bit(CAP_SYS_ADMIN); }

bool may_read_everything() {
  const auto words = read_words();
  const CapabilitySet reads = bit(CAP_DAC_OVERRIDE) | bit(CAP_DAC_READ_SEARCH);
  return words && (joined((*words)[0].effective, (*words)[1].effective) & reads) != 0;
}

// A user whom this user namespace does not know is shown as nobody, and nobody here acts for him.
bool may_act_for(std::uint32_t owner) {
  const auto words = read_words();
  const bool has_right =
      words && (joined((*words)[0].effective, (*words)[1].effective) & bit(CAP_FOWNER)) != 0;
  if (!has_right) return false;
  std::ifstream map("/proc/self/uid_map");
  if (!map) return true;
  std::uint64_t first = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  while (map >> first >> outside >> count) {
    if (owner >= first && owner - first < count) return true;
  }
  return false;
}

bool keeps_set_group(std::uint32_t gid) {
  if (::getegid() == gid) return true;
  const auto words = read_words();
  if (words && (joined((*words)[0].effective, (*words)[1].effective) & bit(CAP_FSETID)) != 0) {
    return true;
  }
  const int count = ::getgroups(0, nullptr);
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(count, 0)));
  const int read = ::getgroups(count, groups.data());
  groups.resize(static_cast<std::size_t>(std::max(read, 0)));
  return std::find(groups.begin(), groups.end(), gid) != groups.end();
}

Privileges current_privileges() {
  Privileges found;
  if (const auto words = read_words()) {
    found.effective = joined((*words)[0].effective, (*words)[1].effective);
  }
  for (int capability = 0; capability < kMostCapabilities; ++capability) {
    if (is_bounded_by(capability)) found.bounding |= bit(capability);
  }
  found.may_gain = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
  return found;
}

Status keep_only(CapabilitySet kept) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return system_error("prctl", errno);
  Words words = TRY(read_words());
  const CapabilitySet had = joined(words[0].effective, words[1].effective);
  Status bounded = (had & bit(CAP_SETPCAP)) != 0 ? narrow_bounding_set(kept) : success();
  for (std::size_t at = 0; at < words.size(); ++at) {
    const auto part = static_cast<std::uint32_t>(kept >> (32U * at));
    words[at].effective &= part;
    words[at].permitted &= part;
    words[at].inheritable = 0;  // the ambient ones go with them
  }
  __user_cap_header_struct header = kThisThread;
  if (::syscall(SYS_capset, &header, words.data()) < 0) return system_error("capset", errno);
  return bounded;
}

std::string names_of(CapabilitySet capabilities) {
  // By number, as linux/capability.h has them.
  constexpr std::array kNames{"chown",
                              "dac_override",
                              "dac_read_search",
                              "fowner",
                              "fsetid",
                              "kill",
                              "setgid",
                              "setuid",
                              "setpcap",
                              "linux_immutable",
                              "net_bind_service",
                              "net_broadcast",
                              "net_admin",
                              "net_raw",
                              "ipc_lock",
                              "ipc_owner",
                              "sys_module",
                              "sys_rawio",
                              "sys_chroot",
                              "sys_ptrace",
                              "sys_pacct",
                              "sys_admin",
                              "sys_boot",
                              "sys_nice",
                              "sys_resource",
                              "sys_time",
                              "sys_tty_config",
                              "mknod",
                              "lease",
                              "audit_write",
                              "audit_control",
                              "setfcap",
                              "mac_override",
                              "mac_admin",
                              "syslog",
                              "wake_alarm",
                              "block_suspend",
                              "audit_read",
                              "perfmon",
                              "bpf",
                              "checkpoint_restore"};
  std::string names;
  for (int capability = 0; capability < kMostCapabilities; ++capability) {
    if ((capabilities & bit(capability)) == 0) continue;
    const auto at = static_cast<std::size_t>(capability);
    names += names.empty() ? "" : " ";
    names += at < kNames.size() ? kNames.at(at) : std::to_string(capability);
  }
  return names.empty() ? "none" : names;
}

}  // namespace foldersync
