#include "cli/history/hooks.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <utility>

#include "core/file_time.h"
#include "fs/fd.h"

namespace foldersync {
namespace {

constexpr std::chrono::seconds kAfterStop{10};

const char* event_of(Hook hook) {
  return hook == Hook::kStart ? "start" : hook == Hook::kSuccess ? "success" : "failure";
}

class Variables {
 public:
  void add(std::string name, const std::string& value) {
    for (char& letter : name) {
      if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    }
    all_.push_back("FOLDERSYNC_RESULT_" + name + "=" + value);
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return std::string("was ended by ") + ::strsignal(WTERMSIG(status));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

std::vector<std::string> variables_for(Hook hook, const Attempt& attempt) {
  Variables variables;
  variables.add("event", event_of(hook));
  variables.add("command", attempt.command);
  variables.add("job", attempt.job);
  variables.add("source", attempt.source);
  variables.add("replica", attempt.replica);
  variables.add("started", to_string(attempt.started));
  if (!attempt.end) return variables.take();
  const RunOutcome& outcome = attempt.end->outcome;
  variables.add("seconds", seconds_text(attempt.end->seconds));
  variables.add("exit", std::to_string(static_cast<int>(outcome.exit_code)));
  variables.add("summary", outcome.summary);
  variables.add("error", outcome.error);
  for_each_count(outcome, [&](const char* name, std::uint64_t count) {
    variables.add(name, std::to_string(count));
  });
  return variables.take();
}

Result<Hooks> Hooks::begin(const HookOptions& options, std::uint32_t umask) {
  Hooks hooks(options);
  if (options.on_start || options.on_success || options.on_failure) {
    hooks.starter_ = TRY(Starter::begin(umask));
  }
  return hooks;
}

Status Hooks::run(Hook hook, const Attempt& attempt) {
  const std::optional<std::string>& command = hook == Hook::kStart     ? options_.on_start
                                              : hook == Hook::kSuccess ? options_.on_success
                                                                       : options_.on_failure;
  if (!starter_ || !command) return success();
  const std::string option = std::string("--on-") + event_of(hook);
  const Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Status started =
      starter_->start(*command, nothing.get(), STDERR_FILENO, variables_for(hook, attempt));
  const auto status = started ? starter_->wait(kAfterStop) : Result<int>(started.error());
  if (!status) {
    return refused_error("run", option + ": its command could not be run to its end",
                         status.error().error_number);
  }
  if (*status == 0) return success();
  return refused_error("run", option + ": its command " + how_it_ended(*status));
}

}  // namespace foldersync
