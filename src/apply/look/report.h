// What became of each action.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/words.h"
#include "plan/facts.h"
#include "plan/plan.h"

namespace foldersync {

enum class Outcome : std::uint8_t {
  kOk,          // done
  kAlready,     // the replica held it before
  kStale,       // a tree is not what the plan expects: left alone
  kError,       // tried, and it failed: the old state is kept
  kSkipped,     // not tried, because an earlier one failed or the run was stopped
  kRolledBack,  // not done, or taken back, because another one failed and all were to be done
};
inline constexpr std::array kOutcomeWords{
    Worded{Outcome::kOk, "ok"},           Worded{Outcome::kAlready, "already"},
    Worded{Outcome::kStale, "stale"},     Worded{Outcome::kError, "error"},
    Worded{Outcome::kSkipped, "skipped"}, Worded{Outcome::kRolledBack, "rolled_back"}};
inline constexpr auto kOutcomes = values_of(kOutcomeWords);
constexpr const char* to_string(Outcome outcome) { return word_of(kOutcomeWords, outcome); }
// How many actions had each outcome, in the order of kOutcomes.
using OutcomeCounts = std::array<std::uint64_t, kOutcomes.size()>;

// A precondition that no longer holds.
struct Drift {
  Side side = Side::kReplica;
  Difference difference;
};

struct ActionReport {
  std::uint64_t seq = 0;  // place in the plan, from 1
  const Action* action = nullptr;
  Outcome outcome = Outcome::kOk;
  bool grown = false;       // of kOk: the source's file grew while it was copied, and a prefix
                            // is published
  bool vanished = false;    // of kSkipped: the source's entry is gone, which is no failure
  std::uint64_t bytes = 0;  // of kOk: of content written
  std::optional<Error> error = {};  // of kError; of kSkipped where there is one
  std::vector<Drift> drifts = {};   // of kStale
};

// Is told what happens, by the thread that called apply.
class ApplyObserver {
 public:
  virtual ~ApplyObserver() = default;
  // Exactly once for each action of the plan.
  virtual void report(const ActionReport& report) = 0;
  // Something a person should know, once a kind: a sentence.
  virtual void warn(const std::string& sentence) = 0;
};

}  // namespace foldersync
