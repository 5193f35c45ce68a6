#include "scan/directory_names.h"

#include <dirent.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "core/heeding_sort.h"
#include "fs/stop.h"

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
// Blocks grow up to this, so that what is left of one is little beside the names. No record is
// longer, so no name is.
constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kFirstBlockBytes = 1024;

std::size_t block_bytes(std::size_t index) {
  return index < 6 ? kFirstBlockBytes << index : kBlockBytes;
}

// The layout of struct linux_dirent64, see getdents(2).
constexpr std::size_t kRecordLength = 16;
constexpr std::size_t kRecordType = 18;
constexpr std::size_t kRecordName = 19;

}  // namespace

void DirectoryNames::clear() {
  names_.clear();
  blocks_used_ = 0;
  room_left_ = 0;
}

char* DirectoryNames::room_for(std::size_t bytes) {
  while (room_left_ < bytes) {
    const std::size_t size = block_bytes(blocks_used_);
    if (blocks_used_ == blocks_.size()) {
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    }
    ++blocks_used_;
    room_left_ = size;
  }
  char* const room = &blocks_[blocks_used_ - 1][block_bytes(blocks_used_ - 1) - room_left_];
  room_left_ -= bytes;
  return room;
}

void DirectoryNames::take(std::span<const std::byte> records) {
  for (std::size_t at = 0; at < records.size();) {
    std::uint16_t length = 0;
    std::memcpy(&length, &records[at + kRecordLength], sizeof length);
    const std::string_view name(
        static_cast<const char*>(static_cast<const void*>(&records[at + kRecordName])));
    if (name != "." && name != "..") {
      char* const room = room_for(1 + name.size() + 1);
      std::memcpy(room, &records[at + kRecordType], 1);
      std::memcpy(room + 1, name.data(), name.size() + 1);
      names_.push_back(room + 1);
    }
    at += length;
  }
}

Status DirectoryNames::put_in_order() {
  if (names_.size() < 2) return success();
  TRY(sort_heeding(
      names_, [](const char* a, const char* b) { return std::strcmp(a, b) < 0; },
      [this] { return heed(stop_, "list"); }));
  // A directory that changes while it is read may give a name twice.
  const auto end = std::unique(names_.begin(), names_.end(),
                               [](const char* a, const char* b) { return std::strcmp(a, b) == 0; });
  names_.erase(end, names_.end());
  return success();
}

Result<bool> DirectoryNames::read_more(FileSystem& fs, int directory) {
  // One a thread: on the stack, each of its pages would be touched for every directory.
  alignas(8) static thread_local std::array<std::byte, kBufferBytes> buffer;
  const auto bytes = fs.list(directory, buffer);
  if (!bytes) {
    clear();
    return bytes.error();
  }
  take(std::span(buffer).first(*bytes));
  return *bytes > 0;
}

Status DirectoryNames::read_all(FileSystem& fs, int directory) {
  for (;;) {
    const auto more = TRY(read_more(fs, directory));
    if (!more) return put_in_order();
    TRY(heed(stop_, "list"));
  }
}

Status DirectoryNames::read(FileSystem& fs, int directory) {
  clear();
  Status read = read_all(fs, directory);
  if (!read) clear();
  return read;
}

bool DirectoryNames::may_be_file(std::size_t index) const {
  const char type = names_[index][-1];
  return type == DT_REG || type == DT_UNKNOWN;
}

}  // namespace foldersync
