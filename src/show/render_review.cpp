#include "show/render_review.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/broken_lines.h"
#include "core/columns.h"
#include "core/parts.h"
#include "core/text.h"
#include "show/parts.h"

namespace foldersync {
namespace {

// What a part is given on any screen.
constexpr std::size_t kLeastLines = 3;
// Of a part: the blank line before it, its title, and the line that says how many more there are.
constexpr std::size_t kLinesAround = 3;

struct Line {
  std::string text;
  Tone tone = Tone::kPlain;
};

using Lines = std::array<std::size_t, 4>;

bool wants_more(const Part& part, std::size_t lines) { return lines < part.lines().size(); }

// `count` lines of the part, and what is left out.
std::vector<Line> shown(const Part& part, std::size_t count, std::string_view hint) {
  if (part.count() == 0) return {};
  std::vector<Line> text{{}, {part.title(), Tone::kTitle}};
  // The line that would say "and 1 more" can hold that one.
  if (count + 1 == part.count()) ++count;
  count = std::min(count, part.lines().size());
  std::uint64_t left = part.entries();
  for (std::size_t at = 0; at < count; ++at) {
    const PartLine& line = part.lines()[at];
    text.push_back({"  " + line.text, line.tone});
    left -= line.entries;
  }
  if (count < part.count()) {
    text.push_back({"  and " + human_count(left) + " more: " + std::string(hint)});
  }
  return text;
}

// How many lines each part gets of `room`: in turn, as long as there are both lines and room.
Lines share(const Parts& parts, std::size_t room) {
  Lines lines{};
  for (bool given = true; given;) {
    given = false;
    for (std::size_t at = 0; at < parts.all.size(); ++at) {
      const bool at_least = lines[at] < kLeastLines;
      if (!wants_more(parts.all[at], lines[at]) || (room == 0 && !at_least)) continue;
      ++lines[at];
      room -= std::min<std::size_t>(room, 1);
      given = true;
    }
  }
  return lines;
}

// The same, where a part of which all is shown needs no line that says how many more there are.
Lines share_all(const Parts& parts, std::size_t room) {
  Lines lines = share(parts, room);
  for (std::size_t pass = 1; pass < parts.all.size(); ++pass) {
    std::size_t unused = 0;
    for (std::size_t at = 0; at < parts.all.size(); ++at) {
      if (lines[at] > 0 && lines[at] == parts.all[at].count()) ++unused;
    }
    lines = share(parts, room + unused);
  }
  return lines;
}

// A few lines of a list.
template <class List, class Describe>
void append_some(std::vector<Line>& text, const List& list, Tone tone, Describe describe) {
  const std::size_t shown =
      list.size() == kLeastLines + 1 ? list.size() : std::min(list.size(), kLeastLines);
  for (std::size_t at = 0; at < shown; ++at) text.push_back({describe(list[at]), tone});
  if (shown < list.size()) {
    text.push_back({"  and " + human_count(list.size() - shown) + " more of these"});
  }
}

void append_guards(std::vector<Line>& text, const std::vector<Guard>& guards) {
  std::vector<Guard> refusing;
  std::vector<Guard> others;
  for (const Guard& guard : guards) (guard.refused ? refusing : others).push_back(guard);
  append_some(text, refusing, Tone::kTrouble, guard_line);
  append_some(text, others, Tone::kPlain, guard_line);
}

// A figure that is cut would be another one.
void append_figures(std::vector<Line>& text, std::string_view figures, std::size_t columns) {
  constexpr std::size_t kIndent = 2;
  BrokenLines lines(columns, kIndent);
  lines.add_list(figures);
  for (std::string_view rest = lines.text(); !rest.empty();) {
    text.push_back({std::string(take_until(rest, '\n'))});
  }
}

std::vector<Line> header_lines(const PlanHeader& plan, std::size_t columns) {
  std::vector<Line> text{
      {std::string(plan.kind == PlanKind::kUndo ? "undo " : "plan ") + plan.plan_id + ", " +
           moment(plan.created) + ", sync " + escaped(plan.tool_version),
       Tone::kTitle},
      {"source  " + escaped(plan.source.path)},
      {"replica " + escaped(plan.replica.path)}};
  std::string options;
  for (const std::string& word : option_words(plan.options)) {
    options += options.empty() ? "options " : ", ";
    options += word;
  }
  if (!options.empty()) text.push_back({options});
  append_figures(text, plan_line(plan), columns);
  append_guards(text, plan.guards);
  if (plan.refused()) text.push_back({"REFUSED: a rule forbids applying this", Tone::kTrouble});
  if (!plan.complete()) {
    text.push_back({"INCOMPLETE: not everything could be read; nothing there will be deleted",
                    Tone::kTrouble});
  }
  append_some(text, plan.problems, Tone::kTrouble, problem_line);
  append_some(text, plan.skipped, Tone::kPlain, skipped_line);
  return text;
}

}  // namespace

Result<std::string> render_review(const PlanHeader& plan, const ActionSource& actions,
                                  Screen screen, Colour colour, std::string_view hint) {
  const std::size_t most = std::max(screen.rows, kLeastLines + 1);
  const Parts parts = TRY(parts_of(actions, most));

  std::vector<Line> text = header_lines(plan, screen.columns);
  std::size_t taken = text.size() + 1;  // the prompt's line
  bool any = false;
  for (const Part& part : parts.all) {
    if (part.count() > 0) taken += kLinesAround;
    any = any || part.count() > 0;
  }
  if (!any) text.push_back({parts.dates ? "Only times of directories change." : "Nothing to do."});
  const auto lines = share_all(parts, screen.rows > taken ? screen.rows - taken : 0);
  for (std::size_t at = 0; at < parts.all.size(); ++at) {
    for (Line& line : shown(parts.all[at], lines[at], hint)) text.push_back(std::move(line));
  }
  std::string whole;
  for (const Line& line : text) {
    whole += painted(cut_to(line.text, screen.columns), line.tone, colour) + "\n";
  }
  return whole;
}

}  // namespace foldersync
