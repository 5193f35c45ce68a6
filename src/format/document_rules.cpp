#include "format/document_rules.h"

#include <utility>

#include "format/tables.h"
#include "plan/room.h"

namespace foldersync {
namespace {

// The guards of a mirror are those of its options, and say what the document holds. Others are of
// later versions, or nobody's.
const char* check_guards(Draft& draft) {
  const PlanHeader& plan = draft.plan;
  std::set<std::string> others;
  for (std::size_t at = count_of_known(plan.guards); at < plan.guards.size(); ++at) {
    const std::string& rule = plan.guards[at].rule;
    if (is_known_rule(rule)) return "the guards are out of order, or one is there twice";
    if (!others.insert(rule).second) return "a guard is there twice";
    draft.unknown.insert("guards.rule=" + rule);
  }
  return broken_guards(plan, draft.guard_counts);
}

// What later versions brought is announced, and not in a document that says it is of the first.
const char* check_growth(Draft& draft, const LaterFields& later) {
  const std::string broken = broken_announcement(
      draft.announced, announcement_of(draft.plan, draft.later_uses), draft.unknown);
  if (!broken.empty()) return tell(draft, broken);
  if (draft.minor > 0) return nullptr;
  if (!later.empty()) {
    return tell(draft, "\"" + later.begin()->first + "\" is of a later version than 1.0");
  }
  if (!draft.unknown.empty()) {
    return tell(draft, "\"" + *draft.unknown.begin() + "\" is of a later version than 1.0");
  }
  return draft.later_uses.lone_id
             ? "an owner or a group without the other is of a later version than 1.0"
             : nullptr;
}

const char* check_kind(const Draft& draft) {
  const bool is_undo = draft.plan.kind == PlanKind::kUndo;
  if (is_undo && !draft.all_undo) return "an action of an undo lacks the reason \"undo\"";
  return !is_undo && draft.some_undo ? "only an undo has the reason \"undo\"" : nullptr;
}

// Whether header and actions tell the same.
[[maybe_unused]] const char* check_header(Draft& draft) {
  const PlanHeader& plan = draft.plan;
  Summary counted = draft.counted;
  counted.unchanged = plan.summary.unchanged;
  counted.problems = plan.problems.size();
  if (draft.extent == Extent::kWindow) {
    counted.bytes_to_write = plan.summary.bytes_to_write;
    counted.bytes_to_delete = plan.summary.bytes_to_delete;
  }
  if (counted != plan.summary) return "the summary doesn't count what the document holds";
  if (draft.extent == Extent::kWindow) return nullptr;
  if (const char* broken = check_kind(draft)) return broken;
  return check_guards(draft);
}

}  // namespace

const char* tell(Draft& draft, std::string why) {
  draft.why = std::move(why);
  return draft.why.c_str();
}

const char* not_kept(Draft& draft, Error error) {
  draft.error = std::move(error);
  return "the actions can't be kept";
}

const char* broken_document(Draft& draft) {
  const StoredPlan& plan = draft.plan;
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION  // no mutation would get these right
  if (const char* broken = check_header(draft)) return broken;
#endif
  if (draft.complete != plan.complete()) return "\"complete\" doesn't agree with \"problems\"";
  const auto broken = draft.sequence.broken_in_the_end(
      plan.problems, draft.extent == Extent::kWhole ? Across::kAll : Across::kOrigins);
  if (!broken) return not_kept(draft, broken.error());
  if (*broken != nullptr) return *broken;
  // Of a window the rest of the plan may say why.
  if (plan.options.delete_first && draft.extent == Extent::kWhole) {
    const auto may = may_go_first(plan.actions, plan.options.replica_limits.times);
    if (!may) return not_kept(draft, may.error());
    if (!*may) return "a deletion goes first that another action needs";
  }
  LaterFields later = later_fields(plan, draft.announced);
  later.merge(draft.later);
  if (const char* refused = check_growth(draft, later)) return refused;
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  if (to_string(draft.digest.finish(plan, draft.minor, later)) != draft.digest_value) {
    return "the digest doesn't agree with the document: it was edited or damaged";
  }
#endif
  return nullptr;
}

}  // namespace foldersync
