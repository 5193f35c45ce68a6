// A plan as one page for a browser.
#pragma once

#include <string>
#include <string_view>

#include "show/render.h"

namespace foldersync {

// `text`, any bytes, as HTML that shows it and does nothing else: escaped(), then html_escaped().
std::string html_text(std::string_view text);
// The characters that mean something to a browser as entities, in text and in quoted attributes.
std::string html_escaped(std::string_view text);

// The page: summary, rules, what could not be read, and the parts of the plan (parts.h), deletions
// first. Of each list it has at most 2,000 lines and 0.9 MB, the heaviest, and says how many are
// left out, so that the page of any plan is below 5 MB. It loads nothing, holds no script, and
// forbids both to the browser. Light and dark as the reader has it. Memory: the page. Errors: those
// of the source and the sink.
Status render_html(const PlanHeader& plan, const ActionSource& actions, const ByteSink& sink);

}  // namespace foldersync
