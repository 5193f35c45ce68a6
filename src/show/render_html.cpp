#include "show/render_html.h"

#include <cstddef>
#include <cstdint>

#include "core/text.h"
#include "plan/guard.h"
#include "show/parts.h"

namespace foldersync {
namespace {

// Up to the title, which follows.
constexpr std::string_view kBegin = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>)";

constexpr std::string_view kStyle = R"(</title>
<style>
:root{color-scheme:light dark;--text:#1c2024;--faint:#5a636c;--line:#d5dae0;--back:#fff;--box:#f4f6f8;
--create:#11692f;--change:#835400;--move:#0b6478;--delete:#b3261e;
--caution:#8a1487}
@media screen and (prefers-color-scheme:dark){:root{--text:#e4e8ec;--faint:#9aa4ae;--line:#363d45;--back:#15191d;
--box:#1f252b;--create:#6fd08c;--change:#e5b454;--move:#63c8dd;--delete:#ff8a80;
--caution:#f0a0ee}}
body{margin:0 auto;padding:1.5rem;max-width:80rem;color:var(--text);background:var(--back);
font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.faint{color:var(--faint)}code,.path{font-family:ui-monospace,monospace;font-size:.92em}
.path,code{overflow-wrap:anywhere;unicode-bidi:isolate;white-space:pre-wrap}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:1rem 0}
dt{color:var(--faint)}dd{margin:0}
.counts{display:flex;flex-wrap:wrap;gap:.6rem;padding:0;list-style:none}
.counts li{background:var(--box);border:1px solid var(--line);border-radius:.4rem;
padding:.3rem .8rem}
.counts b{display:block;font-size:1.2rem;font-variant-numeric:tabular-nums}
.bad{color:var(--delete);border-left:.3rem solid;padding-left:.7rem;font-weight:600}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid var(--line)}
th{color:var(--faint);font-weight:600}thead{display:table-header-group}
.size{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.op{white-space:nowrap;font-weight:600}tr{break-inside:avoid}
.create .op,.create b{color:var(--create)}.move .op,.link .op,.move b,.link b{color:var(--move)}
.update .op,.replace .op,.metadata .op,.update b,.replace b,.metadata b{color:var(--change)}
.delete .op,.delete b{color:var(--delete)}
.list{list-style:none;padding:0;margin:.5rem 0}.list li{padding:.2rem 0 .2rem .6rem;
border-left:.25rem solid var(--line);border-bottom:1px solid var(--line)}
.list .create{border-left-color:var(--create)}.list .delete{border-left-color:var(--delete)}
.list .move{border-left-color:var(--move)}.list .update{border-left-color:var(--change)}
.list .caution{border-left-color:var(--caution);color:var(--caution);font-weight:600}
@media print{body{max-width:none;padding:0;font-size:10pt}}
</style>
</head>
<body>
)";

constexpr std::size_t kMostLines = 2000;     // of a list
constexpr std::size_t kMostBytes = 900'000;  // likewise: five of them are below 5 MB

// The words by which tiles are coloured, and what there are of each.
struct Kind {
  const char* word;
  std::uint64_t Summary::*count;
};
constexpr Kind kKinds[]{{"create", &Summary::create},   {"update", &Summary::update},
                        {"replace", &Summary::replace}, {"move", &Summary::move},
                        {"link", &Summary::link},       {"metadata", &Summary::metadata},
                        {"delete", &Summary::remove},   {"finish", &Summary::finish}};

std::string code(std::string_view text) { return "<code>" + html_text(text) + "</code>"; }

// `html` is used as it is.
std::string pair(const char* name, const std::string& html) {
  return std::string("<dt>") + name + "</dt><dd>" + html + "</dd>\n";
}

std::string bad(std::string_view text) { return "<p class=\"bad\">" + html_text(text) + "</p>\n"; }

std::string tile(const char* word, const std::string& figure) {
  return std::string("<li class=\"") + word + "\"><b>" + figure + "</b> " + word + "</li>\n";
}

std::string header_html(const PlanHeader& plan) {
  std::string html = "<h1>";
  html += plan.kind == PlanKind::kUndo ? "Undo " : "Plan ";
  html += code(plan.plan_id) + "</h1>\n<p class=\"faint\">" + html_text(moment(plan.created)) +
          ", by sync " + html_text(plan.tool_version) + "</p>\n";
  if (plan.refused()) html += bad("Denied: a rule forbids applying this.");
  if (!plan.complete()) {
    html += bad("Incomplete: not everything could be read; nothing there will be deleted.");
  }
  html +=
      "<dl>\n" + pair("source", code(plan.source.path)) + pair("replica", code(plan.replica.path));
  // The words are escaped already: a second time would double their backslashes.
  std::string options;
  for (const std::string& word : option_words(plan.options)) {
    options += options.empty() ? "" : "<br>";
    options += "<code>" + html_escaped(word) + "</code>";
  }
  if (!options.empty()) html += pair("options", options);
  return html + "</dl>\n";
}

std::string counts_html(const Summary& summary) {
  std::string html = "<ul class=\"counts\">\n";
  for (const Kind& kind : kKinds) {
    if (summary.*kind.count != 0) html += tile(kind.word, human_count(summary.*kind.count));
  }
  if (summary.bytes_to_write != 0) html += tile("write", human_bytes(summary.bytes_to_write));
  if (summary.bytes_to_delete != 0)
    html += tile("bytes deleted", human_bytes(summary.bytes_to_delete));
  html += tile("unchanged", human_count(summary.unchanged));
  return html + "</ul>\n";
}

std::string guards_html(const std::vector<Guard>& guards) {
  if (guards.empty()) return {};
  std::string html =
      "<h2>Rules of safety</h2>\n<table>\n<thead><tr><th>rule</th><th>found</th>"
      "<th>verdict</th></tr></thead>\n<tbody>\n";
  for (const Guard& guard : guards) {
    html += std::string(guard.refused ? "<tr class=\"delete\">" : "<tr>") + "<td>" +
            html_text(guard.rule) + "</td><td class=\"path\">" + html_escaped(figures(guard)) +
            "</td><td class=\"op\">" + (guard.refused ? "refused" : "ok") + "</td></tr>\n";
  }
  return html + "</tbody>\n</table>\n";
}

std::string left_out_html(std::uint64_t count) {
  if (count == 0) return {};
  return "<p class=\"bad\">" + human_count(count) +
         " more are left out of this page: <code>show --list</code> has all.</p>\n";
}

Status put_findings(const PlanHeader& plan, const ByteSink& sink) {
  const auto put_list = [&](const char* title, const auto& list, auto line) -> Status {
    if (list.empty()) return success();
    TRY(sink(std::string("<h2>") + title + "</h2>\n<ul>\n"));
    std::string html;
    std::size_t shown = 0;
    for (const auto& one : list) {
      const std::string row = "<li class=\"path\">" + html_escaped(line(one)) + "</li>\n";
      if (shown == kMostLines || html.size() + row.size() > kMostBytes / 2) break;
      html += row;
      ++shown;
    }
    return sink(html + "</ul>\n" + left_out_html(list.size() - shown));
  };
  Status put = put_list("What could not be read", plan.problems, problem_line);
  return put ? put_list("What was left alone", plan.skipped, skipped_line) : put;
}

std::string class_of(Tone tone) {
  switch (tone) {
    case Tone::kCreate:
      return "create";
    case Tone::kDelete:
      return "delete";
    case Tone::kMove:
      return "move";
    case Tone::kCaution:
      return "caution";
    default:
      return "update";
  }
}

std::string part_html(const Part& part) {
  if (part.count() == 0) return {};
  std::string html = "<h2>" + html_escaped(part.title()) + "</h2>\n<ul class=\"list\">\n";
  std::uint64_t left = part.entries();
  for (const PartLine& line : part.lines()) {
    const std::string row =
        "<li class=\"path " + class_of(line.tone) + "\">" + html_escaped(line.text) + "</li>\n";
    if (html.size() + row.size() > kMostBytes) break;
    html += row;
    left -= line.entries;
  }
  return html + "</ul>\n" + left_out_html(left);
}

}  // namespace

std::string html_text(std::string_view text) { return html_escaped(escaped(text)); }

std::string html_escaped(std::string_view text) {
  std::string html;
  html.reserve(text.size());
  for (const char byte : text) {
    if (byte == '&') {
      html += "&amp;";
    } else if (byte == '<') {
      html += "&lt;";
    } else if (byte == '>') {
      html += "&gt;";
    } else if (byte == '"') {
      html += "&quot;";
    } else if (byte == '\'') {
      html += "&#39;";
    } else {
      html += byte;
    }
  }
  return html;
}

Status render_html(const PlanHeader& plan, const ActionSource& actions, const ByteSink& sink) {
  const Parts parts = TRY(parts_of(actions, kMostLines));
  std::string head(kBegin);
  head += "Plan " + html_text(plan.plan_id);
  head += kStyle;
  head += header_html(plan) + counts_html(plan.summary) + guards_html(plan.guards);
  TRY(sink(head));
  TRY(put_findings(plan, sink));
  bool any = false;
  for (const Part& part : parts.all) {
    any = any || part.count() > 0;
    TRY(sink(part_html(part)));
  }
  if (!any) {
    TRY(sink(parts.dates ? "<p>Only times of directories change.</p>\n"
                         : "<p>Nothing to do.</p>\n"));
  }
  return sink("</body>\n</html>\n");
}

}  // namespace foldersync
