#include "cli/console/report_text.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "format/tables.h"

namespace foldersync {
namespace {

// What the lines hold.

struct Tool {
  std::string name = "sync";
  std::string version = FOLDERSYNC_VERSION;
};

struct StartLine : ReportSubject {
  std::string format{kReportFormat};
  std::string format_version{kReportVersion};
  Tool tool;
  FileTime started;
  std::optional<std::string> plan_id;
  std::optional<PlanKind> plan_kind;
  std::uint64_t actions = 0;
  bool delete_first = false;
};

struct ActionLine : ActionReport {
  std::uint64_t microseconds = 0;
};

struct SummaryLine : ReportEnd {
  std::uint64_t microseconds = 0;
};

// Kinds of value that a plan does not have.

template <FieldName kOn, FieldName kOff>
struct Either {
  static void write(std::string& out, std::string_view key, bool value) {
    append_text(out, key, value ? kOn.view() : kOff.view());
  }
};

// Absent where there is nothing to say.
template <class Kind>
struct UnlessEmpty {
  static void write(std::string& out, std::string_view key, const std::string& value) {
    if (!value.empty()) Kind::write(out, key, value);
  }
};

template <class Kind>
struct EmptyAsNull {
  static void write(std::string& out, std::string_view key, const std::string& value) {
    value.empty() ? append_null(out, key) : Kind::write(out, key, value);
  }
};

struct ErrnoOrNull {
  static void write(std::string& out, std::string_view key, int value) {
    value == 0 ? append_null(out, key) : kind::Errno::write(out, key, value);
  }
};

struct Number {
  template <class Value>
  static void write(std::string& out, std::string_view key, Value value) {
    append_count(out, key, static_cast<std::uint64_t>(value));
  }
};

struct CountsOfOutcomes {
  static void write(std::string& out, std::string_view key, const OutcomeCounts& counts) {
    append_key(out, key);
    out += '{';
    for (const Outcome outcome : kOutcomes) {
      append_count(out, to_string(outcome), counts[static_cast<std::size_t>(outcome)]);
    }
    out += '}';
  }
};

template <class Table>
struct ListOf {
  template <class Thing>
  static void write(std::string& out, std::string_view key, const std::vector<Thing>& things) {
    append_key(out, key);
    out += '[';
    for (const Thing& thing : things) {
      if (&thing != &things.front()) out += ',';
      write_object<Table>(out, thing);
    }
    out += ']';
  }
};

// The tables, which page and schema are held against by tests/checks/document_tables_test.py.

struct ReportToolTable : FieldTable<DocumentField<"name", At<&Tool::name>, kind::Ascii>,
                                    DocumentField<"version", At<&Tool::version>, kind::Ascii>> {};

struct ReportRootTable : FieldTable<DocumentField<"path", At<>, kind::Bytes>> {};

struct ReportOptionsTable
    : FieldTable<
          DocumentField<"atomic", At<&ReportSubject::atomic>, kind::Switch>,
          DocumentField<"durability", At<&ReportSubject::durable>, Either<"batch", "none">>,
          DocumentField<"dry_run", At<&ReportSubject::dry_run>, kind::Switch>,
          DocumentField<"stale", At<&ReportSubject::refuse_stale>, Either<"refuse", "skip">>> {};

struct StartTable
    : FieldTable<
          DocumentField<"format", At<&StartLine::format>, kind::Ascii>,
          DocumentField<"format_version", At<&StartLine::format_version>, kind::Ascii>,
          DocumentField<"tool", At<&StartLine::tool>, kind::Object<ReportToolTable>>,
          DocumentField<"command", At<&StartLine::command>, kind::Ascii>,
          DocumentField<"started", At<&StartLine::started>, kind::Time>,
          DocumentField<"plan_id", At<&StartLine::plan_id>, kind::OrNull<kind::Ascii>>,
          DocumentField<"kind", At<&StartLine::plan_kind>, kind::OrNull<kind::Word<kPlanKinds>>>,
          DocumentField<"signed_by", At<&StartLine::signed_by>, EmptyAsNull<kind::Ascii>>,
          DocumentField<"source", At<&StartLine::source>, kind::Object<ReportRootTable>>,
          DocumentField<"replica", At<&StartLine::replica>, kind::Object<ReportRootTable>>,
          DocumentField<"options", At<>, kind::Object<ReportOptionsTable>>,
          DocumentField<"actions", At<&StartLine::actions>, kind::Count>,
          DocumentField<"delete_first", At<&StartLine::delete_first>, kind::Switch,
                        Since::kIgnorable>> {};

struct NextPlanTable
    : FieldTable<DocumentField<"plan_id", At<&StartLine::plan_id>, kind::OrNull<kind::Ascii>>,
                 DocumentField<"actions", At<&StartLine::actions>, kind::Count>,
                 DocumentField<"delete_first", At<&StartLine::delete_first>, kind::Switch,
                               Since::kIgnorable>> {};

struct ErrorTable
    : FieldTable<DocumentField<"doing", At<&Error::operation>, kind::Ascii>,
                 DocumentField<"errno", At<&Error::error_number>, ErrnoOrNull>,
                 DocumentField<"path", At<&Error::path>, UnlessEmpty<kind::Bytes>>,
                 DocumentField<"detail", At<&Error::detail>, UnlessEmpty<kind::Ascii>>> {};
using ErrorOrNull = kind::OrNull<kind::Object<ErrorTable>>;

struct DriftTable
    : FieldTable<
          DocumentField<"side", At<&Drift::side>, kind::Word<kind::kSides>>,
          DocumentField<"field", At<&Drift::difference, &Difference::field>, kind::Ascii>,
          DocumentField<"expected", At<&Drift::difference, &Difference::expected>, kind::Bytes>,
          DocumentField<"found", At<&Drift::difference, &Difference::found>, kind::Bytes>> {};

struct ReportActionTable
    : FieldTable<
          DocumentField<"seq", At<&ActionLine::seq>, kind::Count>,
          DocumentField<"phase", At<&ActionLine::action, &Action::phase>, kind::Word<kPhases>>,
          DocumentField<"op", At<&ActionLine::action, &Action::op>, kind::Word<kOps>>,
          DocumentField<"path", At<&ActionLine::action, &Action::path>, kind::Path>,
          DocumentField<"from", At<&ActionLine::action>, kind::OtherPath<Other::kFrom>>,
          DocumentField<"to", At<&ActionLine::action>, kind::OtherPath<Other::kTo>>,
          DocumentField<"outcome", At<&ActionLine::outcome>, kind::Word<kOutcomes>>,
          DocumentField<"grown", At<&ActionLine::grown>, kind::Switch>,
          DocumentField<"bytes", At<&ActionLine::bytes>, kind::Count>,
          DocumentField<"microseconds", At<&ActionLine::microseconds>, kind::Count>,
          DocumentField<"error", At<&ActionLine::error>, ErrorOrNull>,
          DocumentField<"drift", At<&ActionLine::drifts>, ListOf<DriftTable>>> {};

struct ReportSummaryTable
    : FieldTable<DocumentField<"outcomes", At<&SummaryLine::outcomes>, CountsOfOutcomes>,
                 DocumentField<"bytes", At<&SummaryLine::bytes>, kind::Count>,
                 DocumentField<"microseconds", At<&SummaryLine::microseconds>, kind::Count>,
                 DocumentField<"complete", At<&SummaryLine::complete>, kind::Switch>,
                 DocumentField<"problems", At<&SummaryLine::problems>, kind::Count>,
                 DocumentField<"exit_code", At<&SummaryLine::exit_code>, Number>,
                 DocumentField<"undo", At<&SummaryLine::undo>, EmptyAsNull<kind::Bytes>>,
                 DocumentField<"error", At<&SummaryLine::error>, ErrorOrNull>> {};

template <class Table, class Thing>
std::string line(const char* event, const Thing& thing) {
  std::string out = "{";
  append_text(out, "event", event);
  write_fields<Table>(out, thing);
  return std::move(out += "}\n");
}

[[maybe_unused]] bool is_known(const Drift& drift) {
  return std::find(kDriftFields.begin(), kDriftFields.end(), drift.difference.field) !=
         kDriftFields.end();
}

}  // namespace

std::string report_start(const ReportSubject& subject, const StoredPlan* plan, FileTime started) {
  StartLine start;
  static_cast<ReportSubject&>(start) = subject;
  start.started = started;
  if (plan != nullptr) {
    start.plan_id = plan->plan_id;
    start.plan_kind = plan->kind;
    start.actions = plan->actions.size();
    start.delete_first = plan->options.delete_first;
  }
  return line<StartTable>("start", start);
}

std::string report_plan(const StoredPlan& plan) {
  StartLine next{};
  next.plan_id = plan.plan_id;
  next.actions = plan.actions.size();
  next.delete_first = plan.options.delete_first;
  return line<NextPlanTable>("plan", next);
}

std::string report_problem(const Problem& problem) {
  return line<ProblemTable>("problem", problem);
}

std::string report_action(const ActionReport& report, std::uint64_t microseconds) {
  ActionLine action{report, microseconds};
  assert(std::all_of(action.drifts.begin(), action.drifts.end(), is_known));
  std::stable_sort(action.drifts.begin(), action.drifts.end(),
                   [](const Drift& one, const Drift& other) { return one.side < other.side; });
  return line<ReportActionTable>("action", action);
}

std::string report_summary(const ReportEnd& end, std::uint64_t microseconds) {
  return line<ReportSummaryTable>("summary", SummaryLine{end, microseconds});
}

}  // namespace foldersync
