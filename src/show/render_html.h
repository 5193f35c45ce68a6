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

// The whole page: summary, rules, what could not be read, and a table of all actions. It loads
// nothing, holds no script, and forbids both to the browser. Light and dark as the reader has it;
// the boxes above the table, which hide rows by op, are not printed. A row is about 300 bytes.
// Errors: those of the stream and the sink.
Status render_html(const PlanHeader& plan, const ActionStream& actions, const ByteSink& sink);

}  // namespace foldersync
