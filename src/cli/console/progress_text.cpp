#include "cli/console/progress_text.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "core/columns.h"
#include "core/text.h"

namespace foldersync {
namespace {

// What an action costs besides its bytes, in bytes: half of it when it is prepared, half when it is
// settled. About what a disk writes while a file is made on it.
constexpr std::uint64_t kHalfOfAction = 32 * 1024;
constexpr std::size_t kLeastPathColumns = 10;

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::ceil(std::min(seconds, 1e9)));
  const std::string rest = std::to_string(whole % 60);
  return std::to_string(whole / 60) + ":" + (rest.size() < 2 ? "0" : "") + rest;
}

std::uint64_t prepared(const Progressed& now) {
  return std::min(std::max(now.prepared, now.settled), now.total_actions);
}

int percent(double part, double whole) {
  return whole > 0 ? static_cast<int>(std::floor(std::clamp(part / whole, 0.0, 1.0) * 100)) : 0;
}

std::string rate_text(const Estimate& estimate) {
  return human_bytes(static_cast<std::uint64_t>(estimate.bytes_per_second())) + "/s";
}

std::string read_text(const Progressed& now) {
  return human_count(now.files_read) + (now.files_read == 1 ? " file, " : " files, ") +
         human_bytes(now.bytes_read) + " read";
}

// What is said before there is a plan, the most important first.
std::vector<std::string> comparing_parts(const Progressed& now, const Estimate& estimate) {
  if (now.entries == 0 && now.bytes_read > 0)
    return {"verifying: " + human_count(now.files_read) + " files",
            human_bytes(now.bytes_read) + " read", rate_text(estimate)};
  std::vector<std::string> parts{"comparing"};
  if (now.entries > 0) parts.push_back(human_count(now.entries) + " entries");
  if (now.bytes_read > 0) {
    parts.push_back(read_text(now));
    parts.push_back(rate_text(estimate));
  }
  return parts;
}

// How much of the file under way is copied, after its path.
std::string copied_text(const Progressed& now) {
  return ": " +
         std::to_string(percent(static_cast<double>(now.copied), static_cast<double>(now.size))) +
         " % of " + human_bytes(now.size);
}

std::string joined(const std::vector<std::string>& parts, std::size_t columns) {
  std::string line;
  for (const std::string& part : parts) {
    const std::string longer = line.empty() ? part : line + ", " + part;
    if (columns_of(longer) > columns) break;
    line = longer;
  }
  return line;
}

}  // namespace

Estimate::Point point_of(const Progressed& now, double seconds) {
  if (now.total_actions == 0) return {.seconds = seconds, .bytes = now.bytes_read};
  return {.seconds = seconds,
          .bytes = now.bytes,
          .done = std::min(now.bytes, now.total_bytes) +
                  kHalfOfAction * (prepared(now) + std::min(now.settled, now.total_actions)),
          .total = now.total_bytes + 2 * kHalfOfAction * now.total_actions};
}

int percent_of(const Progressed& now) {
  const Estimate::Point point = point_of(now, 0);
  return percent(static_cast<double>(point.done), static_cast<double>(point.total));
}

std::string progress_text(const Progressed& now, const Estimate& estimate) {
  if (now.total_actions == 0) return joined(comparing_parts(now, estimate), kAnyWidth);
  std::string text = human_count(prepared(now)) + " of " + human_count(now.total_actions) +
                     " actions, " + human_bytes(now.bytes) + " of " + human_bytes(now.total_bytes);
  if (!now.path.empty()) text += ", " + now.path + copied_text(now);
  text += ", " + rate_text(estimate);
  if (const auto left = estimate.guessed_seconds_left()) text += ", " + clock_text(*left) + " left";
  return text;
}

std::string progress_line(const Progressed& now, const Estimate& estimate, std::size_t columns) {
  if (now.total_actions == 0) return joined(comparing_parts(now, estimate), columns);
  std::vector<std::string> parts{std::to_string(percent_of(now)) + " %"};
  if (const auto left = estimate.seconds_left()) parts.push_back(clock_text(*left) + " left");
  if (now.total_bytes > 0) {
    parts.push_back(human_bytes(now.bytes) + " of " + human_bytes(now.total_bytes));
    parts.push_back(rate_text(estimate));
  }
  parts.push_back(human_count(prepared(now)) + " of " + human_count(now.total_actions) +
                  " actions");
  std::string line = joined(parts, columns);
  const std::string copied = copied_text(now);
  const std::size_t used = columns_of(line) + 2 + columns_of(copied);
  if (now.path.empty() || used + kLeastPathColumns > columns) return line;
  return line + ", " + cut_to(now.path, columns - used) + copied;
}

}  // namespace foldersync
