#include "show/render_stat.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

#include "core/columns.h"
#include "core/text.h"

namespace foldersync {
namespace {

constexpr std::size_t kUsualWidth = 80;
constexpr std::size_t kLeastName = 12;
constexpr std::size_t kLeastBar = 10;
constexpr std::size_t kFigures = 36;  // three right-aligned columns of twelve
constexpr std::size_t kColumn = 12;

struct Mark {
  char sign;
  Tone tone;
};
constexpr std::array<Mark, 4> kMarks{
    {{'+', Tone::kCreate}, {'~', Tone::kChange}, {'>', Tone::kMove}, {'-', Tone::kDelete}}};

std::size_t mark_of(Op op) {
  const Tone tone = tone_of(op);
  const auto* const mark = std::find_if(kMarks.begin(), kMarks.end(),
                                        [tone](const Mark& one) { return one.tone == tone; });
  return static_cast<std::size_t>(mark - kMarks.begin());
}

// What happens in one top-level directory, or by one op.
struct Row {
  std::array<std::uint64_t, kMarks.size()> changes{};  // in the order of kMarks
  std::uint64_t written = 0;                           // bytes
  std::uint64_t deleted = 0;

  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : changes) sum += count;
    return sum;
  }
};

void add(std::uint64_t& sum, std::uint64_t more) { sum += std::min(more, UINT64_MAX - sum); }

void add(Row& row, const Action& action) {
  ++row.changes[mark_of(action.op)];
  add(row.written, bytes_to_write(action));
  if (removes_entry(action) && action.before) add(row.deleted, action.before->size.value_or(0));
}

// The top-level directory of the action, as bytes; empty: the root itself.
std::string place_of(const Action& action) {
  const std::string& path = action.path.bytes();
  const std::size_t slash = path.find('/');
  if (slash != std::string::npos) return path.substr(0, slash);
  return is_directory(subject(action)) ? path : std::string();
}

struct PathOrder {
  bool operator()(const std::string& a, const std::string& b) const {
    return compare_paths(a, b) < 0;
  }
};
using Places = std::map<std::string, Row, PathOrder>;
using Ops = std::map<Op, Row>;

// How wide everything is.
struct Layout {
  std::size_t name = kLeastName;
  std::size_t bar = kLeastBar;
  std::uint64_t largest = 1;  // what the longest bar stands for
};

std::string name_of(const std::string& place) { return place.empty() ? "." : escaped(place) + "/"; }

Layout layout_of(const Places& places, const Ops& ops, std::size_t width) {
  Layout layout;
  std::size_t longest = kLeastName;
  for (const auto& [place, row] : places) {
    longest = std::max(longest, columns_of(name_of(place)));
    layout.largest = std::max(layout.largest, row.total());
  }
  for (const auto& [op, row] : ops) layout.largest = std::max(layout.largest, row.total());
  const std::size_t whole = width == kAnyWidth ? kUsualWidth : width;
  const std::size_t others = kFigures + 2 + kLeastBar;
  const std::size_t most = whole > others + kLeastName ? whole - others : kLeastName;
  layout.name = width == kAnyWidth ? longest : std::min(longest, most);
  const std::size_t taken = layout.name + kFigures + 2;
  layout.bar = whole > taken + kLeastBar ? whole - taken : kLeastBar;
  return layout;
}

// Each kind of change has its share of the bar, and none that is there goes unseen.
std::string bar_of(const Row& row, const Layout& layout, Colour colour) {
  std::string bar;
  std::size_t room = layout.bar;
  std::size_t kinds = 0;
  for (const std::uint64_t count : row.changes) kinds += count > 0 ? 1 : 0;
  for (std::size_t at = 0; at < kMarks.size(); ++at) {
    if (row.changes[at] == 0) continue;
    --kinds;
    std::size_t length = row.changes[at];
    if (layout.largest > layout.bar) {
      length = static_cast<std::size_t>(static_cast<double>(row.changes[at]) /
                                        static_cast<double>(layout.largest) *
                                        static_cast<double>(layout.bar));
    }
    length = std::clamp<std::size_t>(length, 1, room - kinds);
    room -= length;
    bar += painted(std::string(length, kMarks[at].sign), kMarks[at].tone, colour);
  }
  return bar;
}

std::string bytes_text(std::uint64_t bytes) { return bytes == 0 ? "-" : human_bytes(bytes); }

std::string row_line(const std::string& name, const Row& row, const Layout& layout, Colour colour) {
  return left_aligned(cut_to(name, layout.name), layout.name) +
         right_aligned(human_count(row.total()), kColumn) +
         right_aligned(bytes_text(row.written), kColumn) +
         right_aligned(bytes_text(row.deleted), kColumn) + "  " + bar_of(row, layout, colour) +
         "\n";
}

std::string title_line(const char* title, const Layout& layout, Colour colour) {
  return painted(left_aligned(title, layout.name) + right_aligned("changes", kColumn) +
                     right_aligned("write", kColumn) + right_aligned("delete", kColumn),
                 Tone::kTitle, colour) +
         "\n";
}

}  // namespace

Result<std::string> render_stat(const PlanHeader& plan, const ActionStream& actions,
                                std::size_t width, Colour colour) {
  Ops ops;
  Places places;
  CautionCounts cautions;
  TRY(for_each(actions, [&](const Action& action) {
    cautions.add(cautions_of(action));
    if (only_dates(action)) return success();
    add(ops[action.op], action);
    add(places[place_of(action)], action);
    return success();
  }));
  std::string text;
  if (!places.empty()) {
    const Layout layout = layout_of(places, ops, width);
    text += title_line("op", layout, colour);
    for (const auto& [op, row] : ops) text += row_line(to_string(op), row, layout, colour);
    text += "\n" + title_line("directory", layout, colour);
    for (const auto& [place, row] : places) text += row_line(name_of(place), row, layout, colour);
    text += "\n";
  }
  return text + caution_line(cautions, colour) + plan_line(plan) + "\n";
}

}  // namespace foldersync
