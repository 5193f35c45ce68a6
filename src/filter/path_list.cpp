#include "filter/path_list.h"

#include <algorithm>

namespace foldersync {

std::optional<BrokenPath> PathList::read(std::string_view text) {
  const char end = text.find('\0') == std::string_view::npos ? '\n' : '\0';
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t size = std::min(text.find(end), text.size());
    std::string_view line = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (end == '\n' && line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    std::string_view path = line;
    while (path.starts_with("./")) path.remove_prefix(2);
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    if (path == ".") path = {};
    if (!path.empty() && !RelPath::is_path(path)) return BrokenPath{number, std::string(line)};
    paths_.emplace_back(path);
  }
  put_in_order();
  return std::nullopt;
}

void PathList::add(const RelPath& path) {
  paths_.push_back(path.bytes());
  put_in_order();
}

void PathList::put_in_order() {
  std::sort(paths_.begin(), paths_.end());
  paths_.erase(std::unique(paths_.begin(), paths_.end()), paths_.end());
}

bool PathList::is_listed(std::string_view path) const {
  return std::binary_search(paths_.begin(), paths_.end(), path);
}

bool PathList::holds(const RelPath& path) const {
  const std::string_view bytes = path.bytes();
  if (is_listed(bytes) || is_listed({})) return true;
  const std::string below = std::string(bytes) + '/';
  const auto next = std::lower_bound(paths_.begin(), paths_.end(), below);
  if (next != paths_.end() && next->starts_with(below)) return true;
  for (std::size_t slash = bytes.find('/'); slash != std::string_view::npos;
       slash = bytes.find('/', slash + 1)) {
    if (is_listed(bytes.substr(0, slash))) return true;
  }
  return false;
}

}  // namespace foldersync
