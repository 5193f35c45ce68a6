#include "fs/privilege.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

namespace foldersync {
namespace {

constexpr CapabilitySet kOfFiles = CapabilitySet{1} << CAP_CHOWN | CapabilitySet{1} << CAP_FOWNER;

// What is given up is given up for good: by a process of its own. Whether `claim` held there.
bool holds_in_child(const std::function<bool()>& claim) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(claim() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

// "CapInh" and the like, as the kernel tells it of this process.
CapabilitySet told_by_kernel(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1), nullptr, 16);
  }
  std::abort();
}

TEST(KeepOnly, WhatIsNotNamedIsGivenUp) {
  const Privileges before = current_privileges();
  EXPECT_TRUE(holds_in_child([&] {
    return keep_only(kOfFiles).ok() &&
           current_privileges().effective == (before.effective & kOfFiles) &&
           told_by_kernel("CapEff") == (before.effective & kOfFiles) &&
           told_by_kernel("CapPrm") == (told_by_kernel("CapPrm") & kOfFiles) &&
           told_by_kernel("CapInh") == 0 && told_by_kernel("CapAmb") == 0;
  }));
}

TEST(KeepOnly, WhatIsStartedGainsNothing) {
  const Privileges before = current_privileges();
  EXPECT_TRUE(holds_in_child([&] {
    const bool kept = keep_only(kOfFiles).ok();
    return kept && !current_privileges().may_gain && told_by_kernel("NoNewPrivs") == 1;
  }));
  if ((before.effective >> CAP_SETPCAP & 1U) == 0) GTEST_SKIP() << "only root narrows the bound";
  EXPECT_TRUE(holds_in_child([&] {
    return keep_only(kOfFiles).ok() && told_by_kernel("CapBnd") == (before.bounding & kOfFiles) &&
           current_privileges().bounding == (before.bounding & kOfFiles);
  }));
}

TEST(KeepOnly, ItMayBeDoneAgainAndGivesNothingBack) {
  const Privileges before = current_privileges();
  EXPECT_TRUE(holds_in_child([&] {
    return keep_only(0).ok() && keep_only(kOfFiles).ok() && keep_only(~CapabilitySet{0}).ok() &&
           current_privileges().effective == 0;
  }));
  EXPECT_EQ(current_privileges().effective, before.effective);
}

TEST(NamesOfCapabilities, AreThoseOfTheManual) {
  EXPECT_EQ(names_of(0), "none");
  EXPECT_EQ(names_of(mirroring_capabilities()),
            "chown dac_override dac_read_search fowner fsetid mknod setfcap");
  EXPECT_EQ(names_of(attribute_capabilities()), "sys_admin");
  EXPECT_EQ(names_of(CapabilitySet{1} << CAP_CHECKPOINT_RESTORE | CapabilitySet{1} << 63U),
            "checkpoint_restore 63");
}

}  // namespace
}  // namespace foldersync
