#include "scan/directory_hashes.h"

#include <algorithm>

namespace foldersync {

CachedTree cached_tree(HashCache* cache, const Root& root, Remembered remembered) {
  if (cache == nullptr) return {};
  return {cache, cache->tree(root.identity), root.status.device, root.sharing, remembered};
}

void DirectoryHashes::begin(std::string_view directory) {
  directory_ = directory;
  loaded_ = false;
  rows_.clear();
}

void DirectoryHashes::load() {
  if (tree_.cache == nullptr || loaded_) return;
  rows_ = tree_.cache->directory(tree_.tree, RelPath::from_bytes(directory_));
  loaded_ = true;
}

const CachedHash* DirectoryHashes::row(std::string_view name) const {
  const auto found =
      std::lower_bound(rows_.begin(), rows_.end(), name,
                       [](const CachedHash& a, std::string_view b) { return a.name < b; });
  return found != rows_.end() && found->name == name ? &*found : nullptr;
}

// What is mounted inside the tree is asked by the first of its files. Where that can't be, nothing
// is remembered, which only costs time.
Sharing DirectoryHashes::sharing_of(const FileToRead& file) {
  if (file.status.device == tree_.device) return tree_.sharing;
  const auto known = others_.find(file.status.device);
  if (known != others_.end()) return known->second;
  const bool can_ask = file.directory != nullptr && !file.status.mount_root;
  if (!can_ask) return Sharing::kUnstamped;
  const auto asked = file.directory->sharing();
  if (!asked) return Sharing::kUnstamped;
  others_.emplace(file.status.device, *asked);
  return *asked;
}

std::optional<Md5> DirectoryHashes::remembered(const FileToRead& file) {
  if (tree_.cache == nullptr) return std::nullopt;
  load();
  if (sharing_of(file) == Sharing::kUnstamped) return std::nullopt;
  const CachedHash* const known = row(file.name);
  if (known == nullptr || known->stamp != stamp_of(file.status)) return std::nullopt;
  return known->md5;
}

void DirectoryHashes::remember_in(std::string_view directory, const FileToRead& file,
                                  const ReadHash& read) {
  if (tree_.cache == nullptr) return;
  if (read.remembered && *read.remembered != read.md5) return;
  const FileStamp stamp = stamp_of(file.status);
  if (!is_trustworthy(stamp, read.read_at, sharing_of(file))) return;
  tree_.cache->remember(tree_.tree, RelPath::from_bytes(directory),
                        {std::string(file.name), stamp, read.md5});
}

void DirectoryHashes::forget(std::string_view name) {
  load();
  const CachedHash* const known = row(name);
  if (known == nullptr) return;
  tree_.cache->forget(tree_.tree, RelPath::from_bytes(directory_), name);
  rows_.erase(rows_.begin() + (known - rows_.data()));
}

void DirectoryHashes::forget_missing(const DirectoryNames* names) {
  const std::size_t count = names == nullptr ? 0 : names->size();
  std::size_t at = 0;
  for (const CachedHash& row : rows_) {
    while (at < count && (*names)[at] < row.name) ++at;
    if (at < count && (*names)[at] == row.name && names->may_be_file(at)) continue;
    tree_.cache->forget(tree_.tree, RelPath::from_bytes(directory_), row.name);
  }
}

}  // namespace foldersync
