#include "cli/report_text.h"

#include <algorithm>
#include <cassert>

#include "format/errno_name.h"
#include "format/json_text.h"

namespace foldersync {
namespace {

constexpr std::array kAllOutcomes{Outcome::kOk,    Outcome::kAlready, Outcome::kStale,
                                  Outcome::kError, Outcome::kSkipped, Outcome::kRolledBack};
static_assert(kAllOutcomes.size() == kOutcomes);

void append_errno(std::string& out, int error_number) {
  if (error_number == 0) return append_null(out, "errno");
  append_text(out, "errno", errno_name(error_number));
}

void append_error(std::string& out, const std::optional<Error>& error) {
  if (!error) return append_null(out, "error");
  append_key(out, "error");
  out += '{';
  append_text(out, "doing", error->operation);
  append_errno(out, error->error_number);
  if (!error->path.empty()) append_bytes(out, "path", error->path);
  if (!error->detail.empty()) append_text(out, "detail", error->detail);
  out += '}';
}

[[maybe_unused]] bool is_known(std::string_view field) {
  return std::find(kDriftFields.begin(), kDriftFields.end(), field) != kDriftFields.end();
}

void append_drift(std::string& out, const Drift& drift) {
  assert(is_known(drift.difference.field));
  if (out.back() != '[') out += ',';
  out += '{';
  append_text(out, "side", to_string(drift.side));
  append_text(out, "field", drift.difference.field);
  append_bytes(out, "expected", drift.difference.expected);
  append_bytes(out, "found", drift.difference.found);
  out += '}';
}

void append_drifts(std::string& out, const std::vector<Drift>& drifts) {
  append_key(out, "drift");
  out += '[';
  for (const Side side : {Side::kSource, Side::kReplica}) {
    for (const Drift& drift : drifts) {
      if (drift.side == side) append_drift(out, drift);
    }
  }
  out += ']';
}

void append_root(std::string& out, std::string_view key, const std::string& path) {
  append_key(out, key);
  out += '{';
  append_bytes(out, "path", path);
  out += '}';
}

void append_options(std::string& out, const ReportSubject& subject) {
  append_key(out, "options");
  out += '{';
  append_switch(out, "atomic", subject.atomic);
  append_text(out, "durability", subject.durable ? "batch" : "none");
  append_switch(out, "dry_run", subject.dry_run);
  append_text(out, "stale", subject.refuse_stale ? "refuse" : "skip");
  out += '}';
}

std::string line(const char* event) {
  std::string out = "{";
  append_text(out, "event", event);
  return out;
}

std::string ended(std::string out) { return std::move(out += "}\n"); }

}  // namespace

std::string report_start(const ReportSubject& subject, const StoredPlan* plan, FileTime started) {
  std::string out = line("start");
  append_text(out, "format", kReportFormat);
  append_text(out, "format_version", kReportVersion);
  append_key(out, "tool");
  out += '{';
  append_text(out, "name", "sync");
  append_text(out, "version", FOLDERSYNC_VERSION);
  out += '}';
  append_text(out, "command", subject.command);
  append_text(out, "started", to_string(started));
  if (plan != nullptr) {
    append_text(out, "plan_id", plan->plan_id);
    append_text(out, "kind", to_string(plan->kind));
  } else {
    append_null(out, "plan_id");
    append_null(out, "kind");
  }
  if (subject.signed_by.empty()) {
    append_null(out, "signed_by");
  } else {
    append_text(out, "signed_by", subject.signed_by);
  }
  append_root(out, "source", subject.source);
  append_root(out, "replica", subject.replica);
  append_options(out, subject);
  append_count(out, "actions", plan != nullptr ? plan->actions.size() : 0);
  return ended(std::move(out));
}

std::string report_problem(const Problem& problem) {
  std::string out = line("problem");
  append_path(out, "path", problem.path);
  append_text(out, "side", to_string(problem.side));
  append_text(out, "errno", errno_name(problem.error_number));
  append_text(out, "doing", problem.doing);
  return ended(std::move(out));
}

std::string report_action(const ActionReport& report, std::uint64_t microseconds) {
  const Action& action = *report.action;
  std::string out = line("action");
  append_count(out, "seq", report.seq);
  append_text(out, "phase", to_string(action.phase));
  append_text(out, "op", to_string(action.op));
  append_path(out, "path", action.path);
  if (action.other) append_path(out, action.op == Op::kLink ? "to" : "from", *action.other);
  append_text(out, "outcome", to_string(report.outcome));
  append_switch(out, "grown", report.grown);
  append_count(out, "bytes", report.bytes);
  append_count(out, "microseconds", microseconds);
  append_error(out, report.error);
  append_drifts(out, report.drifts);
  return ended(std::move(out));
}

std::string report_summary(const ReportEnd& end, std::uint64_t microseconds) {
  std::string out = line("summary");
  append_key(out, "outcomes");
  out += '{';
  for (const Outcome outcome : kAllOutcomes) {
    append_count(out, to_string(outcome), end.outcomes[static_cast<std::size_t>(outcome)]);
  }
  out += '}';
  append_count(out, "bytes", end.bytes);
  append_count(out, "microseconds", microseconds);
  append_switch(out, "complete", end.complete);
  append_count(out, "problems", end.problems);
  append_count(out, "exit_code", static_cast<std::uint64_t>(end.exit_code));
  if (end.undo.empty()) {
    append_null(out, "undo");
  } else {
    append_bytes(out, "undo", end.undo);
  }
  append_error(out, end.error);
  return ended(std::move(out));
}

}  // namespace foldersync
