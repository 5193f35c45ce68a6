// Commands of a person's own, before and after each attempt: --on-start, --on-success,
// --on-failure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/history/attempt_record.h"
#include "cli/process/starter.h"
#include "cli/values/options.h"
#include "core/result.h"

namespace foldersync {

enum class Hook : std::uint8_t { kStart, kSuccess, kFailure };

// The variables of a hook: FOLDERSYNC_RESULT_EVENT=..., what the attempt is, and once it has ended
// what came of it. Pure.
std::vector<std::string> variables_for(Hook hook, const Attempt& attempt);

// They are run by a process that was split off before rights were given up, with the rights, the
// umask and the environment that the program was started with.
class Hooks {
 public:
  // Does nothing where none is wanted. Requires: no other thread was started.
  static Result<Hooks> begin(const HookOptions& options, std::uint32_t umask);

  [[nodiscard]] bool are_wanted() const { return starter_.has_value(); }
  // The process that mirrors starts nothing: in it, no hook can be run from now on.
  void give_up() { starter_.reset(); }

  // Runs that of the options and waits for its end; success also where there is none. After the
  // program was told to stop, it has 10 seconds, and gets SIGTERM. Error kRefused: it failed.
  Status run(Hook hook, const Attempt& attempt);

 private:
  explicit Hooks(const HookOptions& options) : options_(options) {}

  HookOptions options_;
  std::optional<Starter> starter_;
};

}  // namespace foldersync
