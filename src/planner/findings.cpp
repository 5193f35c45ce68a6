#include "planner/findings.h"

#include <string>

namespace foldersync {

void note_first(std::optional<RelPath>& first, const std::optional<RelPath>& other) {
  if (other && (!first || *other < *first)) first = other;
}

RelPath path_of(const VisitedPair& pair, std::string_view name) {
  if (name == ".") return RelPath::from_bytes(pair.path);
  std::string bytes;
  bytes.reserve(pair.path.size() + 1 + name.size());
  if (!pair.path.empty()) bytes.append(pair.path).append("/");
  return RelPath(std::move(bytes.append(name)));
}

}  // namespace foldersync
