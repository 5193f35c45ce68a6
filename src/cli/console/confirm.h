// Asking a person whether a plan shall be applied.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/process/signals.h"
#include "cli/process/starter.h"
#include "core/result.h"
#include "fs/fd.h"
#include "plan/stored_plan.h"
#include "show/render.h"

namespace foldersync {

// The terminal that the program runs in, wherever its standard streams lead.
class Person {
 public:
  // Error kRefused where there is none (under cron, say). Requires: no other thread was started;
  // `signals` outlives it.
  static Result<Person> at_terminal(Colour colour, const Signals& signals);

  // Shows the plan as far as the screen has room and asks until the answer is yes, no, or "view",
  // which shows all of it in $PAGER and asks again. What was typed before the question counts for
  // nothing, and the end of input is a no. Error kStopped: a signal came meanwhile.
  Result<bool> agrees_to(const StoredPlan& plan);

 private:
  Person(Fd terminal, Starter starter, Colour colour, const Signals& signals)
      : terminal_(std::move(terminal)),
        starter_(std::move(starter)),
        colour_(colour),
        signals_(&signals) {}

  Status put(std::string_view text);
  Status view(const StoredPlan& plan);
  // The line that is typed, without its end; nothing at the end of input or after a signal.
  Result<std::optional<std::string>> read_line();

  Fd terminal_;
  Starter starter_;  // of the pager
  Colour colour_;
  const Signals* signals_;
};

}  // namespace foldersync
