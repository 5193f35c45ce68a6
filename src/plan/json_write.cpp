#include <exception>

#include "core/text.h"
#include "plan/digest.h"
#include "plan/json.h"
#include "plan/json_text.h"

namespace foldersync {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{64} << 10U;

void append_mode(std::string& out, std::uint32_t mode) {
  append_key(out, "mode");
  out += '"';
  for (unsigned shift = 12; shift > 0;) {
    shift -= 3;
    out += static_cast<char>('0' + (mode >> shift & 7U));
  }
  out += '"';
}

void append_facts(std::string& out, std::string_view key, const std::optional<Facts>& facts) {
  append_key(out, key);
  if (!facts) {
    out += "null";
    return;
  }
  out += '{';
  append_text(out, "type", to_string(facts->type));
  if (facts->size) append_count(out, "size", *facts->size);
  if (facts->mtime) append_text(out, "mtime", to_string(*facts->mtime));
  if (facts->mode) append_mode(out, *facts->mode);
  if (facts->uid) append_count(out, "uid", *facts->uid);
  if (facts->gid) append_count(out, "gid", *facts->gid);
  if (facts->target) append_bytes(out, "target", *facts->target);
  if (facts->device) append_text(out, "device", device_text(*facts->device));
  if (facts->md5) append_text(out, "md5", to_string(*facts->md5));
  if (facts->links) append_count(out, "links", *facts->links);
  out += '}';
}

void append_action(std::string& out, const Action& action, std::uint64_t seq) {
  out += '{';
  append_count(out, "seq", seq);
  append_text(out, "phase", to_string(action.phase));
  append_text(out, "op", to_string(action.op));
  append_path(out, "path", action.path);
  if (action.other) append_path(out, action.op == Op::kLink ? "to" : "from", *action.other);
  append_key(out, "reason");
  out += '[';
  for (const Reason reason : kReasons) {
    if (!action.reasons.has(reason)) continue;
    if (out.back() != '[') out += ',';
    append_json_string(out, to_string(reason));
  }
  out += ']';
  append_facts(out, "before", action.before);
  append_facts(out, "after", action.after);
  out += '}';
}

void append_root(std::string& out, std::string_view key, const RootReference& root) {
  append_key(out, key);
  out += '{';
  append_bytes(out, "path", root.path);
  append_text(out, "identity", root.identity);
  out += '}';
}

// Strings, and objects where the bytes are not UTF-8.
void append_byte_strings(std::string& out, std::string_view key, std::string_view inner,
                         const std::vector<std::string>& values) {
  append_key(out, key);
  out += '[';
  for (const std::string& value : values) {
    if (out.back() != '[') out += ',';
    if (is_utf8(value)) {
      append_json_string(out, value);
      continue;
    }
    out += '{';
    append_bytes(out, inner, value);
    out += '}';
  }
  out += ']';
}

void append_time_or_null(std::string& out, std::string_view key, std::optional<FileTime> time) {
  append_key(out, key);
  if (time) {
    append_json_string(out, to_string(*time));
  } else {
    out += "null";
  }
}

void append_limit_or_null(std::string& out, std::string_view key, std::optional<Limit> limit) {
  append_key(out, key);
  if (limit) {
    append_json_string(out, to_string(*limit));
  } else {
    out += "null";
  }
}

void append_options(std::string& out, const PlanOptions& options) {
  append_key(out, "options");
  out += '{';
  append_switch(out, "checksum", options.checksum);
  append_switch(out, "pin", options.pin);
  append_switch(out, "xattrs", options.xattrs);
  append_switch(out, "delete", options.remove_extra);
  append_switch(out, "delete_excluded", options.delete_excluded);
  append_switch(out, "one_file_system", options.one_file_system);
  append_switch(out, "cross_mounts", options.cross_mounts);
  append_switch(out, "owners", options.owners);
  append_byte_strings(out, "rules", "rule", options.rules);
  append_byte_strings(out, "left_out", "path", options.left_out);
  append_limit_or_null(out, "max_delete", options.max_delete);
  append_limit_or_null(out, "max_update", options.max_update);
  append_byte_strings(out, "require", "path", options.require);
  const FileSystemLimits& limits = options.replica_limits;
  append_key(out, "replica_limits");
  out += '{';
  append_count(out, "granularity", limits.times.granularity);
  append_switch(out, "two_seconds", limits.times.two_seconds);
  append_time_or_null(out, "earliest", limits.times.earliest);
  append_time_or_null(out, "latest", limits.times.latest);
  append_switch(out, "owners", limits.holds_owners);
  append_switch(out, "modes", limits.holds_modes);
  append_switch(out, "xattrs", limits.holds_xattrs);
  out += "}}";
}

void append_summary(std::string& out, const Summary& summary) {
  append_key(out, "summary");
  out += '{';
  append_count(out, "create", summary.create);
  append_count(out, "update", summary.update);
  append_count(out, "replace", summary.replace);
  append_count(out, "move", summary.move);
  append_count(out, "link", summary.link);
  append_count(out, "delete", summary.remove);
  append_count(out, "metadata", summary.metadata);
  append_count(out, "finish", summary.finish);
  append_count(out, "bytes_to_write", summary.bytes_to_write);
  append_count(out, "bytes_to_delete", summary.bytes_to_delete);
  append_count(out, "unchanged", summary.unchanged);
  append_count(out, "problems", summary.problems);
  out += '}';
}

void append_guard(std::string& out, const Guard& guard) {
  out += '{';
  append_text(out, "rule", guard.rule);
  append_text(out, "limit", guard.limit);
  append_key(out, "value");
  out += '{';
  append_count(out, "count", guard.count);
  append_count(out, "of", guard.of);
  out += '}';
  append_text(out, "verdict", guard.refused ? "refused" : "ok");
  out += '}';
}

void append_problem(std::string& out, const Problem& problem) {
  out += '{';
  append_path(out, "path", problem.path);
  append_text(out, "side", to_string(problem.side));
  append_text(out, "errno", errno_name(problem.error_number));
  append_text(out, "doing", problem.doing);
  out += '}';
}

void append_skipped(std::string& out, const Skipped& skipped) {
  out += '{';
  append_path(out, "path", skipped.path);
  append_text(out, "reason", skipped.reason);
  out += '}';
}

// Gathers text and hands it to the sink in large pieces.
class Writer {
 public:
  explicit Writer(const ByteSink& sink) : sink_(sink) { out_.reserve(kFlushBytes + 4096); }

