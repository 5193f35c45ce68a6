#include "plan/document_schema.h"

#include <array>
#include <utility>

#include "plan/document_values.h"

namespace foldersync {
namespace {

constexpr Presence kOptional = Presence::kOptional;
constexpr Presence kRequired = Presence::kRequired;

// "path" and "path_b64" as a path below a root, which is what both have to be in the end.
const char* take_path(ByteFields& fields, RelPath& path) {
  std::string bytes;
  if (const char* broken = resolve(fields, bytes)) return broken;
  if (bytes.size() > kMaxPathBytes) return "a path is longer than 1 MiB";
  if (!RelPath::is_path(bytes)) return "a path is not in the one spelling of a relative path";
  path = bytes == "." ? RelPath() : RelPath(std::move(bytes));
  return nullptr;
}

// An optional `from` or `to`; it is there where `text` is.
bool take_other(std::optional<ByteFields>& fields, Scalar& value, bool is_base64) {
  if (!fields) fields.emplace();
  return is_base64 ? take_base64(value, fields->base64) : take_bytes(value, fields->text);
}

// Facts of plan/action.h, both `before` and `after`.
constexpr Field kFactsFields[] = {
    {"type", kRequired, "a type of entry",
     [](Draft& draft, Scalar& value) { return take_type(value, draft.facts.type); }},
    {"size", kOptional, "a size in bytes",
     [](Draft& draft, Scalar& value) { return take_large(value, draft.facts.size.emplace()); }},
    {"mtime", kOptional, "a time",
     [](Draft& draft, Scalar& value) { return take_time(value, draft.facts.mtime.emplace()); }},
    {"mode", kOptional, "a mode of four octal digits",
     [](Draft& draft, Scalar& value) { return take_mode(value, draft.facts.mode.emplace()); }},
    {"uid", kOptional, "a user id",
     [](Draft& draft, Scalar& value) { return take_small(value, draft.facts.uid.emplace()); }},
    {"gid", kOptional, "a group id",
     [](Draft& draft, Scalar& value) { return take_small(value, draft.facts.gid.emplace()); }},
    {"target", kOptional, "the target of a symlink",
     [](Draft& draft, Scalar& value) {
       return draft.facts.target.emplace(), take_bytes(value, draft.target.text);
     }},
    {"target_b64", kOptional, "base64",
     [](Draft& draft, Scalar& value) { return take_base64(value, draft.target.base64); }},
    {"device", kOptional, "a device number, MAJOR:MINOR",
     [](Draft& draft, Scalar& value) { return take_device(value, draft.facts.device.emplace()); }},
    {"md5", kOptional, "32 lower-case hexadecimal digits",
     [](Draft& draft, Scalar& value) { return take_md5(value, draft.facts.md5.emplace()); }},
    {"links", kOptional, "a number of links",
     [](Draft& draft, Scalar& value) { return take_small(value, draft.facts.links.emplace()); }},
};

const char* finish_facts(Draft& draft, std::optional<Facts>& into) {
  ByteFields target = std::exchange(draft.target, {});
  if (target.base64 && !draft.facts.target) return "\"target_b64\" is there without \"target\"";
  if (draft.facts.target) {
    if (const char* broken = resolve(target, *draft.facts.target)) return broken;
  }
  into = std::exchange(draft.facts, {});
  return nullptr;
}

constexpr ObjectShape kBefore{"an entry", kFactsFields, [](Draft& draft) {
                                return finish_facts(draft, draft.action.before);
                              }};
constexpr ObjectShape kAfter{"an entry", kFactsFields,
                             [](Draft& draft) { return finish_facts(draft, draft.action.after); }};

constexpr ListShape kReasonList{
    "a reason after those before it in the list of reasons",
    [](Draft& draft, Scalar& value) { return take_reason(value, draft.action.reasons); }};

constexpr Field kActionFields[] = {
    {"seq", kRequired, "the number of this action, counted from 1",
     [](Draft& draft, Scalar& value) {
       return value.kind == Scalar::Kind::kCount && value.count == draft.plan.actions.size() + 1;
     }},
    {"phase", kRequired, "a phase",
     [](Draft& draft, Scalar& value) { return take_word(value, kPhases, draft.action.phase); }},
    {"op", kRequired, "an op",
     [](Draft& draft, Scalar& value) { return take_word(value, kOps, draft.action.op); }},
    {"path", kRequired, "a path",
     [](Draft& draft, Scalar& value) { return take_bytes(value, draft.path.text); }},
    {"path_b64", kOptional, "base64",
     [](Draft& draft, Scalar& value) { return take_base64(value, draft.path.base64); }},
    {"from", kOptional, "a path",
     [](Draft& draft, Scalar& value) { return take_other(draft.from, value, false); }},
    {"from_b64", kOptional, "base64",
     [](Draft& draft, Scalar& value) { return take_other(draft.from, value, true); }},
    {"to", kOptional, "a path",
     [](Draft& draft, Scalar& value) { return take_other(draft.to, value, false); }},
    {"to_b64", kOptional, "base64",
     [](Draft& draft, Scalar& value) { return take_other(draft.to, value, true); }},
    {"reason", kRequired, "a list of reasons", nullptr, nullptr, &kReasonList},
    {"before", kRequired, "an entry or null", take_null, &kBefore},
    {"after", kRequired, "an entry or null", take_null, &kAfter},
};

constexpr const char* kNotKept = "the actions can't be kept";

const char* finish_action(Draft& draft) {
  Action action = std::exchange(draft.action, {});
  ByteFields path = std::exchange(draft.path, {});
  auto from = std::exchange(draft.from, std::nullopt);
  auto to = std::exchange(draft.to, std::nullopt);
  if (const char* broken = take_path(path, action.path)) return broken;
  const bool has_from =
      action.op == Op::kMove || action.op == Op::kCreate || action.op == Op::kUpdate;
  if (from && !has_from) return "only a move, a creation or an update has \"from\"";
  if (to && action.op != Op::kLink) return "only a link has \"to\"";
  for (auto* other : {&from, &to}) {
    if (!*other) continue;
    if (const char* broken = take_path(**other, action.other.emplace())) return broken;
  }
  if (const char* broken = broken_rule(action)) return broken;
  const auto broken = draft.sequence.broken_by(action);
  if (!broken) return draft.error = broken.error(), kNotKept;
  if (*broken != nullptr) return *broken;
  ActionStore& actions = draft.plan.actions;
  draft.digest.add(action, actions.size() + 1);
  count(action, draft.counted);
  if (Status kept = actions.append(action); !kept) return draft.error = kept.error(), kNotKept;
  return nullptr;
}

constexpr ObjectShape kAction{"an action", kActionFields, finish_action};
constexpr ListShape kActions{"an action", nullptr, &kAction};

constexpr Field kProblemFields[] = {
    {"path", kRequired, "a path",
     [](Draft& draft, Scalar& value) { return take_bytes(value, draft.path.text); }},
    {"path_b64", kOptional, "base64",
     [](Draft& draft, Scalar& value) { return take_base64(value, draft.path.base64); }},
    {"side", kRequired, "\"source\" or \"replica\"",
     [](Draft& draft, Scalar& value) {
       return take_word(value, std::array{Side::kSource, Side::kReplica}, draft.problem.side);
     }},
    {"errno", kRequired, "the name of an error",
     [](Draft& draft, Scalar& value) { return take_errno(value, draft.problem.error_number); }},
    {"doing", kRequired, "printable ASCII of at most 255 bytes",
     [](Draft& draft, Scalar& value) { return take_ascii(value, draft.problem.doing); }},
};

constexpr ObjectShape kProblem{
    "a problem", kProblemFields, [](Draft& draft) -> const char* {
      ByteFields path = std::exchange(draft.path, {});
      if (const char* broken = take_path(path, draft.problem.path)) return broken;
      std::vector<Problem>& all = draft.plan.problems;
      if (!all.empty() && std::pair(draft.problem.path, draft.problem.side) <
                              std::pair(all.back().path, all.back().side)) {
        return "the problems are out of order";
      }
      all.push_back(std::exchange(draft.problem, {}));
      return nullptr;
    }};
constexpr ListShape kProblems{"a problem", nullptr, &kProblem};

constexpr Field kSkippedFields[] = {
    {"path", kRequired, "a path",
     [](Draft& draft, Scalar& value) { return take_bytes(value, draft.path.text); }},
    {"path_b64", kOptional, "base64",
     [](Draft& draft, Scalar& value) { return take_base64(value, draft.path.base64); }},
    {"reason", kRequired, "printable ASCII of at most 255 bytes",
     [](Draft& draft, Scalar& value) { return take_ascii(value, draft.skipped.reason); }},
};

constexpr ObjectShape kSkipped{"a skipped entry", kSkippedFields, [](Draft& draft) -> const char* {
                                 ByteFields path = std::exchange(draft.path, {});
                                 if (const char* broken = take_path(path, draft.skipped.path)) {
                                   return broken;
                                 }
                                 std::vector<Skipped>& all = draft.plan.skipped;
                                 if (!all.empty() && draft.skipped.path < all.back().path) {
                                   return "the skipped entries are out of order";
                                 }
                                 all.push_back(std::exchange(draft.skipped, {}));
                                 return nullptr;
                               }};
constexpr ListShape kSkippedList{"a skipped entry", nullptr, &kSkipped};

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

const char* finish_document(Draft& draft) {
  const PlanHeader& plan = draft.plan;
  Summary counted = draft.counted;
  counted.bytes_to_write = plan.summary.bytes_to_write;
  counted.bytes_to_delete = plan.summary.bytes_to_delete;
  counted.unchanged = plan.summary.unchanged;
  counted.problems = plan.problems.size();
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION  // no mutation would get these right
  if (counted != plan.summary) return "the summary doesn't count what the document holds";
#endif
  if (draft.complete != plan.complete()) return "\"complete\" doesn't agree with \"problems\"";
  const auto broken = draft.sequence.broken_in_the_end();
  if (!broken) return draft.error = broken.error(), kNotKept;
  if (*broken != nullptr) return *broken;
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  if (to_string(draft.digest.finish(plan)) != draft.digest_value) {
    return "the digest doesn't agree with the document: it was edited or damaged";
  }
#endif
  return nullptr;
}

constexpr Field kDocumentFields[] = {
    {"format", kRequired, "\"sync.plan\"",
     [](Draft&, Scalar& value) { return is_text(value, kFormat); }},
    {"format_version", kRequired, "version \"1.0\", the only one that this program reads,",
     [](Draft&, Scalar& value) { return is_text(value, kFormatVersion); }},
    {"kind", kRequired, "\"mirror\" or \"undo\"",
     [](Draft& draft, Scalar& value) { return take_word(value, kPlanKinds, draft.plan.kind); }},
    {"tool", kRequired, "an object", nullptr, &kToolShape},
    {"plan_id", kRequired, "a UUID of version 7",
     [](Draft& draft, Scalar& value) { return take_uuid(value, draft.plan.plan_id); }},
    {"created", kRequired, "a time",
     [](Draft& draft, Scalar& value) { return take_time(value, draft.plan.created); }},
    {"source", kRequired, "an object", nullptr, &kSourceShape},
    {"replica", kRequired, "an object", nullptr, &kReplicaShape},
    {"options", kRequired, "an object", nullptr, &kOptionsShape},
    {"phases", kRequired, "a list of the phases", nullptr, nullptr, &kPhaseList},
    {"summary", kRequired, "an object", nullptr, &kSummaryShape},
    {"guards", kRequired, "a list", nullptr, nullptr, &kGuardsShape},
    {"complete", kRequired, "true or false",
     [](Draft& draft, Scalar& value) { return take_bool(value, draft.complete); }},
    {"problems", kRequired, "a list", nullptr, nullptr, &kProblems},
    {"skipped", kRequired, "a list", nullptr, nullptr, &kSkippedList},
    {"actions", kRequired, "a list", nullptr, nullptr, &kActions},
    {"digest", kRequired, "an object", nullptr, &kDigest},
};

}  // namespace

const ObjectShape& document_shape() {
  static constexpr ObjectShape kDocument{"a plan", kDocumentFields, finish_document};
  return kDocument;
}

}  // namespace foldersync
