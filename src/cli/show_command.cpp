#include "cli/show_command.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "cli/cycle.h"
#include "cli/output.h"
#include "cli/plan_file.h"
#include "cli/session.h"
#include "cli/spool_file.h"
#include "core/columns.h"
#include "core/text.h"
#include "show/render_diff.h"
#include "show/render_html.h"
#include "show/render_review.h"
#include "show/render_stat.h"
#include "show/render_tree.h"

namespace foldersync {
namespace {

// Where no terminal says how much it holds: nothing is cut in its width, and there is room enough.
constexpr Screen kNoScreen{100, kAnyWidth};

constexpr std::string_view kHint = "--list shows all";

Colour colour_of(const Settings& settings) {
  return wants_colour(settings) ? Colour::kOn : Colour::kOff;
}

Status put(const Result<std::string>& text, const ByteSink& sink) {
  return text ? sink(*text) : Status(text.error());
}

Status write_form(const Settings& settings, const StoredPlan& plan, const ByteSink& sink) {
  const Screen screen = screen_of(STDOUT_FILENO).value_or(kNoScreen);
  const Colour colour = colour_of(settings);
  const ActionStream actions = stream_of(plan.actions);
  switch (settings.form) {
    case ShowForm::kReview:
      return put(render_review(plan, actions, screen, colour, kHint), sink);
    case ShowForm::kStat:
      return put(render_stat(plan, actions, screen.columns, colour), sink);
    case ShowForm::kTree:
      return render_tree(plan, actions, screen.columns, colour, sink);
    case ShowForm::kHtml:
      return render_html(plan, actions, sink);
    case ShowForm::kList:
    case ShowForm::kDiff:
      break;
  }
  return render(plan, actions, colour, sink);
}

ExitCode fail(const Error& error) {
  std::fprintf(stderr, "sync: %s\n", describe(error).c_str());
  return exit_code_of(error);
}

ExitCode show_difference(const Settings& settings, const StoredPlan& old_plan,
                         const ByteSink& sink) {
  const auto read = read_plan_file(settings.new_plan_file, spooling_in(state_folder_of(settings)));
  if (!read) return fail(read.error());
  const ActionStream old_actions = stream_of(old_plan.actions);
  const ActionStream new_actions = stream_of(read->plan.actions);
  const auto difference = render_diff({old_plan, old_actions, escaped(settings.plan_file)},
                                      {read->plan, new_actions, escaped(settings.new_plan_file)},
                                      colour_of(settings), sink);
  if (!difference) return fail(difference.error());
  return difference->any() ? ExitCode::kChangesPending : ExitCode::kDone;
}

}  // namespace

ExitCode show_command(const Settings& settings) {
  // A pager that is left early, or a full disk, is an error like any other.
  for (const int number : {SIGPIPE, SIGXFSZ}) ::signal(number, SIG_IGN);
  if (settings.plan_file == "-" && settings.new_plan_file == "-") {
    return fail(Error{ErrorCode::kUsage, "show", {}, 0, "standard input holds one plan, not two"});
  }
  const auto read = read_plan_file(settings.plan_file, spooling_in(state_folder_of(settings)));
  if (!read) return fail(read.error());
  const bool to_file = settings.output_file && *settings.output_file != "-";
  auto output = Output::open(to_file ? *settings.output_file : std::string());
  if (!output) return fail(output.error());
  const ByteSink sink = [&](std::string_view text) { return (*output)->write(text); };
  ExitCode code = ExitCode::kDone;
  if (settings.form == ShowForm::kDiff) {
    code = show_difference(settings, read->plan, sink);
    if (code != ExitCode::kDone && code != ExitCode::kChangesPending) return code;
  } else if (Status written = write_form(settings, read->plan, sink); !written) {
    return fail(written.error());
  }
  if (Status finished = (*output)->finish(); !finished) return fail(finished.error());
  return code;
}

}  // namespace foldersync
