#include "plan/digest.h"

#include <sys/sysmacros.h>

#include <array>
#include <optional>

#include "plan/json.h"

namespace foldersync {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{64} << 10U;

// The parts of the byte form, each of them self-delimiting.
void put(std::string& out, std::uint64_t number) {
  std::array<char, 8> bytes{};
  for (std::size_t i = bytes.size(); i-- > 0; number >>= 8U) {
    bytes[i] = static_cast<char>(static_cast<unsigned char>(number));
  }
  out.append(bytes.data(), bytes.size());
}

void put(std::string& out, bool value) { out += value ? '\1' : '\0'; }

void put(std::string& out, std::string_view bytes) {
  put(out, static_cast<std::uint64_t>(bytes.size()));
  out += bytes;
}

void put(std::string& out, const char*) = delete;  // would become a bool

void put(std::string& out, FileTime time) {
  put(out, static_cast<std::uint64_t>(time.seconds));
  put(out, std::uint64_t{time.nanoseconds});
}

void put(std::string& out, const Md5& digest) {
  std::string_view bytes(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
  put(out, bytes);
}

void put(std::string& out, std::uint32_t number) { put(out, std::uint64_t{number}); }

void put(std::string& out, const RelPath& path) { put(out, std::string_view(path.shown())); }

void put(std::string& out, Limit limit) { put(out, std::string_view(to_string(limit))); }

void put_word(std::string& out, const char* word) { put(out, std::string_view(word)); }

void put(std::string& out, const Facts& facts);

template <class T>
void put(std::string& out, const std::optional<T>& value) {
  put(out, value.has_value());
  if (value) put(out, *value);
}

void put(std::string& out, const Facts& facts) {
  put_word(out, to_string(facts.type));
  put(out, facts.size);
  put(out, facts.mtime);
  put(out, facts.mode);
  put(out, facts.uid);
  put(out, facts.gid);
  put(out, facts.target);
  put(out, facts.device.has_value());
  if (facts.device) put(out, std::string_view(device_text(*facts.device)));
  put(out, facts.md5);
  put(out, facts.links);
}

void put(std::string& out, ReasonSet reasons) {
  std::string words;
  std::uint64_t count = 0;
  for (const Reason reason : kReasons) {
    if (!reasons.has(reason)) continue;
    put_word(words, to_string(reason));
    ++count;
  }
  put(out, count);
  out += words;
}

void put(std::string& out, const Action& action, std::uint64_t seq) {
  const bool is_link = action.op == Op::kLink;
  put(out, seq);
  put_word(out, to_string(action.phase));
  put_word(out, to_string(action.op));
  put(out, action.path);
  put(out, is_link ? std::nullopt : action.other);  // "from"
  put(out, is_link ? action.other : std::nullopt);  // "to"
  put(out, action.reasons);
  put(out, action.before);
  put(out, action.after);
}

void put(std::string& out, const RootReference& root) {
  put(out, std::string_view(root.path));
  put(out, std::string_view(root.identity));
}

void put(std::string& out, const std::vector<std::string>& texts) {
  put(out, static_cast<std::uint64_t>(texts.size()));
  for (const std::string& text : texts) put(out, std::string_view(text));
}

void put(std::string& out, const FileSystemLimits& limits) {
  put(out, limits.times.granularity);
  put(out, limits.times.two_seconds);
  put(out, limits.times.earliest);
  put(out, limits.times.latest);
  put(out, limits.holds_owners);
  put(out, limits.holds_modes);
  put(out, limits.holds_xattrs);
}

void put(std::string& out, const PlanOptions& options) {
  for (const bool value :
       {options.checksum, options.pin, options.xattrs, options.remove_extra,
        options.delete_excluded, options.one_file_system, options.cross_mounts, options.owners}) {
    put(out, value);
  }
  put(out, options.rules);
  put(out, options.left_out);
  put(out, options.max_delete);
  put(out, options.max_update);
  put(out, options.require);
  put(out, options.replica_limits);
}

void put(std::string& out, const Summary& summary) {
  for (const std::uint64_t value :
       {summary.create, summary.update, summary.replace, summary.move, summary.link, summary.remove,
        summary.metadata, summary.finish, summary.bytes_to_write, summary.bytes_to_delete,
        summary.unchanged, summary.problems}) {
    put(out, value);
  }
}

void put_findings(std::string& out, const PlanHeader& plan) {
  put(out, static_cast<std::uint64_t>(plan.guards.size()));
  for (const Guard& guard : plan.guards) {
    put(out, std::string_view(guard.rule));
    put(out, std::string_view(guard.limit));
    put(out, guard.count);
    put(out, guard.of);
    put(out, guard.refused);
  }
  put(out, plan.complete());
  put(out, static_cast<std::uint64_t>(plan.problems.size()));
  for (const Problem& problem : plan.problems) {
    put(out, problem.path);
    put_word(out, to_string(problem.side));
    put(out, std::string_view(errno_name(problem.error_number)));
    put(out, std::string_view(problem.doing));
  }
  put(out, static_cast<std::uint64_t>(plan.skipped.size()));
  for (const Skipped& skipped : plan.skipped) {
    put(out, skipped.path);
    put(out, std::string_view(skipped.reason));
  }
}

}  // namespace

void PlanDigest::add(const Action& action, std::uint64_t seq) {
  put(buffer_, action, seq);
  ++count_;
  if (buffer_.size() < kFlushBytes) return;
  records_.update(std::string_view(buffer_));
  buffer_.clear();
}

Sha256 PlanDigest::finish(const PlanHeader& plan) {
  records_.update(std::string_view(buffer_));
  const Sha256 records = records_.finish();

  std::string header;
  for (const std::string_view word :
       {kFormat, kFormatVersion, std::string_view(to_string(plan.kind)), kToolName}) {
    put(header, word);
  }
  put(header, std::string_view(plan.tool_version));
  put(header, std::string_view(plan.plan_id));
  put(header, plan.created);
  put(header, plan.source);
  put(header, plan.replica);
  put(header, plan.options);
  put(header, static_cast<std::uint64_t>(kPhases.size()));
  for (const Phase phase : kPhases) put_word(header, to_string(phase));
  put(header, plan.summary);
  put_findings(header, plan);
  put(header, count_);
  header.append(reinterpret_cast<const char*>(records.bytes.data()), records.bytes.size());

  Sha256Hasher whole;
  whole.update(std::string_view(header));
  return whole.finish();
}

std::string device_text(std::uint64_t device) {
  return std::to_string(gnu_dev_major(device)) + ":" + std::to_string(gnu_dev_minor(device));
}

}  // namespace foldersync
