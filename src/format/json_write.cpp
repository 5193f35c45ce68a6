#include <exception>

#include "format/digest.h"
#include "format/growth.h"
#include "format/json.h"
#include "format/json_text.h"
#include "format/tables.h"

namespace foldersync {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{64} << 10U;

void append_action(std::string& out, const Action& action, std::uint64_t seq) {
  out += '{';
  append_count(out, "seq", seq);
  write_fields<ActionTable>(out, action);
  out += '}';
}

LaterUses uses_of(const Plan& plan) {
  LaterUses uses;
  for (const Action& action : plan.actions) uses.add(later_uses(action));
  return uses;
}
LaterUses uses_of(const StoredPlan& plan) { return plan.actions.later_uses(); }

// Gathers text and hands it to the sink in large pieces.
class Writer {
 public:
  // `uses`: of all its actions.
  Writer(const ByteSink& sink, LaterUses uses) : sink_(sink), uses_(uses) {
    out_.reserve(kFlushBytes + 4096);
  }

  // `actions`: calls what it is given for each action, in order.
  template <class Actions>
  Status write(const PlanHeader& plan, Actions actions) {
    write_header(plan);
    TRY(write_list("guards", plan.guards, write_object<GuardTable, Guard>));
    append_switch(out_, "complete", plan.complete());
    out_ += ",\n";
    TRY(write_list("problems", plan.problems, write_object<ProblemTable, Problem>));
    TRY(write_list("skipped", plan.skipped, write_object<SkippedTable, Skipped>));
    TRY(write_actions(actions));
    append_key(out_, "digest");
    out_ += '{';
    append_text(out_, "alg", kDigestAlgorithm);
    append_text(out_, "value",
                to_string(digest_.finish(plan, minor_, later_fields(plan, announced_))));
    out_ += "}}\n";
    return flush(0);
  }

 private:
  void write_header(const PlanHeader& plan) {
    announced_ = announcement_of(plan, uses_);
    minor_ = version_of(announced_, uses_);
    out_ += '{';
    write_line("format", kFormat);
    write_line("format_version", version_text(minor_));
    write_features("needs", announced_.needs);
    write_features("ignorable", announced_.ignorable);
    write_line("kind", to_string(plan.kind));
    append_key(out_, "tool");
    out_ += '{';
    append_text(out_, "name", kToolName);
    append_text(out_, "version", plan.tool_version);
    out_ += "},\n";
    write_line("plan_id", plan.plan_id);
    write_line("created", to_string(plan.created));
    write_object_line<RootTable>("source", plan.source);
    write_object_line<RootTable>("replica", plan.replica);
    write_object_line<OptionsTable>("options", plan.options);
    append_texts(out_, "phases", phase_words());
    out_ += ",\n";
    write_object_line<SummaryTable>("summary", plan.summary);
  }

  template <class Table, class Thing>
  void write_object_line(std::string_view key, const Thing& object) {
    kind::Object<Table>::write(out_, key, object);
    out_ += ",\n";
  }

  void write_line(std::string_view key, std::string_view text) {
    append_text(out_, key, text);
    out_ += ",\n";
  }

  void write_features(std::string_view key, const std::vector<std::string>& names) {
    if (names.empty()) return;
    append_texts(out_, key, names);
    out_ += ",\n";
  }

  // One record a line, the first beside its key.
  template <class Record>
  Status write_list(std::string_view key, const std::vector<Record>& records,
                    void (*append)(std::string&, const Record&)) {
    append_key(out_, key);
    out_ += '[';
    for (const Record& record : records) {
      if (&record != &records.front()) out_ += ",\n";
      append(out_, record);
      TRY(flush(kFlushBytes));
    }
    out_ += "],\n";
    return success();
  }

  template <class Actions>
  Status write_actions(Actions actions) {
    append_key(out_, "actions");
    out_ += '[';
    std::uint64_t count = 0;
    Status written = actions([&](const Action& action, std::uint64_t seq) {
      out_ += seq == 1 ? "\n" : ",\n";
      append_action(out_, action, seq);
      digest_.add(action, seq);
      count = seq;
      return flush(kFlushBytes);
    });
    out_ += count == 0 ? "],\n" : "\n],\n";
    return written;
  }

  // Hands over what has gathered where that is at least `enough` bytes.
  Status flush(std::size_t enough) {
    if (out_.size() < enough) return success();
    Status status = sink_(out_);
    out_.clear();
    return status;
  }

  const ByteSink& sink_;
  LaterUses uses_;
  Announcement announced_;
  std::uint32_t minor_ = 0;
  std::string out_;
  PlanDigest digest_;
};

}  // namespace

Status write_plan(const Plan& plan, const ByteSink& sink) try {
  return Writer(sink, uses_of(plan)).write(plan, [&](const auto& take) -> Status {
    std::uint64_t seq = 0;
    for (const Action& action : plan.actions) TRY(take(action, ++seq));
    return success();
  });
} catch (const std::exception& exception) {
  return system_error("write plan", 0, exception.what());
}

Status write_plan(const StoredPlan& plan, const ByteSink& sink) try {
  return Writer(sink, uses_of(plan)).write(plan, [&](const auto& take) {
    return for_each_action(plan.actions, take);
  });
} catch (const std::exception& exception) {
  return system_error("write plan", 0, exception.what());
}

std::string action_json(const Action& action, std::uint64_t seq) {
  std::string text;
  append_action(text, action, seq);
  return text;
}

}  // namespace foldersync
