#include "cli/kept/unproven.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>

#include "cli/console/console.h"
#include "core/program_name.h"
#include "core/text.h"

namespace foldersync {
namespace {

// Who may write in the replica decides how many there are.
constexpr std::size_t kMostTold = 10;          // each with a sentence, in one run
constexpr std::size_t kMostRemembered = 1000;  // by name; of more, how many

std::set<std::string_view> lines_of(std::string_view text) {
  std::set<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.insert(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

std::string line_of(const Unproven& one) {
  return to_base64(one.path.bytes()) + " " + std::to_string(one.inode) + "\n";
}

std::string size_of(std::uint64_t bytes, bool is_counted) {
  return (is_counted ? "" : "more than ") + human_bytes(bytes);
}

std::string sentence_of(const Unproven& one) {
  return "'" + escaped(one.path.shown()) + "' in the replica (" +
         size_of(one.bytes, one.is_counted) +
         ") has the name of a staging folder, and was not made by a run that this state folder "
         "knows: it is kept as it is. Where a run on another machine or with another --state was "
         "killed, 'recover' there goes on from it; what nobody needs, " +
         our_command("recover --discard") + " removes";
}

}  // namespace

bool tell_stuck(Log& log, const std::vector<Error>& stuck) {
  for (const Error& error : stuck) {
    log.error("what a killed run left could not be removed: " + describe(error));
  }
  return !stuck.empty();
}

UnprovenTold tell_unproven(Log& log, Memory* memory, const Root& replica,
                           const std::vector<Unproven>& unproven) {
  const std::string key = "unproven " + to_base64(replica.identity);
  std::string known;
  if (memory != nullptr) {
    const auto fact = memory->fact(key);
    if (fact) known = fact->value_or("");
  }
  const std::set<std::string_view> lines = lines_of(known);
  UnprovenTold told;
  std::string now;
  std::uint64_t bytes = 0;
  std::uint64_t news = 0;
  bool is_counted = true;
  for (std::size_t at = 0; at < unproven.size(); ++at) {
    const Unproven& one = unproven[at];
    bytes += one.bytes;
    is_counted = is_counted && one.is_counted;
    const bool is_rest = at >= kMostRemembered;
    if (is_rest && at + 1 < unproven.size()) continue;
    const std::string line = is_rest ? std::to_string(unproven.size()) + " in all\n" : line_of(one);
    now += line;
    if (!lines.contains(line) && ++news <= kMostTold) log.warn(sentence_of(one));
  }
  told.is_news = news > 0;
  if (news > kMostTold) {
    log.warn("and " + human_count(news - kMostTold) + " more of that kind in the replica");
  }
  if (memory != nullptr && now != known) memory->set_fact(key, now);
  if (unproven.empty()) return told;
  const std::string first = "'" + escaped(unproven.front().path.shown()) + "'";
  told.summary =
      ", kept " + first +
      (unproven.size() == 1 ? "" : " and " + human_count(unproven.size() - 1) + " more") + " (" +
      size_of(bytes, is_counted) + ", not known to be ours)";
  return told;
}

}  // namespace foldersync
