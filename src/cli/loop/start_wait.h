// Waiting until a run, or the next cycle of a loop, may begin.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/loop/schedule.h"
#include "cli/planning/tools.h"
#include "cli/values/options.h"

namespace foldersync {

class StartWait {
 public:
  // `what`: "the next cycle begins", say. `tools` outlives it.
  StartWait(const StartOptions& options, const Tools& tools, std::string what);

  // Waits for what is due when boot_seconds() is so much: up to a random time longer, and until the
  // time of day allows it. Says for how long where nobody would expect it. False: it shall stop.
  // `woken` is called before it waits, when it goes on waiting after a signal, and after as many
  // seconds as it answered. Its argument: for how many more it waits.
  using Woken = std::function<std::optional<double>(double)>;
  [[nodiscard]] bool wait(double due, const Woken& woken);

 private:
  void say(double now, double left, bool is_late) const;
  [[nodiscard]] std::string reason(bool is_late) const;

  Starts starts_;
  const Tools& tools_;
  std::string what_;
  bool has_waited_ = false;
};

}  // namespace foldersync
