#include "cli/unproven.h"

#include <algorithm>

#include "core/text.h"

namespace foldersync {
namespace {

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
         "killed, 'recover' there goes on from it; what nobody needs, 'sync recover --discard' "
         "removes";
}

}  // namespace

UnprovenTold tell_unproven(Log& log, Memory* memory, const Root& replica,
                           const std::vector<Unproven>& unproven) {
  const std::string key = "unproven " + to_base64(replica.identity);
  std::string known;
  if (memory != nullptr) {
    const auto fact = memory->fact(key);
    if (fact) known = fact->value_or("");
  }
  UnprovenTold told;
  std::string now;
  std::uint64_t bytes = 0;
  bool is_counted = true;
  for (const Unproven& one : unproven) {
    const std::string line = line_of(one);
    now += line;
    bytes += one.bytes;
    is_counted = is_counted && one.is_counted;
    if (("\n" + known).find("\n" + line) != std::string::npos) continue;
    told.is_news = true;
    log.warn(sentence_of(one));
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
