#include "cli/process/starter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "support/disk_tree.h"

namespace foldersync {
namespace {

// A starter that can open a single file more.
class StarterTest : public testing::Test {
 protected:
  void begin() {
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual_), 0);
    // No gap is left below the two ends of its socket, of which it closes one.
    int highest = 2;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      highest = std::max(highest, std::stoi(entry.path().filename().native()));
    }
    do {
      filling_.emplace_back(::open("/dev/null", O_RDWR | O_CLOEXEC));
    } while (filling_.back().get() <= highest);
    const rlimit few{static_cast<rlim_t>(filling_.back().get()) + 3, usual_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    auto begun = Starter::begin();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual_), 0);
    ASSERT_TRUE(begun.ok()) << begun.error().error_number;
    starter_.emplace(std::move(*begun));
    std::ifstream("/proc/thread-self/children") >> process_;
  }

  Result<int> tell(const std::string& command, const std::vector<std::string>& variables = {}) {
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    TRY(starter_->start(command, null.get(), null.get(), variables));
    return starter_->wait();
  }

  ScratchFolder scratch_;
  rlimit usual_{};
  std::vector<Fd> filling_;
  std::optional<Starter> starter_;
  pid_t process_ = 0;
};

TEST_F(StarterTest, AnOrderWhoseDescriptorsAreCutIsNotDoneAndTheNextOneIs) {
  begin();
  const std::string made = scratch_ / "made";
  const auto cut = tell("echo >" + made);
  ASSERT_FALSE(cut.ok());
  EXPECT_NE(::access(made.c_str(), F_OK), 0);
  ASSERT_GT(process_, 0);
  ASSERT_EQ(::prlimit(process_, RLIMIT_NOFILE, &usual_, nullptr), 0);
  const auto whole = tell("echo >" + made);
  ASSERT_TRUE(whole.ok()) << whole.error().error_number;
  EXPECT_EQ(::access(made.c_str(), F_OK), 0);
}

TEST_F(StarterTest, AnOrderThatIsCutIsNotDone) {
  begin();
  ASSERT_GT(process_, 0);
  ASSERT_EQ(::prlimit(process_, RLIMIT_NOFILE, &usual_, nullptr), 0);
  const std::string made = scratch_ / "made";
  // What is left of it would be a command as well.
  EXPECT_FALSE(tell("echo >" + made + std::string(65'536, ' ') + "2").ok());
  EXPECT_NE(::access(made.c_str(), F_OK), 0);
}

TEST_F(StarterTest, VariablesAreOfOneCommandAndNotInItsText) {
  auto begun = Starter::begin();
  ASSERT_TRUE(begun.ok());
  starter_.emplace(std::move(*begun));
  const std::string value = "'$(exit 1)' \"\n=\xFF";
  const auto seen = tell("printf %s \"$OF_A_TEST\" >" + (scratch_ / "seen") +
                             "; tr '\\0' ' ' </proc/$$/cmdline >" + (scratch_ / "shown"),
                         {"OF_A_TEST=" + value, "EMPTY="});
  ASSERT_TRUE(seen.ok()) << seen.error().error_number;
  const auto text = [&](const char* name) {
    std::ifstream file(scratch_ / name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_EQ(text("seen"), value);
  EXPECT_EQ(text("shown").find("exit 1"), std::string::npos) << "all users see it";
  const auto next = tell("test -z \"${OF_A_TEST+is set}${EMPTY+is set}\"");
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(*next, 0);
}

TEST_F(StarterTest, WhatIsStartedDoesNotSpeakToTheServiceManager) {
  ASSERT_EQ(::setenv("NOTIFY_SOCKET", "/nowhere", 1), 0);
  ASSERT_EQ(::setenv("WATCHDOG_USEC", "1", 1), 0);
  auto begun = Starter::begin();
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  ASSERT_TRUE(begun.ok());
  starter_.emplace(std::move(*begun));
  const auto started = tell("test -z \"$NOTIFY_SOCKET$WATCHDOG_USEC\"");
  ASSERT_TRUE(started.ok()) << started.error().error_number;
  EXPECT_EQ(*started, 0);
}

}  // namespace
}  // namespace foldersync
