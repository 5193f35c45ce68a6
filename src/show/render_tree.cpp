#include "show/render_tree.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/columns.h"
#include "core/text.h"
#include "show/fold.h"

namespace foldersync {
namespace {

struct Node {
  std::string path;  // bytes, empty: the root
  std::string note;  // what stands after the name
  char mark = ' ';
  Tone tone = Tone::kPlain;
};

std::string note_of(const Action& action) {
  const auto& entry = subject(action);
  std::string note = is_directory(entry) ? "/" : "";
  note += other_words(action);
  const bool has_size = !sets_metadata(action) && !takes_file_over(action);
  if (has_size && entry && entry->size) note += " " + human_bytes(*entry->size);
  if (!sets_metadata(action) && entry && entry->target) note += " -> " + escaped(*entry->target);
  const bool obvious = action.op == Op::kCreate || removes_entry(action) || action.other;
  return obvious ? note : note + " (" + reason_words(action.reasons) + ")";
}

// The length of the longest path that `a` and `b` lie at or below.
std::size_t common_length(std::string_view a, std::string_view b) {
  const auto [end_a, end_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto length = static_cast<std::size_t>(end_a - a.begin());
  const bool a_ends = end_a == a.end() || *end_a == '/';
  const bool b_ends = end_b == b.end() || *end_b == '/';
  if (a_ends && b_ends) return length;
  const std::size_t slash = a.substr(0, length).rfind('/');
  return slash == std::string_view::npos ? 0 : slash;
}

class Printer {
 public:
  Printer(const std::vector<Node>& nodes, std::size_t width, Colour colour, const ByteSink& sink)
      : nodes_(nodes), width_(width), colour_(colour), sink_(sink) {
    find_forks();
  }

  Status print() {
    for (std::size_t at = 0; at < nodes_.size(); ++at) {
      const std::string_view path = nodes_[at].path;
      while (common_length(path, open_.back()) != open_.back().size()) open_.pop_back();
      for (const std::size_t length : forks_before(at)) {
        const std::string_view directory = path.substr(0, length);
        TRY(line(' ', Tone::kPlain, directory, "/"));
        open_.push_back(directory);
      }
      const Node& node = nodes_[at];
      TRY(line(node.mark, node.tone, path, node.note));
      if (!path.empty()) open_.push_back(path);
    }
    return success();
  }

 private:
  // shared_[i]: where the ways to the paths i and i + 1 part, as a length of both. later_[i]: the
  // next j with a shorter shared_[j], so that i and j + 1 part there.
  void find_forks() {
    const std::size_t count = nodes_.empty() ? 0 : nodes_.size() - 1;
    shared_.resize(count);
    later_.resize(count);
    for (std::size_t at = count; at-- > 0;) {
      shared_[at] = common_length(nodes_[at].path, nodes_[at + 1].path);
      std::size_t later = at + 1;
      while (later < count && shared_[later] >= shared_[at]) later = later_[later];
      later_[at] = later;
    }
  }

  // The directories above path `at` that are not printed yet and hold later paths too; shortest
  // first.
  std::vector<std::size_t> forks_before(std::size_t at) const {
    std::vector<std::size_t> lengths;
    for (std::size_t fork = at; fork < shared_.size(); fork = later_[fork]) {
      if (shared_[fork] <= open_.back().size()) break;
      if (shared_[fork] < nodes_[at].path.size()) lengths.push_back(shared_[fork]);
    }
    std::reverse(lengths.begin(), lengths.end());
    return lengths;
  }

  Status line(char mark, Tone tone, std::string_view path, const std::string& note) {
    const std::string_view above = open_.back();
    const std::string_view name = path.substr(above.empty() ? 0 : above.size() + 1);
    std::string text(2 * open_.size(), ' ');
    text[0] = mark;
    text += path.empty() ? "." : escaped(name);
    return sink_(painted(cut_to(text + note, width_), tone, colour_) + "\n");
  }

  const std::vector<Node>& nodes_;
  std::size_t width_;
  Colour colour_;
  const ByteSink& sink_;
  std::vector<std::size_t> shared_;
  std::vector<std::size_t> later_;
  std::vector<std::string_view> open_{{}};  // the directories that the next line may lie in
};

}  // namespace

Status render_tree(const PlanHeader& plan, const ActionSource& actions, std::size_t width,
                   Colour colour, const ByteSink& sink) {
  std::vector<Node> nodes;
  TRY(for_each_folded(actions, Folds::kDeletions, [&nodes](const Folded& folded) {
    const Action& action = folded.action;
    // A directory that is made has one more action, which finishes it.
    if (!nodes.empty() && nodes.back().path == action.path.bytes()) return success();
    nodes.push_back({action.path.bytes(),
                     note_of(action) + folded_words(folded) + caution_text(action),
                     traits_of(action.op).mark, tone_of(action)});
    return success();
  }));
  TRY(Printer(nodes, width, colour, sink).print());
  CautionCounts cautions;
  TRY(for_each(stream_of(actions), [&cautions](const Action& action) {
    cautions.add(cautions_of(action));
    return success();
  }));
  return sink(caution_line(cautions, colour) + plan_line(plan) + "\n");
}

}  // namespace foldersync
