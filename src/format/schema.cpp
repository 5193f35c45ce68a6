#include "format/schema.h"

#include "format/document_rules.h"
#include "format/shapes.h"

namespace foldersync {
namespace {

constexpr Presence kOptional = Presence::kOptional;
constexpr Presence kRequired = Presence::kRequired;

bool take_null(Draft&, Scalar& value) { return value.kind == Scalar::Kind::kNull; }

// An action, whose fields depend on each other more than a table could say.

Facts& facts_of(Draft& draft) { return draft.facts; }

const char* finish_facts(Draft& draft, std::optional<Facts>& into) {
  if (const char* broken = take_bytes_of<FactsTable>(draft, draft.facts)) return broken;
  into = std::exchange(draft.facts, {});
  return nullptr;
}

constexpr auto kFactsFields = keys<FactsTable, facts_of>();
constexpr ObjectShape kBefore{FactsTable::kTitle, kFactsFields,
                              [](Draft& draft) { return finish_facts(draft, draft.action.before); },
                              "actions.before"};
constexpr ObjectShape kAfter{FactsTable::kTitle, kFactsFields,
                             [](Draft& draft) { return finish_facts(draft, draft.action.after); },
                             "actions.after"};

constexpr ListShape kReasonList{
    "a reason after those before it in the list of reasons",
    [](Draft& draft, Scalar& value) { return take_reason(value, draft.action.reasons); }};

template <ByteFields Draft::*kMember>
bool take_text_of(Draft& draft, Scalar& value) {
  return take_text_part(draft.*kMember, value);
}
template <ByteFields Draft::*kMember>
bool take_base64_of(Draft& draft, Scalar& value) {
  return take_base64_part(draft.*kMember, value);
}

constexpr Field kActionFields[] = {
    {"seq", kRequired, "the number of this action, counted from 1",
     [](Draft& draft, Scalar& value) {
       return value.kind == Scalar::Kind::kCount && value.count == draft.plan.actions.size() + 1;
     }},
    {"phase", kRequired, "a phase",
     [](Draft& draft, Scalar& value) { return take_word(value, kPhases, draft.action.phase); }},
    {"op", kRequired, "an op",
     [](Draft& draft, Scalar& value) { return take_word(value, kOps, draft.action.op); }},
    {"path", kRequired, "a path", take_text_of<&Draft::path>},
    {"path_b64", kOptional, "base64", take_base64_of<&Draft::path>},
    {"from", kOptional, "a path", take_text_of<&Draft::from>},
    {"from_b64", kOptional, "base64", take_base64_of<&Draft::from>},
    {"to", kOptional, "a path", take_text_of<&Draft::to>},
    {"to_b64", kOptional, "base64", take_base64_of<&Draft::to>},
    {"reason", kRequired, "a list of reasons", nullptr, nullptr, &kReasonList},
    {"before", kRequired, "an entry or null", take_null, &kBefore},
    {"after", kRequired, "an entry or null", take_null, &kAfter},
};

const char* take_paths(Draft& draft, Action& action) {
  const ByteFields from = std::exchange(draft.from, {});
  const ByteFields to = std::exchange(draft.to, {});
  if (const char* broken = resolve(std::exchange(draft.path, {}), action.path)) return broken;
  const Other other_is = traits_of(action.op).other;
  const bool has_from = other_is == Other::kFrom || other_is == Other::kMayBeFrom;
  if ((from.text || from.base64) && !has_from) {
    return "only a move, a creation or an update has \"from\"";
  }
  if ((to.text || to.base64) && other_is != Other::kTo) return "only a link has \"to\"";
  for (const ByteFields& other : {from, to}) {
    if (!other.text && !other.base64) continue;
    if (const char* broken = resolve(other, action.other.emplace())) return broken;
  }
  return nullptr;
}

const char* finish_action(Draft& draft) {
  Action action = std::exchange(draft.action, {});
  if (const char* broken = take_paths(draft, action)) return broken;
  if (const char* broken = broken_rule(action)) return broken;
  const auto broken = draft.sequence.broken_by(action);
  if (!broken) return not_kept(draft, broken.error());
  if (*broken != nullptr) return *broken;
  ActionStore& actions = draft.plan.actions;
  draft.digest.add(action, actions.size() + 1, std::exchange(draft.later_of_action, {}));
  add_to_summary(action, draft.counted);
  draft.guard_counts.add(action);
  draft.later_uses.add(later_uses(action));
  const bool takes_back = action.reasons.has(Reason::kUndo);
  draft.all_undo = draft.all_undo && takes_back;
  draft.some_undo = draft.some_undo || takes_back;
  if (Status kept = actions.append(action); !kept) return not_kept(draft, kept.error());
  return nullptr;
}

constexpr ObjectShape kAction{"an action", kActionFields, finish_action, "actions"};
constexpr ListShape kActions{"an action", nullptr, &kAction};

// What has a table.

constexpr auto kProblemFields =
    keys<ProblemTable, +[](Draft& draft) -> Problem& { return draft.problem; }>();
constexpr ObjectShape kProblem{
    ProblemTable::kTitle, kProblemFields,
    [](Draft& draft) -> const char* {
      if (const char* broken = take_bytes_of<ProblemTable>(draft, draft.problem)) return broken;
      std::vector<Problem>& all = draft.plan.problems;
      if (!all.empty() && std::pair(draft.problem.path, draft.problem.side) <
                              std::pair(all.back().path, all.back().side)) {
        return "the problems are out of order";
      }
      all.push_back(std::exchange(draft.problem, {}));
      return nullptr;
    },
    "problems", [](const Draft& draft) -> std::uint64_t { return draft.plan.problems.size(); }};
constexpr ListShape kProblems{ProblemTable::kTitle, nullptr, &kProblem};

constexpr auto kSkippedFields =
    keys<SkippedTable, +[](Draft& draft) -> Skipped& { return draft.skipped; }>();
constexpr ObjectShape kSkipped{
    SkippedTable::kTitle, kSkippedFields,
    [](Draft& draft) -> const char* {
      if (const char* broken = take_bytes_of<SkippedTable>(draft, draft.skipped)) return broken;
      std::vector<Skipped>& all = draft.plan.skipped;
      if (!all.empty() && draft.skipped.path < all.back().path) {
        return "the skipped entries are out of order";
      }
      all.push_back(std::exchange(draft.skipped, {}));
      return nullptr;
    },
    "skipped", [](const Draft& draft) -> std::uint64_t { return draft.plan.skipped.size(); }};
constexpr ListShape kSkippedList{SkippedTable::kTitle, nullptr, &kSkipped};

constexpr auto kGuardFields =
    keys<GuardTable, +[](Draft& draft) -> Guard& { return draft.guard; }>();
constexpr ObjectShape kGuard{GuardTable::kTitle, kGuardFields,
                             [](Draft& draft) -> const char* {
                               draft.plan.guards.push_back(std::exchange(draft.guard, {}));
                               return nullptr;
                             },
                             "guards", place_of_guard};
constexpr ListShape kGuards{GuardTable::kTitle, nullptr, &kGuard};

template <RootReference PlanHeader::*kRoot>
RootReference& root_of(Draft& draft) {
  return draft.plan.*kRoot;
}
template <RootReference PlanHeader::*kRoot>
const char* finish_root(Draft& draft) {
  RootReference& root = draft.plan.*kRoot;
  if (const char* broken = take_bytes_of<RootTable>(draft, root)) return broken;
  if (!root.path.starts_with('/') || root.path.size() > kMaxPathBytes ||
      root.path.find('\0') != std::string::npos) {
    return "the path of a root is not absolute, too long or has a NUL";
  }
  return nullptr;
}
constexpr auto kSourceFields = keys<RootTable, root_of<&PlanHeader::source>>();
constexpr auto kReplicaFields = keys<RootTable, root_of<&PlanHeader::replica>>();
constexpr ObjectShape kSource{RootTable::kTitle, kSourceFields, finish_root<&PlanHeader::source>,
                              "source"};
constexpr ObjectShape kReplica{RootTable::kTitle, kReplicaFields, finish_root<&PlanHeader::replica>,
                               "replica"};

constexpr auto kOptionsFields =
    keys<OptionsTable, +[](Draft& draft) -> PlanOptions& { return draft.plan.options; }>();
constexpr ObjectShape kOptions{OptionsTable::kTitle, kOptionsFields, nullptr, "options"};

constexpr auto kSummaryFields =
    keys<SummaryTable, +[](Draft& draft) -> Summary& { return draft.plan.summary; }>();
constexpr ObjectShape kSummary{SummaryTable::kTitle, kSummaryFields, nullptr, "summary"};

// The header.

constexpr Field kToolFields[] = {
    {"name", kRequired, "\"sync\"",
     [](Draft&, Scalar& value) { return is_text(value, kToolName); }},
    {"version", kRequired, kind::Ascii::kExpected,
     [](Draft& draft, Scalar& value) { return take_ascii(value, draft.plan.tool_version); }},
};
constexpr ObjectShape kTool{"the tool", kToolFields, nullptr, "tool"};

constexpr Field kDigestFields[] = {
    {"alg", kRequired, "\"sha256\"",
     [](Draft&, Scalar& value) { return is_text(value, kDigestAlgorithm); }},
    {"value", kRequired, "64 lower-case hexadecimal digits",
     [](Draft& draft, Scalar& value) { return take_sha256(value, draft.digest_value); }},
};
constexpr ObjectShape kDigest{"the digest", kDigestFields};

constexpr ListShape kPhaseList{
    "the next phase",
    [](Draft& draft, Scalar& value) {
      return draft.phases < kPhases.size() && is_text(value, to_string(kPhases[draft.phases++]));
    },
    nullptr,
    [](Draft& draft) -> const char* {
      return draft.phases == kPhases.size() ? nullptr : "expected more phases";
    }};

bool take_feature(Scalar& value, std::vector<std::string>& names) {
  if (value.kind != Scalar::Kind::kText || !is_feature_name(value.text)) return false;
  constexpr std::size_t kMostFeatures = 1024;
  if (names.size() == kMostFeatures) return false;
  if (!names.empty() && names.back() >= value.text) return false;
  names.emplace_back(value.text);
  return true;
}

constexpr const char* kFeature = "the name of a feature, after those before it";
constexpr ListShape kNeeds{kFeature, [](Draft& draft, Scalar& value) {
                             if (!take_feature(value, draft.announced.needs)) return false;
                             const std::string& name = draft.announced.needs.back();
                             if (knows_feature(name)) return true;
                             tell(draft, "the plan needs \"" + name +
                                             "\", which this program does not know: apply it " +
                                             "with a newer one");
                             return false;
                           }};
constexpr ListShape kIgnorable{kFeature, [](Draft& draft, Scalar& value) {
                                 return take_feature(value, draft.announced.ignorable);
                               }};

bool take_minor_version(Draft& draft, Scalar& value) {
  const auto minor = value.kind == Scalar::Kind::kText ? parse_version(value.text) : std::nullopt;
  draft.minor = minor.value_or(0);
  return minor.has_value();
}

constexpr Field kDocumentFields[] = {
    {"format", kRequired, "\"sync.plan\"",
     [](Draft&, Scalar& value) { return is_text(value, kFormat); }},
    {"format_version", kRequired,
     "a version that begins with \"1.\", the only ones that this "
     "program reads,",
     take_minor_version},
    {"needs", kOptional, "a list of features", nullptr, nullptr, &kNeeds},
    {"ignorable", kOptional, "a list of features", nullptr, nullptr, &kIgnorable},
    {"kind", kRequired, "\"mirror\" or \"undo\"",
     [](Draft& draft, Scalar& value) { return take_word(value, kPlanKinds, draft.plan.kind); }},
    {"tool", kRequired, "an object", nullptr, &kTool},
    {"plan_id", kRequired, "a UUID of version 7",
     [](Draft& draft, Scalar& value) { return take_uuid(value, draft.plan.plan_id); }},
    {"created", kRequired, "a time",
     [](Draft& draft, Scalar& value) { return take_time(value, draft.plan.created); }},
    {"source", kRequired, "an object", nullptr, &kSource},
    {"replica", kRequired, "an object", nullptr, &kReplica},
    {"options", kRequired, "an object", nullptr, &kOptions},
    {"phases", kRequired, "a list of the phases", nullptr, nullptr, &kPhaseList},
    {"summary", kRequired, "an object", nullptr, &kSummary},
    {"guards", kRequired, "a list", nullptr, nullptr, &kGuards},
    {"complete", kRequired, "true or false",
     [](Draft& draft, Scalar& value) { return take_bool(value, draft.complete); }},
    {"problems", kRequired, "a list", nullptr, nullptr, &kProblems},
    {"skipped", kRequired, "a list", nullptr, nullptr, &kSkippedList},
    {"actions", kRequired, "a list", nullptr, nullptr, &kActions},
    {"digest", kRequired, "an object", nullptr, &kDigest},
};

}  // namespace

const char* resolve(ByteFields fields, std::string& bytes) {
  if (!fields.text) return "a base64 form is there without its text";
  if (!fields.base64) {
    bytes = std::move(*fields.text);
    return nullptr;
  }
  if (is_utf8(*fields.base64)) return "a base64 form is there although the bytes are UTF-8";
  if (utf8_rendering(*fields.base64) != *fields.text) {
    return "a text is not the rendering of its base64 form";
  }
  bytes = std::move(*fields.base64);
  return nullptr;
}

// "path" and "path_b64" as a path below a root, which is what both have to be in the end.
const char* resolve(ByteFields fields, RelPath& path) {
  std::string bytes;
  if (const char* broken = resolve(std::move(fields), bytes)) return broken;
  if (bytes.size() > kMaxPathBytes) return "a path is longer than 1 MiB";
  if (!RelPath::is_path(bytes)) return "a path is not in the one spelling of a relative path";
  path = bytes == "." ? RelPath() : RelPath(std::move(bytes));
  return nullptr;
}

bool take_text_part(ByteFields& fields, Scalar& value) {
  return take_bytes(value, fields.text.emplace());
}

bool take_base64_part(ByteFields& fields, Scalar& value) {
  return take_base64(value, fields.base64);
}

const ObjectShape& document_shape() {
  static constexpr ObjectShape kDocument{"a plan", kDocumentFields, broken_document, ""};
  return kDocument;
}

}  // namespace foldersync
