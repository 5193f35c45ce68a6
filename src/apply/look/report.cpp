#include "apply/look/report.h"

namespace foldersync {

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kAlready:
      return "already";
    case Outcome::kStale:
      return "stale";
    case Outcome::kError:
      return "error";
    case Outcome::kSkipped:
      return "skipped";
    case Outcome::kRolledBack:
      return "rolled_back";
  }
  return "";
}

}  // namespace foldersync
