#include "scan/listing.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

// The layout of struct linux_dirent64, see getdents(2).
constexpr std::size_t kRecordLength = 16;
constexpr std::size_t kRecordName = 19;

}  // namespace

void Listing::take_names(std::size_t bytes) {
  for (std::size_t at = 0; at < bytes;) {
    std::uint16_t length = 0;
    std::memcpy(&length, &buffer_[at + kRecordLength], sizeof length);
    const std::string_view name(
        static_cast<const char*>(static_cast<void*>(&buffer_[at + kRecordName])));
    if (name != "." && name != "..") {
      spans_.push_back({names_.size(), name.size()});
      names_.insert(names_.end(), name.data(), name.data() + name.size() + 1);
    }
    at += length;
  }
}

Status Listing::read_names(FileSystem& fs, int directory) {
  buffer_.resize(kBufferBytes);
  names_.clear();
  spans_.clear();
  for (;;) {
    const auto bytes = fs.list(directory, buffer_);
    if (!bytes) return bytes.error();
    if (*bytes == 0) return success();
    take_names(*bytes);
  }
}

Status Listing::read(FileSystem& fs, int directory) {
  entries_.clear();
  if (Status read = read_names(fs, directory); !read) return read;
  const auto name_of = [this](Span span) {
    return std::string_view(names_.data() + span.offset, span.length);
  };
  std::sort(spans_.begin(), spans_.end(), [&](Span a, Span b) { return name_of(a) < name_of(b); });
  entries_.reserve(spans_.size());
  for (const Span span : spans_) {
    const std::string_view name = name_of(span);
    // A directory that changes while it is read may give a name twice.
    if (!entries_.empty() && entries_.back().name == name) continue;
    auto status = fs.status_at(directory, name.data());
    if (status) {
      entries_.push_back({name, *status, 0});
    } else if (status.error().error_number != ENOENT) {
      entries_.push_back({name, {}, status.error().error_number});
    }
  }
  return success();
}

}  // namespace foldersync
