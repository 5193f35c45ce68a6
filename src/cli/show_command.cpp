#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/console/spool_file.h"
#include "cli/console/terminal.h"
#include "cli/options/plan_file.h"
#include "cli/values/folders.h"
#include "cli/walls/output.h"
#include "core/columns.h"
#include "core/text.h"
#include "show/render_diff.h"
#include "show/render_html.h"
#include "show/render_markdown.h"
#include "show/render_review.h"
#include "show/render_stat.h"
#include "show/render_tree.h"

namespace foldersync {
namespace {

// Where no terminal says how much it holds: nothing is cut in its width, and there is room enough.
constexpr Screen kNoScreen{100, kAnyWidth};

constexpr std::string_view kHint = "--list shows all";

Status put(const Result<std::string>& text, const ByteSink& sink) {
  return text ? sink(*text) : Status(text.error());
}

Status write_form(const ShowOptions& options, const StoredPlan& plan, const ByteSink& sink) {
  const Screen screen = screen_of(STDOUT_FILENO).value_or(kNoScreen);
  const Colour colour = colour_of(options.console);
  const ActionSource source = source_of(plan.actions);
  const ActionStream actions = stream_of(source);
  switch (options.form) {
    case ShowForm::kReview:
      return put(render_review(plan, source, screen, colour, kHint), sink);
    case ShowForm::kStat:
      return put(render_stat(plan, actions, screen.columns, colour), sink);
    case ShowForm::kTree:
      return render_tree(plan, source, screen.columns, colour, sink);
    case ShowForm::kMarkdown:
      return put(render_markdown(plan, source), sink);
    case ShowForm::kHtml:
      return render_html(plan, source, sink);
    case ShowForm::kList:
    case ShowForm::kDiff:
      break;
  }
  return render(plan, actions, colour, sink);
}

Result<ReadPlan> read(const std::string& name) {
  return read_plan_file(name, spooling_in(state_folder_of(std::nullopt)));
}

// Whether a file holds a plan. A pipe or a terminal is not read.
bool is_plan(const std::string& name) {
  struct stat status {};
  const bool is_file = ::stat(name.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  return is_file && read(name);
}

Result<ExitCode> show_difference(const ShowOptions& options, const StoredPlan& old_plan,
                                 const ByteSink& sink) {
  const ReadPlan newer = TRY(read(options.new_plan_file));
  const ActionStream old_actions = stream_of(old_plan.actions);
  const ActionStream new_actions = stream_of(newer.plan.actions);
  const auto difference = TRY(render_diff({old_plan, old_actions, escaped(options.plan_file)},
                                          {newer.plan, new_actions, escaped(options.new_plan_file)},
                                          colour_of(options.console), sink));
  return difference.any() ? ExitCode::kChangesPending : ExitCode::kDone;
}

}  // namespace

Result<ExitCode> execute(const ShowOptions& options) {
  // A pager that is left early, or a full disk, is an error like any other.
  for (const int number : {SIGPIPE, SIGXFSZ}) ::signal(number, SIG_IGN);
  if (options.plan_file == "-" && options.new_plan_file == "-") {
    return usage_error("show", "standard input holds one plan, not two");
  }
  const ReadPlan plan = TRY(read(options.plan_file));
  const bool to_file = options.output_file && *options.output_file != "-";
  // Somebody who gives --html two plans has no page in mind for the first one.
  if (to_file && is_plan(*options.output_file)) {
    return usage_error("show", "expected a file for the page behind --html, found the plan '" +
                                   escaped(*options.output_file) + "', which it would replace");
  }
  const auto output = TRY(Output::open(to_file ? *options.output_file : std::string()));
  const ByteSink sink = [&](std::string_view text) { return output->write(text); };
  ExitCode code = ExitCode::kDone;
  if (options.form == ShowForm::kDiff) {
    code = TRY(show_difference(options, plan.plan, sink));
  } else {
    TRY(write_form(options, plan.plan, sink));
  }
  TRY(output->finish());
  return code;
}

}  // namespace foldersync
