#include "show/render_diff.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/text.h"
#include "format/tables.h"
#include "plan/facts.h"
#include "plan/guard.h"
#include "plan/order.h"

namespace foldersync {
namespace {

using Words = std::vector<std::string>;

// The fields of an entry as words, those that are absent empty.
struct Field {
  std::string_view name;
  std::string value;
};

template <class T, class Text>
std::string value_of(const std::optional<T>& field, Text text) {
  return field ? std::string(text(*field)) : std::string();
}

std::vector<Field> fields_of(const Facts& facts) {
  std::vector<Field> fields;
  FactsTable::each([&]<class Row>(Row) {
    const auto& member = Row::in(facts);
    if constexpr (kIsOptional<std::remove_cvref_t<decltype(member)>>) {
      fields.push_back({Row::name(), value_of(member, Row::Kind::text)});
    } else {
      fields.push_back({Row::name(), Row::Kind::text(member)});
    }
  });
  return fields;
}

void note(Words& words, const std::string& name, const std::string& before,
          const std::string& after) {
  if (before == after) return;
  words.push_back(name + " " + (before.empty() ? "none" : before) + " -> " +
                  (after.empty() ? "none" : after));
}

void note_entry(Words& words, const std::string& name, const std::optional<Facts>& before,
                const std::optional<Facts>& after) {
  if (!before || !after) {
    const auto type = [](const Facts& facts) { return to_string(facts.type); };
    return note(words, name, value_of(before, type), value_of(after, type));
  }
  const std::vector<Field> old_fields = fields_of(*before);
  const std::vector<Field> new_fields = fields_of(*after);
  for (std::size_t at = 0; at < old_fields.size(); ++at) {
    note(words, name + "." + std::string(old_fields[at].name), old_fields[at].value,
         new_fields[at].value);
  }
}

// What two actions at the same place differ in; empty where they are equal.
Words changes_of(const Action& before, const Action& after) {
  const auto shown = [](const RelPath& path) { return escaped(path.shown()); };
  Words words;
  note(words, "op", to_string(before.op), to_string(after.op));
  note(words, "from or to", value_of(before.other, shown), value_of(after.other, shown));
  note(words, "reason", reason_words(before.reasons), reason_words(after.reasons));
  note_entry(words, "before", before.before, after.before);
  note_entry(words, "after", before.after, after.after);
  return words;
}

template <class List, class Describe>
Words words_of(const List& list, Describe describe) {
  Words words;
  for (const auto& one : list) words.push_back(describe(one));
  return words;
}

// Free space is another one at any time, what follows from it is not.
std::string lasting_guard_line(const Guard& guard) {
  if (!is_about_space(guard) && !makes_room(guard)) return guard_line(guard);
  return "guard " + guard.rule + ": " + (guard.refused ? "refused" : "ok");
}

class Comparer {
 public:
  Comparer(const PlanSide& old_side, const PlanSide& new_side, Colour colour, const ByteSink& sink)
      : old_(old_side), new_(new_side), colour_(colour), sink_(sink) {}

  Result<PlanDifference> compare() {
    TRY(compare_headers());
    TRY(compare_actions());
    std::string last = human_count(found_.only_old) + " only in the old plan, " +
                       human_count(found_.only_new) + " only in the new one, " +
                       human_count(found_.changed) + " changed, " + human_count(found_.equal) +
                       " in both\n";
    if (!found_.any()) last = "No differences: " + human_count(found_.equal) + " in both\n";
    TRY(sink_(last));
    return found_;
  }

 private:
  Status put(char mark, Tone tone, const std::string& text) {
    return sink_(painted(std::string(1, mark) + " " + text, tone, colour_) + "\n");
  }

  Status put_title(const char* mark, const PlanSide& side) {
    const std::string line = std::string(mark) + " " + side.name + ": " +
                             to_string(side.plan.kind) + " " + side.plan.plan_id + ", " +
                             moment(side.plan.created) + ", sync " +
                             escaped(side.plan.tool_version);
    return sink_(painted(line, Tone::kTitle, colour_) + "\n");
  }

  // Lines that only one of them has, and whether those of both have another order.
  Status compare_words(const Words& before, const Words& after) {
    if (before == after) return success();
    found_.header = true;
    Words old_sorted = before;
    Words new_sorted = after;
    std::sort(old_sorted.begin(), old_sorted.end());
    std::sort(new_sorted.begin(), new_sorted.end());
    Words gone;
    Words come;
    std::set_difference(old_sorted.begin(), old_sorted.end(), new_sorted.begin(), new_sorted.end(),
                        std::back_inserter(gone));
    std::set_difference(new_sorted.begin(), new_sorted.end(), old_sorted.begin(), old_sorted.end(),
                        std::back_inserter(come));
    for (const std::string& line : gone) TRY(put('-', Tone::kDelete, line));
    for (const std::string& line : come) TRY(put('+', Tone::kCreate, line));
    if (!gone.empty() || !come.empty()) return success();
    return put('!', Tone::kChange, "another order: " + before.front() + " ...");
  }

  Status compare_headers() {
    TRY(put_title("---", old_));
    TRY(put_title("+++", new_));
    const auto root = [](const std::string& name, const RootReference& side) {
      return Words{name + " " + escaped(side.path), name + " identity " + escaped(side.identity)};
    };
    const auto words = [&](const PlanHeader& plan) {
      return std::vector<Words>{{std::string("kind ") + to_string(plan.kind)},
                                root("source", plan.source),
                                root("replica", plan.replica),
                                option_words(plan.options),
                                words_of(plan.guards, lasting_guard_line),
                                words_of(plan.problems, problem_line),
                                words_of(plan.skipped, skipped_line)};
    };
    const std::vector<Words> before = words(old_.plan);
    const std::vector<Words> after = words(new_.plan);
    for (std::size_t at = 0; at < before.size(); ++at) TRY(compare_words(before[at], after[at]));
    return success();
  }

  Status compare_actions() {
    auto before = old_.actions();
    auto after = new_.actions();
    while (before && after && (*before != nullptr || *after != nullptr)) {
      const bool old_first =
          *after == nullptr || (*before != nullptr && stands_before(**before, **after));
      const bool new_first =
          *before == nullptr || (*after != nullptr && stands_before(**after, **before));
      TRY(old_first   ? put_only(**before, found_.only_old, '-', Tone::kDelete)
          : new_first ? put_only(**after, found_.only_new, '+', Tone::kCreate)
                      : put_both(**before, **after));
      if (!new_first) before = old_.actions();
      if (!old_first) after = new_.actions();
    }
    if (!before) return before.error();
    return after ? success() : Status(after.error());
  }

  Status put_only(const Action& action, std::uint64_t& count, char mark, Tone tone) {
    ++count;
    return put(mark, tone, action_line(action));
  }

  Status put_both(const Action& before, const Action& after) {
    const Words words = changes_of(before, after);
    ++(words.empty() ? found_.equal : found_.changed);
    if (words.empty()) return success();
    std::string text = action_line(after) + ": ";
    for (const std::string& word : words) text += (&word == words.data() ? "" : "; ") + word;
    return put('!', Tone::kChange, text);
  }

  const PlanSide& old_;
  const PlanSide& new_;
  Colour colour_;
  const ByteSink& sink_;
  PlanDifference found_;
};

}  // namespace

Result<PlanDifference> render_diff(const PlanSide& old_side, const PlanSide& new_side,
                                   Colour colour, const ByteSink& sink) {
  return Comparer(old_side, new_side, colour, sink).compare();
}

}  // namespace foldersync
