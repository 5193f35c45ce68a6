#include "show/caution.h"

#include <optional>

#include "core/text.h"
#include "plan/facts.h"

namespace foldersync {
namespace {

constexpr std::uint32_t kGroupAndOthers = 0077;
constexpr std::uint32_t kAnybodyWrites = 0002;
constexpr std::uint32_t kOnlyMine = 0700;

// What was there, where it says something of what comes: an entry of the same type.
const Facts* same_before(const Action& action) {
  const bool is_same = action.before && action.before->type == action.after->type;
  return is_same ? &*action.before : nullptr;
}

// The bits that it has, and that are new to it.
std::uint32_t new_bits(const Action& action) {
  const Facts* const before = same_before(action);
  const std::uint32_t mode = action.after->mode.value_or(0);
  return before != nullptr && before->mode ? mode & ~*before->mode : mode;
}

std::string mode_words(const Facts& after) { return "mode " + mode_text(*after.mode); }

std::string who_runs(const Facts& after) {
  if ((*after.mode & kSetUser) != 0) {
    if (!after.uid) return "runs as its owner";
    return *after.uid == 0 ? "runs as root" : "runs as user " + std::to_string(*after.uid);
  }
  return after.gid ? "runs as group " + std::to_string(*after.gid) : "runs as its group";
}

std::optional<std::string> set_id(const Action& action) {
  const Facts& after = *action.after;
  if (!after.mode || (*after.mode & kSetIds) == 0) return std::nullopt;
  const Facts* const before = same_before(action);
  if (is_directory(after)) {
    // A directory that is new hands down its group as its source does.
    const bool is_news = before != nullptr && (new_bits(action) & kSetIds) != 0;
    return is_news ? std::optional(mode_words(after) + ", hands down its group") : std::nullopt;
  }
  const bool is_same = keeps_object(action) && before != nullptr && before->mode == after.mode &&
                       before->uid == after.uid && before->gid == after.gid;
  if (is_same) return std::nullopt;
  return mode_words(after) + ", " + who_runs(after);
}

std::optional<std::string> device(const Action& action) {
  const Facts& after = *action.after;
  const bool is_block = after.type == FileType::kBlockDevice;
  if (!is_block && after.type != FileType::kCharDevice) return std::nullopt;
  if (keeps_object(action)) return std::nullopt;
  return std::string(is_block ? "block" : "character") + " device" +
         (after.device ? " " + device_text(*after.device) : "");
}

std::optional<std::string> wider(const Action& action) {
  const Facts& after = *action.after;
  if (!after.mode || after.type == FileType::kSymlink) return std::nullopt;
  const std::uint32_t bits = new_bits(action);
  const Facts* const before = same_before(action);
  // A replica that a run has just made is closed until the end, and no news then.
  const bool is_new_root = action.path.is_root() && before != nullptr && before->mode == kOnlyMine;
  if (!is_new_root && before != nullptr && before->mode && (bits & kGroupAndOthers) != 0) {
    return "mode " + mode_text(*before->mode) + " becomes " + mode_text(*after.mode);
  }
  const bool is_open = (bits & kAnybodyWrites) != 0 && (*after.mode & kSticky) == 0;
  return is_open ? std::optional(mode_words(after) + ", everybody may write it") : std::nullopt;
}

std::optional<std::string> to_root(const Action& action) {
  const Facts* const before = same_before(action);
  const bool becomes = before != nullptr && before->uid.value_or(0) != 0 && action.after->uid == 0U;
  if (!becomes) return std::nullopt;
  return "owner " + std::to_string(*before->uid) + " becomes root";
}

std::optional<std::string> attributes(const Action& action) {
  if (!action.reasons.has(Reason::kXattrs)) return std::nullopt;
  return "extended attributes change, capabilities or ACLs perhaps";
}

}  // namespace

std::vector<CautionNote> cautions_of(const Action& action) {
  std::vector<CautionNote> notes;
  if (!action.after) return notes;
  const auto add = [&notes](Caution caution, std::optional<std::string> text) {
    if (text) notes.push_back({caution, std::move(*text)});
  };
  add(Caution::kSetId, set_id(action));
  add(Caution::kDevice, device(action));
  add(Caution::kWider, wider(action));
  add(Caution::kRootOwns, to_root(action));
  add(Caution::kAttributes, attributes(action));
  return notes;
}

std::string caution_text(const Action& action) {
  std::string text;
  for (const CautionNote& note : cautions_of(action)) {
    text += text.empty() ? "; caution: " : "; ";
    text += note.text;
  }
  return text;
}

void CautionCounts::add(const std::vector<CautionNote>& notes) {
  if (notes.empty()) return;
  ++actions_;
  for (const CautionNote& note : notes) ++counts_[static_cast<std::size_t>(note.caution)];
}

std::string CautionCounts::words() const {
  std::string text;
  for (std::size_t at = 0; at < counts_.size(); ++at) {
    if (counts_[at] == 0) continue;
    text += text.empty() ? "" : ", ";
    text += human_count(counts_[at]) + " " + to_string(kCautions[at]);
  }
  return text;
}

}  // namespace foldersync
