// An entry that is open, to be asked what it is and what it holds, on whichever host it lies.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/file_status.h"
#include "core/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"
#include "fs/xattrs.h"

namespace foldersync {

// One thread at a time. Errors are those of FileSystem: operation and errno.
class ReadableEntry {
 public:
  virtual ~ReadableEntry() = default;

  virtual Result<FileStatus> status() = 0;  // as it is now
  // As read_xattrs(), read_rights() and without_unsupported().
  virtual Result<std::vector<Xattr>> xattrs(bool as_root) = 0;
  virtual Result<std::vector<Xattr>> rights(bool as_root) = 0;
  virtual std::vector<Xattr> without_unsupported(std::vector<Xattr> wanted) = 0;

  // Requires, as all below: it was opened for its content.
  virtual Result<std::size_t> read(std::span<std::byte> buffer) = 0;  // 0 at the end
  // From here on it asks the disk, as FileSystem::read_past_cache().
  virtual void read_past_cache() {}
  // Where what was read until now came from.
  [[nodiscard]] virtual ReadFrom read_from() const { return ReadFrom::kPerhapsMemory; }
  // Error EINVAL for holes where nothing is known of them.
  virtual Result<std::uint64_t> seek(std::uint64_t offset, Seek whence) = 0;
  // Its descriptor where it is a file of `fs`, which can copy from it then; nothing elsewhere.
  [[nodiscard]] virtual std::optional<int> descriptor_in(const FileSystem& fs) const = 0;
};

// One of a file system that this process reaches.
class LocalEntry final : public ReadableEntry {
 public:
  // By FileSystem::open_file(), or by open_entry(): then it can't be read.
  enum class Opened : std::uint8_t { kToRead, kAsEntry };

  LocalEntry(FileSystem& fs, Fd fd, Opened opened = Opened::kToRead)
      : fs_(fs), fd_(std::move(fd)), opened_(opened) {}

  Result<FileStatus> status() override { return fs_.status(fd_.get()); }
  Result<std::vector<Xattr>> xattrs(bool as_root) override {
    return read_xattrs(fs_, handle(), as_root);
  }
  Result<std::vector<Xattr>> rights(bool as_root) override {
    return read_rights(fs_, handle(), as_root);
  }
  std::vector<Xattr> without_unsupported(std::vector<Xattr> wanted) override {
    return foldersync::without_unsupported(fs_, handle(), std::move(wanted));
  }
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    auto count = fs_.read(fd_.get(), buffer);
    if (count || !is_direct_ || count.error().error_number != EINVAL) return count;
    is_direct_ = false;  // it asks for other pieces than these
    from_ = ReadFrom::kPerhapsMemory;
    fs_.read_through_cache(fd_.get());
    return fs_.read(fd_.get(), buffer);
  }
  void read_past_cache() override {
    is_direct_ = true;
    from_ = fs_.read_past_cache(fd_.get());
  }
  [[nodiscard]] ReadFrom read_from() const override { return from_; }
  Result<std::uint64_t> seek(std::uint64_t offset, Seek whence) override {
    return fs_.seek(fd_.get(), offset, whence);
  }
  [[nodiscard]] std::optional<int> descriptor_in(const FileSystem& fs) const override {
    return is_one_system(fs, fs_) ? std::optional(fd_.get()) : std::nullopt;
  }

  [[nodiscard]] Handle handle() const { return {fd_.get(), opened_ == Opened::kAsEntry}; }

 private:
  FileSystem& fs_;
  Fd fd_;
  Opened opened_;
  bool is_direct_ = false;
  ReadFrom from_ = ReadFrom::kPerhapsMemory;
};

// Whether `entry` has the attributes `wanted`, but for those that it could not be given; false
// where it can't be asked.
inline bool has_xattrs(ReadableEntry& entry, std::vector<Xattr> wanted, bool as_root) {
  const auto found = entry.xattrs(as_root);
  return found && (wanted == *found || entry.without_unsupported(std::move(wanted)) == *found);
}

}  // namespace foldersync
