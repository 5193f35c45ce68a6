#include "fs/file_under_way.h"

#include <algorithm>

namespace foldersync {

ByteCounter* FileUnderWay::begin(std::string_view path, std::uint64_t size) {
  if (size < kLeastBytes || path.empty() || is_taken_.exchange(true)) return nullptr;
  ++version_;
  path = path.substr(path.size() - std::min(path.size(), path_.size()));
  for (std::size_t at = 0; at < path.size(); ++at) path_[at] = path[at];
  size_ = size;
  length_ = static_cast<std::uint32_t>(path.size());
  ++version_;
  return &bytes_;
}

void FileUnderWay::end(ByteCounter* all) {
  ++version_;
  length_ = 0;
  const std::uint64_t bytes = bytes_.exchange(0);
  if (all != nullptr) *all += bytes;
  ++version_;
  is_taken_ = false;
}

void FileUnderWay::reset() {
  length_ = 0;
  bytes_ = 0;
  version_ = 0;
  is_taken_ = false;
}

std::uint64_t FileUnderWay::bytes_with(const ByteCounter& all) const {
  constexpr int kTries = 1000;  // where it changes for ever, its process was killed
  std::uint64_t bytes = 0;
  for (int tried = 0; tried < kTries; ++tried) {
    const std::uint32_t version = version_;
    bytes = all + bytes_;
    if (version % 2 == 0 && version == version_) break;
  }
  return bytes;
}

std::optional<FileUnderWay::Seen> FileUnderWay::seen() const {
  const std::uint32_t version = version_;
  const std::size_t length = std::min<std::size_t>(length_, path_.size());
  Seen seen{std::string(length, ' '), size_, bytes_};
  std::copy_n(path_.begin(), length, seen.path.begin());
  if (length == 0 || version % 2 == 1 || version != version_) return std::nullopt;
  return seen;
}

}  // namespace foldersync
