#include "show/render_markdown.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/text.h"
#include "show/parts.h"

namespace foldersync {
namespace {

constexpr std::size_t kMostLines = 1000;
// A block's fences and the line that says what is left out.
constexpr std::size_t kAroundBlock = 200;
constexpr std::size_t kLeastFence = 3;

std::size_t longest_row_of_backticks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t row = 0;
  for (const char byte : text) {
    row = byte == '`' ? row + 1 : 0;
    longest = std::max(longest, row);
  }
  return longest;
}

// Whole lines of code; each ends with a line feed.
std::string block(std::string_view kind, const std::string& lines) {
  const std::string fence(std::max(kLeastFence, longest_row_of_backticks(lines) + 1), '`');
  return fence + std::string(kind) + "\n" + lines + fence + "\n";
}

char mark_of(Tone tone) {
  switch (tone) {
    case Tone::kCreate:
      return '+';
    case Tone::kDelete:
      return '-';
    case Tone::kCaution:
    case Tone::kChange:
    case Tone::kMove:
      return '!';
    default:
      return ' ';
  }
}

// The lines of one block as they become, in at most `room` bytes with the fences.
class Lines {
 public:
  explicit Lines(std::size_t room) : room_(room > kAroundBlock ? room - kAroundBlock : 0) {}

  // Whether there was room. Fences grow with what is between them.
  bool add(const std::string& line) {
    const std::size_t fence = std::max(fence_, longest_row_of_backticks(line));
    if (text_.size() + line.size() + 1 + 2 * fence > room_) return false;
    fence_ = fence;
    text_ += line + "\n";
    return true;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::size_t room_;
  std::size_t fence_ = 0;
  std::string text_;
};

std::string left_out(std::uint64_t count) {
  return count == 0 ? "" : "\n**" + human_count(count) + " more are left out of this comment.**\n";
}

std::string part_text(const Part& part, std::size_t room) {
  Lines lines(room);
  std::uint64_t left = part.entries();
  for (const PartLine& line : part.lines()) {
    if (!lines.add(std::string(1, mark_of(line.tone)) + " " + line.text)) break;
    left -= line.entries;
  }
  return "\n### " + part.title() + "\n\n" +
         (lines.text().empty() ? "" : block("diff", lines.text())) + left_out(left);
}

std::string header_text(const PlanHeader& plan, std::size_t room) {
  Lines lines(room);
  std::uint64_t left = 0;
  const auto add = [&](const std::string& line) { left += lines.add(line) ? 0U : 1U; };
  add("source  " + escaped(plan.source.path));
  add("replica " + escaped(plan.replica.path));
  for (const std::string& word : option_words(plan.options)) add("option  " + word);
  for (const Guard& guard : plan.guards) add(guard_line(guard));
  for (const Problem& problem : plan.problems) add(problem_line(problem));
  for (const Skipped& skipped : plan.skipped) add(skipped_line(skipped));
  std::string text = plan.kind == PlanKind::kUndo ? "## Undo " : "## Plan ";
  text += plan.plan_id + "\n\n" + plan_line(plan) + "\n\n";
  if (plan.refused()) text += "**REFUSED: a rule forbids applying this.**\n\n";
  if (!plan.complete()) {
    text += "**INCOMPLETE: not everything could be read; nothing there will be deleted.**\n\n";
  }
  return text + block("", lines.text()) + left_out(left);
}

}  // namespace

Result<std::string> render_markdown(const PlanHeader& plan, const ActionSource& actions,
                                    std::size_t most) {
  const Parts parts = TRY(parts_of(actions, kMostLines));
  std::string text = header_text(plan, most / 4);
  std::size_t to_come = 0;
  for (const Part& part : parts.all) to_come += part.count() > 0 ? 1U : 0U;
  if (to_come == 0)
    text += parts.dates ? "\nOnly times of directories change.\n" : "\nNothing to do.\n";
  for (const Part& part : parts.all) {
    if (part.count() == 0) continue;
    text += part_text(part, (most - std::min(text.size(), most)) / to_come--);
  }
  return text;
}

}  // namespace foldersync
