#include "format/digest.h"

#include "format/growth.h"
#include "format/tables.h"

namespace foldersync {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{64} << 10U;

template <class Table, class Thing>
void put_list(std::string& out, const std::vector<Thing>& things) {
  bytes::put_number(out, things.size());
  for (const Thing& thing : things) hash_fields<Table>(out, thing);
}

}  // namespace

std::vector<std::string_view> phase_words() {
  std::vector<std::string_view> words;
  for (const Phase phase : kPhases) words.emplace_back(to_string(phase));
  return words;
}

void PlanDigest::add(const Action& action, std::uint64_t seq, const LaterFields& later) {
  bytes::put_number(buffer_, seq);
  hash_fields<ActionTable>(buffer_, action);
  put_later(buffer_, later);
  ++count_;
  later_uses_.add(later_uses(action));
  if (buffer_.size() < kFlushBytes) return;
  records_.update(std::string_view(buffer_));
  buffer_.clear();
}

Sha256 PlanDigest::finish(const PlanHeader& plan) {
  const Announcement announced = announcement_of(plan, later_uses_);
  return finish(plan, version_of(announced, later_uses_), later_fields(plan, announced));
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
  bytes::put_texts(header, phase_words());
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
