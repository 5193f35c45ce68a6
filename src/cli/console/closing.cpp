#include "cli/console/closing.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/broken_lines.h"
#include "core/columns.h"
#include "core/text.h"

namespace foldersync {
namespace {

constexpr std::size_t kCausesKept = 200;
constexpr std::size_t kCausesShown = 10;
constexpr const char* kOtherCauses = "for other reasons";
constexpr std::size_t kIndent = 2;
// A terminal that is narrower breaks the lines itself.
constexpr std::size_t kLeastColumns = 30;

bool is_more_frequent(const Cause& one, const Cause& other) {
  return one.count != other.count ? one.count > other.count : one.why < other.why;
}

// "  2,250  open in the source: Permission denied (EACCES): private/key", or in several lines.
std::string cause_lines(const Cause& cause, std::size_t digits, std::size_t columns) {
  const std::size_t at = kIndent + digits + kIndent;
  BrokenLines lines(columns, at);
  lines.put(std::string(kIndent, ' ') + right_aligned(human_count(cause.count), digits) +
                std::string(kIndent, ' '),
            at);
  lines.add_words(cause.why + (cause.example.empty() ? "" : ":"));
  if (!cause.example.empty()) lines.add_cut(cause.example);
  return lines.text();
}

std::string causes_text(const std::vector<Cause>& causes, std::size_t columns, Colour colour) {
  // The line that would say "and 1 more" can hold that one.
  const std::size_t shown =
      causes.size() == kCausesShown + 1 ? causes.size() : std::min(causes.size(), kCausesShown);
  std::uint64_t more = 0;
  for (std::size_t at = shown; at < causes.size(); ++at) more += causes[at].count;
  std::size_t digits = human_count(more).size();
  for (std::size_t at = 0; at < shown; ++at)
    digits = std::max(digits, human_count(causes[at].count).size());
  std::string text;
  const auto add = [&](const Cause& cause) {
    text += painted(cause_lines(cause, digits, columns), Tone::kTrouble, colour) + "\n";
  };
  std::for_each_n(causes.begin(), shown, add);
  if (more > 0) add({kOtherCauses, more, {}});
  return text;
}

std::string summary_lines(std::string_view summary, std::size_t columns) {
  BrokenLines lines(columns, kIndent);
  lines.add_list(summary);
  return lines.text();
}

std::string step_lines(const NextStep& step, std::size_t columns) {
  BrokenLines lines(columns, kIndent);
  lines.add_words("next: " + step.why + (step.command.empty() ? "" : ":"));
  const std::string command = "\n" + std::string(kIndent, ' ') + step.command;
  return lines.text() + (step.command.empty() ? "" : command) + "\n";
}

}  // namespace

void Causes::add(const std::string& why, std::string path) {
  const auto known = causes_.find(why);
  if (known != causes_.end()) {
    ++known->second.count;
  } else if (causes_.size() < kCausesKept) {
    causes_.emplace(why, Cause{why, 1, std::move(path)});
  } else if (rest_.count++ == 0) {
    rest_.why = kOtherCauses;
    rest_.example = std::move(path);
  }
}

std::vector<Cause> Causes::sorted() const {
  std::vector<Cause> sorted;
  for (const auto& [why, cause] : causes_) sorted.push_back(cause);
  std::sort(sorted.begin(), sorted.end(), is_more_frequent);
  if (rest_.count > 0) sorted.push_back(rest_);
  return sorted;
}

std::string closing_block(const Closing& closing, std::size_t columns, Colour colour) {
  columns = std::max(columns, kLeastColumns);
  const bool is_trouble = closing.level != Level::kInfo;
  std::string text = painted(summary_lines(closing.summary, columns),
                             is_trouble ? Tone::kTrouble : Tone::kTitle, colour) +
                     "\n";
  if (!closing.failed.empty()) {
    text += closing.failed + (closing.causes.empty() ? "\n" : ":\n") +
            causes_text(closing.causes, columns, colour);
  }
  for (const NextStep& step : closing.next) text += step_lines(step, columns);
  return text;
}

std::string shell_word(const std::string& path) {
  constexpr std::string_view kPlain = "%+,-./:=@_";
  const bool is_plain = !path.empty() && std::all_of(path.begin(), path.end(), [&](char byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || kPlain.find(byte) != std::string_view::npos;
  });
  if (is_plain) return path;
  std::string shown = path;
  shown.erase(std::remove(shown.begin(), shown.end(), '\\'), shown.end());
  // What a terminal must not get is written by its bytes, in the way of bash, zsh and POSIX 2024.
  const bool is_text = escaped(shown) == shown;
  std::string word = is_text ? "'" : "$'";
  for (const char byte : path) {
    const auto value = static_cast<unsigned char>(byte);
    if (is_text) {
      word += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
    } else if (byte == '\'' || byte == '\\') {
      word += {'\\', byte};
    } else if (value < 0x20 || value > 0x7E) {
      constexpr std::string_view kDigits = "01234567";
      word += {'\\', kDigits[value >> 6U], kDigits[value >> 3U & 7U], kDigits[value & 7U]};
    } else {
      word += byte;
    }
  }
  return word + "'";
}

}  // namespace foldersync
