// What about an action a person should look at twice, however small it is.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/words.h"
#include "plan/action.h"

namespace foldersync {

enum class Caution : std::uint8_t {
  kSetId,       // what it leaves there runs with the rights of its owner or group
  kDevice,      // a device node comes
  kWider,       // group or others may do more than before, or everybody may write what is new
  kRootOwns,    // it becomes root's
  kAttributes,  // extended attributes change, capabilities or ACLs perhaps
};

// As in "look twice: 2 set-id, 1 device".
inline constexpr std::array kCautionWords{
    Worded{Caution::kSetId, "set-id"}, Worded{Caution::kDevice, "device"},
    Worded{Caution::kWider, "wider mode"}, Worded{Caution::kRootOwns, "to root"},
    Worded{Caution::kAttributes, "attributes"}};
inline constexpr auto kCautions = values_of(kCautionWords);
constexpr const char* to_string(Caution caution) { return word_of(kCautionWords, caution); }

struct CautionNote {
  Caution caution;
  std::string text;  // "mode 4755, runs as root"
  friend bool operator==(const CautionNote&, const CautionNote&) = default;
};

// Each at most once, in the order of kCautions. Nothing of what the document does not say: a file
// that is new may come with capabilities.
std::vector<CautionNote> cautions_of(const Action& action);

// What they say at the end of an action's line, "; caution: mode 4755, runs as root"; empty where
// there is none.
std::string caution_text(const Action& action);

// How many actions have each.
class CautionCounts {
 public:
  void add(const std::vector<CautionNote>& notes);
  [[nodiscard]] std::uint64_t actions() const { return actions_; }
  [[nodiscard]] std::string words() const;  // "2 set-id, 1 device"; empty where there is none

 private:
  std::array<std::uint64_t, kCautions.size()> counts_{};
  std::uint64_t actions_ = 0;
};

}  // namespace foldersync
