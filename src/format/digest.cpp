#include "format/digest.h"

#include <optional>

#include "format/growth.h"
#include "format/tables.h"

namespace foldersync {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{64} << 10U;

void put_facts(std::string& out, const std::optional<Facts>& facts) {
  bytes::put_flag(out, facts.has_value());
  if (facts) hash_fields<FactsTable>(out, *facts);
}

void put_path(std::string& out, const std::optional<RelPath>& path) {
  bytes::put_flag(out, path.has_value());
  if (path) kind::Path::hash(out, *path);
}

void put_reasons(std::string& out, ReasonSet reasons) {
  std::string words;
  std::uint64_t count = 0;
  for (const Reason reason : kReasons) {
    if (!reasons.has(reason)) continue;
    bytes::put_text(words, to_string(reason));
    ++count;
  }
  bytes::put_number(out, count);
  out += words;
}

void put_action(std::string& out, const Action& action, std::uint64_t seq) {
  const bool is_link = action.op == Op::kLink;
  bytes::put_number(out, seq);
  bytes::put_text(out, to_string(action.phase));
  bytes::put_text(out, to_string(action.op));
  kind::Path::hash(out, action.path);
  put_path(out, is_link ? std::nullopt : action.other);  // "from"
  put_path(out, is_link ? action.other : std::nullopt);  // "to"
  put_reasons(out, action.reasons);
  put_facts(out, action.before);
  put_facts(out, action.after);
}

template <class Table, class Thing>
void put_list(std::string& out, const std::vector<Thing>& things) {
  bytes::put_number(out, things.size());
  for (const Thing& thing : things) hash_fields<Table>(out, thing);
}

}  // namespace

void PlanDigest::add(const Action& action, std::uint64_t seq, const LaterFields& later) {
  put_action(buffer_, action, seq);
  put_later(buffer_, later);
  ++count_;
  has_lone_group_ = has_lone_group_ || has_lone_group(action);
  if (buffer_.size() < kFlushBytes) return;
  records_.update(std::string_view(buffer_));
  buffer_.clear();
}

Sha256 PlanDigest::finish(const PlanHeader& plan) {
  const Announcement announced = announcement_of(plan);
  return finish(plan, version_of(announced, has_lone_group_), later_fields(plan, announced));
}

Sha256 PlanDigest::finish(const PlanHeader& plan, std::uint32_t minor, const LaterFields& later) {
  records_.update(std::string_view(buffer_));
  const Sha256 records = records_.finish();

  std::string header;
  bytes::put_text(header, kFormat);
  bytes::put_text(header, version_text(minor));
  bytes::put_text(header, to_string(plan.kind));
  bytes::put_text(header, kToolName);
  bytes::put_text(header, plan.tool_version);
  bytes::put_text(header, plan.plan_id);
  bytes::put_time(header, plan.created);
  hash_fields<RootTable>(header, plan.source);
  hash_fields<RootTable>(header, plan.replica);
  hash_fields<OptionsTable>(header, plan.options);
  bytes::put_number(header, kPhases.size());
  for (const Phase phase : kPhases) bytes::put_text(header, to_string(phase));
  hash_fields<SummaryTable>(header, plan.summary);
  put_list<GuardTable>(header, plan.guards);
  bytes::put_flag(header, plan.complete());
  put_list<ProblemTable>(header, plan.problems);
  put_list<SkippedTable>(header, plan.skipped);
  bytes::put_number(header, count_);
  header.append(reinterpret_cast<const char*>(records.bytes.data()), records.bytes.size());
  put_later(header, later);

  Sha256Hasher whole;
  whole.update(std::string_view(header));
  return whole.finish();
}

}  // namespace foldersync
