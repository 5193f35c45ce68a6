#include "show/render.h"

#include <algorithm>

#include "core/text.h"
#include "format/errno_name.h"
#include "format/tables.h"
#include "plan/guard.h"
#include "show/advice.h"

namespace foldersync {
namespace {

constexpr std::string_view kPlain = "\x1b[0m";

std::string_view colour_of(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return {};
    case Tone::kCreate:
      return "\x1b[32m";
    case Tone::kChange:
      return "\x1b[33m";
    case Tone::kMove:
      return "\x1b[36m";
    case Tone::kDelete:
    case Tone::kTrouble:
      return "\x1b[31m";
    case Tone::kCaution:
      return "\x1b[1;35m";
    case Tone::kTitle:
      return "\x1b[1m";
  }
  return {};
}

void append_part(std::string& line, std::string_view part) {
  line += line.empty() ? "" : ", ";
  line += part;
}

void append_count(std::string& line, const char* word, std::uint64_t count) {
  if (count != 0) append_part(line, std::string(word) + " " + human_count(count));
}

std::string quoted(std::string_view bytes) { return "'" + escaped(bytes) + "'"; }

void append_ids(std::vector<std::string>& words, const char* what,
                const std::vector<std::uint32_t>& ids) {
  if (ids.empty()) return;
  std::string text;
  for (const std::uint32_t id : ids) append_part(text, std::to_string(id));
  words.push_back(std::string("the replica does not take the ") + what + " " + text);
}

void append_limits(std::vector<std::string>& words, const FileSystemLimits& limits) {
  const TimeLimits& times = limits.times;
  if (times.granularity != 1) {
    words.push_back("times of the replica in steps of " + human_count(times.granularity) + " ns");
  }
  if (times.two_seconds) words.emplace_back("times of the replica in even seconds");
  if (times.earliest) words.push_back("no times before " + to_string(*times.earliest));
  if (times.latest) words.push_back("no times after " + to_string(*times.latest));
  if (!limits.holds_owners) words.emplace_back("the replica holds no owners");
  if (!limits.holds_modes) words.emplace_back("the replica holds no modes");
  if (!limits.holds_xattrs) words.emplace_back("the replica holds no extended attributes");
  if (limits.refuses_times) words.emplace_back("the replica takes no times");
  if (limits.refuses_groups) words.emplace_back("the replica takes no groups of the caller's");
  if (limits.refuses_link_times) words.emplace_back("the replica takes no times of symlinks");
  if (limits.refuses_link_owners) words.emplace_back("the replica takes no owners of symlinks");
  append_ids(words, "owners", limits.refused_uids);
  append_ids(words, "groups", limits.refused_gids);
  if (limits.most_names != 0) {
    words.push_back("the replica takes " + human_count(limits.most_names) +
                    " names of one file at most");
  }
}

std::string times_text(const TimeLimits& times) {
  const bool has_range = times.earliest || times.latest;
  const bool has_steps = times.two_seconds || times.granularity > 1;
  if (!has_steps) return has_range ? "modification times far away" : std::string();
  const std::string step =
      times.two_seconds ? "two seconds" : human_count(times.granularity) + " ns";
  return "modification times to less than " + step + (has_range ? " or far away" : "");
}

}  // namespace

Tone tone_of(Op op) {
  switch (traits_of(op).mark) {
    case '+':
      return Tone::kCreate;
    case '>':
      return Tone::kMove;
    case '-':
      return Tone::kDelete;
    default:
      return Tone::kChange;
  }
}

Tone tone_of(const Action& action) {
  return cautions_of(action).empty() ? tone_of(action.op) : Tone::kCaution;
}

std::string other_words(const Action& action) {
  if (!action.other) return {};
  return (traits_of(action.op).other == Other::kTo ? " to " : " from ") +
         escaped(action.other->shown());
}

std::string painted(std::string_view text, Tone tone, Colour colour) {
  const std::string_view begin = colour == Colour::kOn ? colour_of(tone) : std::string_view();
  std::string whole(begin);
  whole += text;
  return begin.empty() ? whole : whole.append(kPlain);
}

