// The names in one directory.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

// In byte order, each once, "." and ".." left out. An object is used for one directory after
// another and keeps its memory, so that a walk does not allocate for each file: the bytes of the
// names, and 10 more each.
class DirectoryNames {
 public:
  // `stop` is set by others; null: nobody tells.
  explicit DirectoryNames(const std::atomic<bool>* stop = nullptr) : stop_(stop) {}

  // Reads `directory` from where it stands. After an error there are none; kStopped: told to stop.
  Status read(FileSystem& fs, int directory);
  // Adds what the directory gives at once, in its own order and maybe twice; false once there was
  // nothing more.
  Result<bool> read_more(FileSystem& fs, int directory);

  [[nodiscard]] std::size_t size() const { return names_.size(); }
  // Followed by NUL. Requires: index < size()
  std::string_view operator[](std::size_t index) const { return names_[index]; }
  // False where the directory itself says that it is something else. Not all file systems do.
  [[nodiscard]] bool may_be_file(std::size_t index) const;

 private:
  void clear();
  void take(std::span<const std::byte> records);
  char* room_for(std::size_t bytes);
  Status read_all(FileSystem& fs, int directory);
  Status put_in_order();

  // Each block holds names, the type in front of each (DT_REG and so on) and NUL behind it: a
  // directory of any size is read without anything being moved.
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t blocks_used_ = 0;
  std::size_t room_left_ = 0;  // bytes, in the last block that is used
  std::vector<const char*> names_;
  const std::atomic<bool>* stop_;
};

}  // namespace foldersync
