// A plan as text for people: the lines of which all views are made, and the list of everything.
// Names are escaped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "format/json.h"
#include "plan/action_stream.h"
#include "plan/plan.h"
#include "show/caution.h"

namespace foldersync {

enum class Colour : std::uint8_t { kOff, kOn };

// What a text is about: what gives it its colour.
enum class Tone : std::uint8_t {
  kPlain,
  kCreate,
  kChange,
  kMove,
  kDelete,
  kCaution,
  kTrouble,
  kTitle
};
Tone tone_of(Op op);
Tone tone_of(const Action& action);  // kCaution where it is to be looked at twice
// `text` in the colour of its tone, or as it is.
std::string painted(std::string_view text, Tone tone, Colour colour);

// " from docs/old", " to docs/leader": the action's other path; empty where there is none.
std::string other_words(const Action& action);

// What is done, "create docs/new/a.txt 1.2 KiB".
std::string action_text(const Action& action);
// One line, without its end: that, and what is to be looked at twice (caution_text()).
std::string action_line(const Action& action);

// The line that says how many of them there are, "look twice: 2 set-id"; empty where there is none.
std::string caution_line(const CautionCounts& cautions, Colour colour);

// The words of the document: "size, mtime".
std::string reason_words(ReasonSet reasons);

// Whether the action does no more than date a directory, as after each change of its entries.
bool only_dates(const Action& action);

std::string guard_line(const Guard& guard);        // "guard max-delete: 1 of 9, limit 50%: ok"
std::string problem_line(const Problem& problem);  // "problem in the source: a/b: open: EACCES"
std::string skipped_line(const Skipped& skipped);  // "skipped lost+found (file-system-own)"

// "create 2, update 1, delete 2 (9 B), write 1.1 KiB, unchanged 40,211": only what is not zero.
std::string summary_line(const Summary& summary);
// The same of a plan, and what its replica's file system can't hold.
std::string plan_line(const PlanHeader& plan);

// How content was compared, at the end of a summary: ", all content read"; empty without
// --checksum.
std::string content_text(const PlanOptions& options);

// What is not mirrored for the sake of these: "owners, permission bits"; empty where all is.
std::string limits_text(const FileSystemLimits& limits);
// The same at the end of a summary: ", not mirrored there: owners".
std::string not_mirrored_text(const FileSystemLimits& limits);

// What differs from a plan without options: "--checksum", "rule '*.o'", one element each. Equal
// options have equal words, and others have other words.
std::vector<std::string> option_words(const PlanOptions& options);

// "2026-11-23 18:40:00 UTC", or in full where the year has no four digits.
std::string moment(FileTime time);

// The whole plan: a line for each action, then problems, what was skipped, guards, and the summary
// last. Says so where there is nothing to do, and how many are to be looked at twice. Errors: those
// of the stream and the sink.
Status render(const PlanHeader& plan, const ActionStream& actions, Colour colour,
              const ByteSink& sink);

}  // namespace foldersync