std::string reason_words(ReasonSet reasons) {
  std::string text;
  for (const std::string_view word : words_of(reasons)) append_part(text, word);
  return text;
}

bool only_dates(const Action& action) {
  return is_finish(action) &&
         action.reasons.is_within({Reason::kMtime, Reason::kChildren, Reason::kUndo});
}

std::string action_text(const Action& action) {
  const std::optional<Facts>& entry = subject(action);
  const char* const slash = is_directory(entry) && !action.path.is_root() ? "/" : "";

  std::string line = is_finish(action)                    ? "finish"
                     : action.reasons.has(Reason::kDecay) ? "heal"
                                                          : to_string(action.op);
  line += " " + escaped(action.path.shown()) + slash;
  if (action.other) line += other_words(action) + slash;
  if (sets_metadata(action)) return line + " (" + reason_words(action.reasons) + ")";
  const bool is_copied = !takes_file_over(action);
  if (entry && entry->size && is_copied) line += " " + human_bytes(*entry->size);
  if (entry && entry->target) line += " -> " + escaped(*entry->target);
  return line;
}

std::string action_line(const Action& action) { return action_text(action) + caution_text(action); }

std::string caution_line(const CautionCounts& cautions, Colour colour) {
  if (cautions.actions() == 0) return {};
  return painted("look twice: " + cautions.words(), Tone::kCaution, colour) + "\n";
}

std::string guard_line(const Guard& guard) {
  return "guard " + escaped(guard.rule) + ": " + figures(guard) +
         (guard.refused ? ": refused" : ": ok");
}

std::string problem_line(const Problem& problem) {
  const Advice advice = advice_for(problem.doing, problem.error_number);
  return std::string("problem in the ") + to_string(problem.side) + ": " +
         escaped(problem.path.shown()) + ": " + escaped(problem.doing) + ": " +
         errno_name(problem.error_number) + (advice.text.empty() ? "" : "; ") +
         std::string(advice.text);
}

std::string skipped_line(const Skipped& skipped) {
  return "skipped " + escaped(skipped.path.shown()) + " (" + escaped(skipped.reason) + ")";
}

std::vector<std::string> option_words(const PlanOptions& options) {
  std::vector<std::string> words;
  const auto flag = [&words](bool on, const char* word) {
    if (on) words.emplace_back(word);
  };
  flag(options.checksum && !options.checksum_cached, "--checksum");
  flag(options.checksum && options.checksum_cached, "--checksum=cached");
  flag(options.pin, "--pin");
  flag(options.xattrs, "--xattrs");
  flag(!options.remove_extra, "--no-delete");
  flag(options.delete_excluded, "--delete-excluded");
  flag(options.one_file_system, "--one-file-system");
  flag(options.cross_mounts, "--cross-mounts");
  if (options.max_delete) words.push_back("--max-delete " + to_string(*options.max_delete));
  if (options.max_update) words.push_back("--max-update " + to_string(*options.max_update));
  OptionsTable::each([&]<class Field>(Field) {
    if constexpr (Field::kSince != Since::kFirst && Field::name() != "checksum_cached" &&
                  Field::name() != "listed") {
      const auto& value = Field::in(options);
      if (Field::Kind::later(value).is_default()) return;
      std::string name(Field::name());
      std::replace(name.begin(), name.end(), '_', '-');
      words.push_back("--" + name);
      if constexpr (requires { Field::Kind::text(value); }) {
        words.back() += " " + Field::Kind::text(value);
      }
    }
  });
  if (options.listed > 0)
    words.push_back("only what " + human_count(options.listed) + " paths lead to");
  for (const std::string& name : options.require) words.push_back("--require " + quoted(name));
  for (const std::string& rule : options.rules) words.push_back("rule " + quoted(rule));
  for (const std::string& path : options.left_out) words.push_back("left out " + quoted(path));
  flag(options.owners, "owners mirrored");
  append_limits(words, options.replica_limits);
  return words;
}

