#include "cli/console/verify_text.h"

#include <array>

#include "core/text.h"
#include "format/json_text.h"

namespace foldersync {
namespace {

using Counts = std::array<std::uint64_t, kMismatches.size()>;

Counts counts_of(const Verified& verified) {
  Counts counts{};
  for (const VerifyFinding& finding : verified.findings) {
    ++counts[static_cast<std::size_t>(finding.what)];
  }
  return counts;
}

}  // namespace

std::string verify_line(const VerifyFinding& finding) {
  std::string line = to_string(finding.what);
  if (finding.sides != Sides::kBoth) line += " in the " + std::string(to_string(finding.sides));
  return line + ": " + escaped(finding.path.shown()) + " (" + escaped(finding.detail) + ")";
}

std::string verify_summary(const Verified& verified) {
  std::string line = human_count(verified.files) + (verified.files == 1 ? " file, " : " files, ") +
                     human_bytes(verified.bytes) + " read";
  if (verified.bytes_perhaps_of_memory > 0) {
    line += " (" + human_bytes(verified.bytes_perhaps_of_memory) + " of it perhaps from memory)";
  }
  if (verified.not_remembered > 0) {
    line += ", of " + human_count(verified.not_remembered) + " nothing was remembered";
  }
  const Counts counts = counts_of(verified);
  std::string found;
  for (const Mismatch what : kMismatches) {
    const std::uint64_t count = counts[static_cast<std::size_t>(what)];
    if (count == 0) continue;
    found += (found.empty() ? "" : ", ") + human_count(count) + " " + to_string(what);
  }
  line += ": " + (found.empty() ? "nothing differs" : found);
  if (!verified.is_stopped) return line;
  return (verified.next ? "stopped, --resume goes on: " : "stopped: ") + line;
}

std::string verify_start(const std::string& source, const std::string& replica) {
  std::string line = "{";
  append_text(line, "format", "sync.verify");
  append_text(line, "format_version", "1.0");
  append_bytes(line, "source", source);
  if (!replica.empty()) append_bytes(line, "replica", replica);
  return line + "}\n";
}

std::string verify_report_line(const VerifyFinding& finding) {
  std::string line = "{";
  append_path(line, "path", finding.path);
  append_text(line, "found", to_string(finding.what));
  append_text(line, "side", to_string(finding.sides));
  append_text(line, "detail", finding.detail);
  return line + "}\n";
}

std::string verify_end(const Verified& verified) {
  std::string line = "{";
  if (verified.is_stopped) append_switch(line, "stopped", true);
  append_count(line, "files", verified.files);
  append_count(line, "not_remembered", verified.not_remembered);
  append_count(line, "bytes", verified.bytes);
  append_count(line, "bytes_perhaps_of_memory", verified.bytes_perhaps_of_memory);
  const Counts counts = counts_of(verified);
  for (const Mismatch what : kMismatches) {
    append_count(line, to_string(what), counts[static_cast<std::size_t>(what)]);
  }
  return line + "}\n";
}

}  // namespace foldersync
