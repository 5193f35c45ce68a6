#include "show/render_review.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/columns.h"
#include "core/text.h"

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

// One of the three lists: the first lines of it, or those of the largest sizes.
class Part {
 public:
  Part(const char* title, std::size_t most) : title_(title), most_(most) {}

  void add(const Action& action, std::uint64_t bytes) {
    ++count_;
    bytes_ += std::min(bytes, UINT64_MAX - bytes_);
    if (lines_.size() < most_) lines_.push_back({action_line(action), tone_of(action.op)});
  }

  void add_by_size(const Action& action, std::uint64_t bytes) {
    ++count_;
    bytes_ += std::min(bytes, UINT64_MAX - bytes_);
    if (sized_.size() == most_ && bytes <= sized_.front().bytes) return;
    if (sized_.size() == most_) {
      std::pop_heap(sized_.begin(), sized_.end(), is_larger);
      sized_.pop_back();
    }
    sized_.push_back({bytes, count_, {action_line(action), tone_of(action.op)}});
    std::push_heap(sized_.begin(), sized_.end(), is_larger);
  }

  // No more will be added.
  void finish() {
    std::sort(sized_.begin(), sized_.end(), is_larger);
    for (Sized& one : sized_) lines_.push_back(std::move(one.line));
    sized_.clear();
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] bool wants_more(std::size_t lines) const { return lines < lines_.size(); }

  // `lines` of them, and what is left out.
  [[nodiscard]] std::vector<Line> shown(std::size_t lines, std::string_view hint) const {
    if (count_ == 0) return {};
    const std::string bytes = bytes_ == 0 ? "" : ", " + human_bytes(bytes_);
    std::vector<Line> text{
        {}, {std::string(title_) + " (" + human_count(count_) + bytes + ")", Tone::kTitle}};
    // The line that would say "and 1 more" can hold that one.
    if (lines + 1 == count_) ++lines;
    lines = std::min(lines, lines_.size());
    for (std::size_t at = 0; at < lines; ++at) {
      text.push_back({"  " + lines_[at].text, lines_[at].tone});
    }
    if (lines < count_) {
      text.push_back({"  and " + human_count(count_ - lines) + " more: " + std::string(hint)});
    }
    return text;
  }

 private:
  struct Sized {
    std::uint64_t bytes = 0;
    std::uint64_t number = 0;  // in the order of the plan
    Line line;
  };
  static bool is_larger(const Sized& a, const Sized& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.number < b.number;
  }

  const char* title_;
  std::size_t most_;
  std::vector<Line> lines_;
  std::vector<Sized> sized_;  // a heap, its smallest one first
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
};

using Parts = std::array<Part, 3>;

bool writes_content(const Action& action) {
  return writes_entry(action) && !takes_file_over(action) && action.after && action.after->size;
}

Status collect(const ActionStream& actions, Parts& parts, bool& dates) {
  Status all = for_each(actions, [&](const Action& action) {
    if (removes_entry(action)) {
      parts[0].add(action, action.before ? action.before->size.value_or(0) : 0);
    } else if (writes_content(action)) {
      parts[1].add_by_size(action, bytes_to_write(action));
    } else if (!only_dates(action)) {
      parts[2].add(action, 0);
    } else {
      dates = true;
    }
    return success();
  });
  for (Part& part : parts) part.finish();
  return all;
}

// How many lines each part gets of `room`: in turn, as long as there are both lines and room.
std::array<std::size_t, 3> share(const Parts& parts, std::size_t room) {
  std::array<std::size_t, 3> lines{};
  for (bool given = true; given;) {
    given = false;
    for (std::size_t at = 0; at < parts.size(); ++at) {
      const bool at_least = lines[at] < kLeastLines;
      if (!parts[at].wants_more(lines[at]) || (room == 0 && !at_least)) continue;
      ++lines[at];
      room -= std::min<std::size_t>(room, 1);
      given = true;
    }
  }
  return lines;
}

// The same, where a part of which all is shown needs no line that says how many more there are.
std::array<std::size_t, 3> share_all(const Parts& parts, std::size_t room) {
  std::array<std::size_t, 3> lines = share(parts, room);
  for (std::size_t pass = 1; pass < parts.size(); ++pass) {
    std::size_t unused = 0;
    for (std::size_t at = 0; at < parts.size(); ++at) {
      if (lines[at] > 0 && lines[at] == parts[at].count()) ++unused;
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

std::vector<Line> header_lines(const PlanHeader& plan) {
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
  text.push_back({plan_line(plan)});
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

Result<std::string> render_review(const PlanHeader& plan, const ActionStream& actions,
                                  Screen screen, Colour colour, std::string_view hint) {
  const std::size_t most = std::max(screen.rows, kLeastLines + 1);
  Parts parts{Part("Deletions", most), Part("Largest writes", most), Part("Other changes", most)};
  bool dates = false;
  TRY(collect(actions, parts, dates));

  std::vector<Line> text = header_lines(plan);
  std::size_t taken = text.size() + 1;  // the prompt's line
  bool any = false;
  for (const Part& part : parts) {
    if (part.count() > 0) taken += kLinesAround;
    any = any || part.count() > 0;
  }
  if (!any) text.push_back({dates ? "Only times of directories change." : "Nothing to do."});
  const auto lines = share_all(parts, screen.rows > taken ? screen.rows - taken : 0);
  for (std::size_t at = 0; at < parts.size(); ++at) {
    for (Line& line : parts[at].shown(lines[at], hint)) text.push_back(std::move(line));
  }
  std::string whole;
  for (const Line& line : text) {
    whole += painted(cut_to(line.text, screen.columns), line.tone, colour) + "\n";
  }
  return whole;
}

}  // namespace foldersync
