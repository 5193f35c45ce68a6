// Asking a person whether a plan shall be applied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/signals.h"
#include "cli/starter.h"
#include "core/result.h"
#include "fs/fd.h"
#include "plan/stored_plan.h"
#include "show/render.h"

namespace foldersync {

enum class Answer : std::uint8_t { kYes, kNo, kStopped };

// The terminal that the program runs in, wherever its standard streams lead.
class Person {
 public:
  // Error kRefused where there is none (under cron, say). Requires: no other thread was started.
  static Result<Person> at_terminal();

  // Shows the plan as far as the screen has room and asks until the answer is yes, no, or "view",
  // which shows all of it in $PAGER and asks again. What was typed before the question counts for
  // nothing, and the end of input is a no. kStopped: a signal came meanwhile.
  Result<Answer> confirm(const StoredPlan& plan, Colour colour, const Signals& signals);

 private:
  Person(Fd terminal, Starter starter)
      : terminal_(std::move(terminal)), starter_(std::move(starter)) {}

  Status put(std::string_view text);
  Status view(const StoredPlan& plan, Colour colour, const Signals& signals);
  // The line that is typed, without its end; nothing at the end of input or after a signal.
  Result<std::optional<std::string>> read_line(const Signals& signals);

  Fd terminal_;
  Starter starter_;  // of the pager
};

}  // namespace foldersync