  // `actions`: calls what it is given for each action, in order.
  template <class Actions>
  Status write(const PlanHeader& plan, Actions actions) {
    write_header(plan);
    TRY(write_list("guards", plan.guards, append_guard));
    append_switch(out_, "complete", plan.complete());
    out_ += ",\n";
    TRY(write_list("problems", plan.problems, append_problem));
    TRY(write_list("skipped", plan.skipped, append_skipped));
    TRY(write_actions(actions));
    append_key(out_, "digest");
    out_ += '{';
    append_text(out_, "alg", kDigestAlgorithm);
    append_text(out_, "value", to_string(digest_.finish(plan)));
    out_ += "}}\n";
    return flush(0);
  }

 private:
  void write_header(const PlanHeader& plan) {
    out_ += '{';
    write_line("format", kFormat);
    write_line("format_version", kFormatVersion);
    write_line("kind", to_string(plan.kind));
    append_key(out_, "tool");
    out_ += '{';
    append_text(out_, "name", kToolName);
    append_text(out_, "version", plan.tool_version);
    out_ += "},\n";
    write_line("plan_id", plan.plan_id);
    write_line("created", to_string(plan.created));
    append_root(out_, "source", plan.source);
    out_ += ",\n";
    append_root(out_, "replica", plan.replica);
    out_ += ",\n";
    append_options(out_, plan.options);
    out_ += ",\n\"phases\":[";
    for (const Phase phase : kPhases) {
      if (out_.back() != '[') out_ += ',';
      append_json_string(out_, to_string(phase));
    }
    out_ += "],\n";
    append_summary(out_, plan.summary);
    out_ += ",\n";
  }

  void write_line(std::string_view key, std::string_view text) {
    append_text(out_, key, text);
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
  std::string out_;
  PlanDigest digest_;
};

}  // namespace

Status write_plan(const Plan& plan, const ByteSink& sink) try {
  return Writer(sink).write(plan, [&](const auto& take) -> Status {
    std::uint64_t seq = 0;
    for (const Action& action : plan.actions) {
      TRY(take(action, ++seq));
    }
    return success();
  });
} catch (const std::exception& exception) {
  return Error{ErrorCode::kSystem, "write plan", {}, 0, exception.what()};
}

Status write_plan(const StoredPlan& plan, const ByteSink& sink) try {
  return Writer(sink).write(plan,
                            [&](const auto& take) { return for_each_action(plan.actions, take); });
} catch (const std::exception& exception) {
  return Error{ErrorCode::kSystem, "write plan", {}, 0, exception.what()};
}

std::string action_json(const Action& action, std::uint64_t seq) {
  std::string text;
  append_action(text, action, seq);
  return text;
}

}  // namespace foldersync