std::string moment(FileTime time) {
  std::string text = to_string(time);
  if (text.front() == '@') return text;
  text.resize(sizeof "2026-11-23T18:40:00" - 1);
  text[text.find('T')] = ' ';
  return text + " UTC";
}

Status render(const PlanHeader& plan, const ActionStream& actions, Colour colour,
              const ByteSink& sink) {
  const auto put = [&](const std::string& line, Tone tone) {
    return sink(painted(line, tone, colour) + "\n");
  };
  bool any = false;
  CautionCounts cautions;
  TRY(for_each(actions, [&](const Action& action) {
    any = true;
    cautions.add(cautions_of(action));
    return put(action_line(action), tone_of(action));
  }));
  std::string rest = any ? "" : "Nothing to do.\n";
  for (const Problem& problem : plan.problems) {
    rest += painted(problem_line(problem), Tone::kTrouble, colour) + "\n";
  }
  for (const Skipped& skipped : plan.skipped) rest += skipped_line(skipped) + "\n";
  for (const Guard& guard : plan.guards) {
    rest +=
        painted(guard_line(guard), guard.refused ? Tone::kTrouble : Tone::kPlain, colour) + "\n";
  }
  return sink(rest + caution_line(cautions, colour) + plan_line(plan) + "\n");
}

std::string summary_line(const Summary& summary) {
  std::string line;
  append_count(line, "create", summary.create);
  append_count(line, "update", summary.update);
  append_count(line, "replace", summary.replace);
  append_count(line, "move", summary.move);
  append_count(line, "link", summary.link);
  append_count(line, "metadata", summary.metadata);
  append_count(line, "delete", summary.remove);
  const std::string deleted = human_bytes(summary.bytes_to_delete);
  if (summary.bytes_to_delete != 0 && summary.remove != 0) {
    line += " (" + deleted + ")";
  } else if (summary.bytes_to_delete != 0) {
    append_part(line, "delete " + deleted);
  }
  append_count(line, "finish", summary.finish);
  if (summary.bytes_to_write != 0) {
    append_part(line, "write " + human_bytes(summary.bytes_to_write));
  }
  append_count(line, "unchanged", summary.unchanged);
  append_count(line, "problems", summary.problems);
  return line.empty() ? "no entries" : line;
}

std::string plan_line(const PlanHeader& plan) {
  return summary_line(plan.summary) + content_text(plan.options) +
         not_mirrored_text(plan.options.replica_limits);
}

std::string content_text(const PlanOptions& options) {
  if (!options.checksum) return {};
  return options.reads_all() ? ", all content read" : ", content as remembered or read";
}

std::string limits_text(const FileSystemLimits& limits) {
  std::string text;
  const auto add = [&text](bool is_so, const std::string& what) {
    if (is_so) text += (text.empty() ? "" : ", ") + what;
  };
  add(!limits.holds_owners, "owners");
  const bool some = limits.holds_owners;
  add(some && !limits.refused_uids.empty(), "some owners");
  add(some && !limits.refused_gids.empty(), "some groups");
  add(limits.refuses_groups, "groups");
  add(!limits.holds_modes, "permission bits");
  add(!limits.holds_xattrs, "extended attributes");
  add(limits.refuses_times, "modification times");
  const std::string times = limits.refuses_times ? std::string() : times_text(limits.times);
  add(!times.empty(), times);
  const bool has_symlinks = !limits.refuses_symlinks;
  add(has_symlinks && limits.refuses_link_times, "modification times of symlinks");
  add(has_symlinks && limits.refuses_link_owners && limits.holds_owners, "owners of symlinks");
  add(limits.refuses_symlinks, "symbolic links");
  add(limits.refuses_nodes, "FIFOs, sockets and devices");
  add(limits.most_names == 1, "hard links");
  add(limits.most_names > 1, "more than " + human_count(limits.most_names) + " names of one file");
  return text;
}

std::string not_mirrored_text(const FileSystemLimits& limits) {
  const std::string text = limits_text(limits);
  return text.empty() ? text : ", not mirrored there: " + text;
}

}  // namespace foldersync
