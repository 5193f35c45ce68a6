// Which large file is being copied, for whoever looks on: also from another process, where it lies
// in memory that both share.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fs/copy.h"

namespace foldersync {

// Of several that are under way, it is the one that was begun first, until that is done.
class FileUnderWay {
 public:
  // Smaller files are done before anybody could read their names.
  static constexpr std::uint64_t kLeastBytes = std::uint64_t{64} << 20U;

  struct Seen {
    std::string path;  // bytes; of a very long one the end
    std::uint64_t size = 0;
    std::uint64_t bytes = 0;  // copied
  };

  // Any thread. What counts its bytes from now on; null: it is small, or another one is shown.
  // After what is not null, end() is to be called.
  ByteCounter* begin(std::string_view path, std::uint64_t size);
  // It is done: its bytes are added to those of all files, which may be null.
  void end(ByteCounter* all);
  // There is none: a process that was killed may have left one.
  void reset();

  // Nothing: there is none, or it changes just now.
  [[nodiscard]] std::optional<Seen> seen() const;
  // Of `all` files and the one under way: never less than before.
  [[nodiscard]] std::uint64_t bytes_with(const ByteCounter& all) const;

 private:
  std::atomic<bool> is_taken_{false};
  std::atomic<std::uint32_t> version_{0};  // odd while it changes which file it is
  std::atomic<std::uint32_t> length_{0};   // 0: there is none
  std::array<std::atomic<char>, 512> path_{};
  std::atomic<std::uint64_t> size_{0};
  ByteCounter bytes_{0};  // 0 where there is none
};

// What counts the bytes of a file that is copied: the one of all files, which may be null, or that
// of the file under way, which is added to the other one in the end. While one lives.
class FileCounter {
 public:
  // `shown` may be null.
  FileCounter(ByteCounter* all, FileUnderWay* shown, std::string_view path, std::uint64_t size)
      : all_(all), shown_(shown), own_(shown == nullptr ? nullptr : shown->begin(path, size)) {}
  ~FileCounter() {
    if (own_ != nullptr) shown_->end(all_);
  }
  FileCounter(const FileCounter&) = delete;
  FileCounter& operator=(const FileCounter&) = delete;

  [[nodiscard]] ByteCounter* counter() const { return own_ != nullptr ? own_ : all_; }

 private:
  ByteCounter* all_;
  FileUnderWay* shown_;
  ByteCounter* own_;
};

}  // namespace foldersync
