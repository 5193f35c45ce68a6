#include "plan/render.h"

#include <string_view>

#include "core/text.h"
#include "plan/guard.h"
#include "plan/json.h"

namespace foldersync {
namespace {

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kPlain = "\x1b[0m";

std::string_view colour_of(Op op) {
  if (op == Op::kDelete) return kRed;
  if (op == Op::kCreate) return kGreen;
  return kYellow;
}

std::string painted(std::string line, std::string_view colour, Colour mode) {
  if (mode == Colour::kOn) line.insert(0, colour).append(kPlain);
  return line + "\n";
}

// The entry that the action is about: what will be there, or what was.
const Facts* subject(const Action& action) {
  if (action.after) return &*action.after;
  return action.before ? &*action.before : nullptr;
}

std::string reason_list(ReasonSet reasons) {
  std::string text;
  for (const Reason reason : kReasons) {
    if (!reasons.has(reason)) continue;
    text += text.empty() ? "" : ", ";
    text += to_string(reason);
  }
  return text;
}

std::string guard_line(const Guard& guard) {
  return "guard " + escaped(guard.rule) + ": " + figures(guard) +
         (guard.refused ? ": refused" : ": ok");
}

void append_part(std::string& line, const std::string& part) {
  line += line.empty() ? "" : ", ";
  line += part;
}

void append_count(std::string& line, const char* word, std::uint64_t count) {
  if (count != 0) append_part(line, std::string(word) + " " + human_count(count));
}

}  // namespace

std::string action_line(const Action& action) {
  const Facts* const entry = subject(action);
  const bool is_directory = entry != nullptr && entry->type == FileType::kDirectory;
  const char* const slash = is_directory && !action.path.is_root() ? "/" : "";

  std::string line = action.phase == Phase::kFinish ? "finish" : to_string(action.op);
  line += " " + escaped(action.path.shown()) + slash;
  if (action.other) {
    line += (action.op == Op::kLink ? " to " : " from ") + escaped(action.other->shown()) + slash;
  }
  if (action.op == Op::kMetadata) return line + " (" + reason_list(action.reasons) + ")";
  if (entry != nullptr && entry->size) line += " " + human_bytes(*entry->size);
  if (entry != nullptr && entry->target) line += " -> " + escaped(*entry->target);
  return line;
}

std::string render(const Plan& plan, Colour colour) {
  std::string text;
  for (const Action& action : plan.actions) {
    text += painted(action_line(action), colour_of(action.op), colour);
  }
  if (plan.actions.empty()) text += "Nothing to do.\n";
  for (const Problem& problem : plan.problems) {
    const std::string line = std::string("problem in the ") + to_string(problem.side) + ": " +
                             escaped(problem.path.shown()) + ": " + escaped(problem.doing) + ": " +
                             errno_name(problem.error_number);
    text += painted(line, kRed, colour);
  }
  for (const Skipped& skipped : plan.skipped) {
    text += "skipped " + escaped(skipped.path.shown()) + " (" + escaped(skipped.reason) + ")\n";
  }
  for (const Guard& guard : plan.guards) {
    text += guard.refused ? painted(guard_line(guard), kRed, colour) : guard_line(guard) + "\n";
  }
  return text + summary_line(plan.summary) + "\n";
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

}  // namespace foldersync
