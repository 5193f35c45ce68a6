#include "show/render_review.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/columns.h"
#include "core/text.h"
#include "show/fold.h"

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

// What stands on a line, and how many actions it is about.
struct Shown {
  Line line;
  std::uint64_t weight = 0;  // the heavier, the further up
  std::uint64_t number = 0;  // in the order of being added
  std::uint64_t entries = 1;
};

// One of the lists: its heaviest lines.
class Part {
 public:
  Part(const char* title, std::size_t most) : title_(title), most_(most) {}

  void add(Line line, std::uint64_t weight, std::uint64_t entries, std::uint64_t bytes) {
    entries_ += entries;
    bytes_ += std::min(bytes, UINT64_MAX - bytes_);
    ++count_;
    if (shown_.size() == most_ && weight <= shown_.front().weight) return;
    if (shown_.size() == most_) {
      std::pop_heap(shown_.begin(), shown_.end(), stands_above);
      shown_.pop_back();
    }
    shown_.push_back({std::move(line), weight, count_, entries});
    std::push_heap(shown_.begin(), shown_.end(), stands_above);
  }

  // No more will be added. What stands in the title behind the counts.
  void finish(std::string more = {}) {
    std::sort(shown_.begin(), shown_.end(), stands_above);
    more_ = std::move(more);
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }  // of lines
  [[nodiscard]] bool wants_more(std::size_t lines) const { return lines < shown_.size(); }

  // `lines` of them, and what is left out.
  [[nodiscard]] std::vector<Line> shown(std::size_t lines, std::string_view hint) const {
    if (count_ == 0) return {};
    const std::string bytes = bytes_ == 0 ? "" : ", " + human_bytes(bytes_);
    std::vector<Line> text{
        {},
        {std::string(title_) + " (" + human_count(entries_) + bytes + ")" + more_, Tone::kTitle}};
    // The line that would say "and 1 more" can hold that one.
    if (lines + 1 == count_) ++lines;
    lines = std::min(lines, shown_.size());
    std::uint64_t left = entries_;
    for (std::size_t at = 0; at < lines; ++at) {
      text.push_back({"  " + shown_[at].line.text, shown_[at].line.tone});
      left -= shown_[at].entries;
    }
    if (lines < count_) {
      text.push_back({"  and " + human_count(left) + " more: " + std::string(hint)});
    }
    return text;
  }

 private:
  static bool stands_above(const Shown& a, const Shown& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.number < b.number;
  }

  const char* title_;
  std::size_t most_;
  std::vector<Shown> shown_;  // a heap, its last one first
  std::string more_;
  std::uint64_t count_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
};

struct Parts {
  explicit Parts(std::size_t most)
      : all{Part("Deletions", most), Part("Look twice", most), Part("Largest writes", most),
            Part("Other changes", most)} {}
  Part& deletions() { return all[0]; }
  Part& cautions() { return all[1]; }
  Part& writes() { return all[2]; }
  Part& others() { return all[3]; }

  std::array<Part, 4> all;
};
using Lines = std::array<std::size_t, 4>;

bool writes_content(const Action& action) {
  return writes_entry(action) && !takes_file_over(action) && action.after && action.after->size;
}

void add(Parts& parts, const Folded& folded) {
  Line line{folded_line(folded), tone_of(folded.action)};
  if (is_deletion(folded)) {
    if (removes_entry(folded.action)) line.tone = Tone::kDelete;
    // What takes the directory's place is no deletion.
    const std::uint64_t gone = folded.entries - (removes_entry(folded.action) ? 0 : 1);
    return parts.deletions().add(std::move(line), folded.entries, gone, folded.bytes);
  }
  if (writes_content(folded.action) || folded.bytes > 0) {
    return parts.writes().add(std::move(line), folded.bytes, folded.entries, folded.bytes);
  }
  parts.others().add(std::move(line), 0, folded.entries, 0);
}

// Whether anything only dates directories.
Result<bool> collect(const ActionSource& actions, Parts& parts) {
  TRY(for_each_folded(actions, Folds::kAll, [&parts](const Folded& folded) {
    add(parts, folded);
    return success();
  }));
  bool dates = false;
  CautionCounts counts;
  TRY(for_each(stream_of(actions), [&](const Action& action) {
    dates = dates || only_dates(action);
    const std::vector<CautionNote> notes = cautions_of(action);
    counts.add(notes);
    if (notes.empty()) return success();
    const auto weight = kCautions.size() - static_cast<std::size_t>(notes.front().caution);
    parts.cautions().add({action_line(action), Tone::kCaution}, weight, 1, 0);
    return success();
  }));
  for (Part& part : parts.all) part.finish();
  if (counts.actions() > 0) parts.cautions().finish(": " + counts.words());
  return dates;
}

// How many lines each part gets of `room`: in turn, as long as there are both lines and room.
Lines share(const Parts& parts, std::size_t room) {
  Lines lines{};
  for (bool given = true; given;) {
    given = false;
    for (std::size_t at = 0; at < parts.all.size(); ++at) {
      const bool at_least = lines[at] < kLeastLines;
      if (!parts.all[at].wants_more(lines[at]) || (room == 0 && !at_least)) continue;
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

Result<std::string> render_review(const PlanHeader& plan, const ActionSource& actions,
                                  Screen screen, Colour colour, std::string_view hint) {
  const std::size_t most = std::max(screen.rows, kLeastLines + 1);
  Parts parts(most);
  const bool dates = TRY(collect(actions, parts));

  std::vector<Line> text = header_lines(plan);
  std::size_t taken = text.size() + 1;  // the prompt's line
  bool any = false;
  for (const Part& part : parts.all) {
    if (part.count() > 0) taken += kLinesAround;
    any = any || part.count() > 0;
  }
  if (!any) text.push_back({dates ? "Only times of directories change." : "Nothing to do."});
  const auto lines = share_all(parts, screen.rows > taken ? screen.rows - taken : 0);
  for (std::size_t at = 0; at < parts.all.size(); ++at) {
    for (Line& line : parts.all[at].shown(lines[at], hint)) text.push_back(std::move(line));
  }
  std::string whole;
  for (const Line& line : text) {
    whole += painted(cut_to(line.text, screen.columns), line.tone, colour) + "\n";
  }
  return whole;
}

}  // namespace foldersync
