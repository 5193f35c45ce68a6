// What files hold: reading, comparing, hashing, with the hash cache's help.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/file_status.h"
#include "core/hash.h"
#include "core/result.h"
#include "fs/pace.h"
#include "fs/readable_entry.h"
#include "scan/directory_hashes.h"
#include "scan/md5_batch.h"

namespace foldersync {

// The hash of a file: known, or at its place in a batch, and then the time before it was read.
struct Hashing {
  std::optional<Md5> md5;
  std::optional<std::size_t> in_batch;
  FileTime read_at;
  std::optional<Md5> remembered;  // see ReadHash; where it is in the batch
};

struct OpenedFile {
  std::unique_ptr<ReadableEntry> entry;
  FileStatus status;  // as it is now that it is open
};

// What reading two files, or knowing their hashes, has told.
struct Likeness {
  bool equal = false;
  // Of equal files, either their MD5, or the place in a batch at which it will be, and the time
  // before they were read.
  std::optional<Md5> md5;
  std::optional<std::size_t> in_batch;
  FileTime read_at;
  // Of files in the batch, what was remembered of each (ReadHash).
  std::optional<Md5> source_remembered;
  std::optional<Md5> replica_remembered;
};

// What is remembered of a file says, now that it was read: nothing is known of one with these
// stamps; the same; or something else, which is decay, since nothing says that it was changed.
enum class Soundness : std::uint8_t { kUnknown, kSound, kDecayed };

// Whether an error of reading is what a bad disk, or a file system that checks what it holds, says.
bool is_decay(const Error& error);

// Memory to read to from the disk itself.
class PageBuffer {
 public:
  // At least so many bytes; kept from call to call.
  std::span<std::byte> of(std::size_t bytes);

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };
  std::unique_ptr<std::byte[], Free> bytes_;
  std::size_t size_ = 0;
};

// What several threads have read so far.
struct ReadingCounts {
  std::atomic<std::uint64_t> files{0};
  std::atomic<std::uint64_t> bytes{0};
};

// Decides by content. Holes of large files are not read. One thread at a time; holds two buffers of
// 256 KiB once it has read, and one more once it has met a hole.
class ContentJudge {
 public:
  // `stop`: set by others; reading a large file ends with kStopped then.
  explicit ContentJudge(const std::atomic<bool>* stop = nullptr) : stop_(stop) {}

  // From here on content is asked of the disk, past the page cache, where that can be had.
  void read_past_cache() { is_past_cache_ = true; }
  // From here on no more is read than `pace` allows, and what is read is counted; either may be
  // null. Holes don't count.
  void keep_pace(Pace* pace, ReadingCounts* read) {
    pace_ = pace;
    read_ = read;
  }
  // How large the files were that were read to their end, each time that one was, and those of
  // which some may have come from memory all the same; bytes.
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] std::uint64_t bytes_perhaps_of_memory() const { return bytes_of_memory_; }

  void heed_stop(const std::atomic<bool>* stop) { stop_ = stop; }

  // The MD5 that both files have, or nothing where they differ. Known hashes are used; otherwise
  // both are read side by side up to the first difference, and one hash serves both. Where a side
  // hashes its files itself (ContentHasher), only hashes are compared, here and below.
  // Errors: of reading, with error_was_replica() telling whose; kChanged where a file changed
  // meanwhile; kStopped.
  Result<std::optional<Md5>> common_md5(const FileToRead& source, DirectoryHashes& source_hashes,
                                        const FileToRead& replica, DirectoryHashes& replica_hashes);

  // Whether both hold the same bytes: common_md5() where one hash is known, otherwise nothing is
  // hashed and nothing remembered.
  Result<bool> hold_same(const FileToRead& source, DirectoryHashes& source_hashes,
                         const FileToRead& replica, DirectoryHashes& replica_hashes);
  // The same of files whose hashes nobody remembers.
  Result<bool> hold_same(const FileToRead& source, const FileToRead& replica);

  // As common_md5(), but the hash of small files that are equal is left to `batch`, and nothing of
  // it is remembered yet. Requires: the batch has room for the source's file, or it is too large
  // for it.
  Result<Likeness> compare(const FileToRead& source, DirectoryHashes& source_hashes,
                           const FileToRead& replica, DirectoryHashes& replica_hashes,
                           Md5Batch& batch);

  // The MD5 of one file.
  Result<Md5> md5(const FileToRead& file, DirectoryHashes& hashes);

  // What is remembered of a file against what it holds: where they differ, it is read once more,
  // from the disk. Error EIO also where two readings differ.
  Result<Soundness> soundness(const FileToRead& file, DirectoryHashes& hashes);

  // The same as md5(); that of a small file whose hash is not known is left to `batch`, as above.
  Result<Hashing> hash(const FileToRead& file, DirectoryHashes& hashes, Md5Batch& batch);

  // Whether the last error of common_md5() came from the replica's file.
  [[nodiscard]] bool error_was_replica() const { return error_was_replica_; }

 private:
  std::span<const std::byte> zeros(std::uint64_t most);
  Result<Md5> read_all(const FileToRead& file);
  Result<bool> read_both(const FileToRead& source, const FileToRead& replica, Md5Hasher* hasher);
  Status read_into(const FileToRead& file, std::span<std::byte> bytes);
  Result<bool> read_both_into(const FileToRead& source, const FileToRead& replica,
                              std::span<std::byte> bytes);

  Result<OpenedFile> open(const FileToRead& file);
  Result<std::size_t> read_piece(ReadableEntry& entry, std::span<std::byte> bytes);
  void pass(std::uint64_t bytes);
  Status finish(ReadableEntry& entry, const FileStatus& before);

  const std::atomic<bool>* stop_;
  Md5Hasher hasher_;
  PageBuffer first_;
  PageBuffer second_;
  PageBuffer piece_;
  std::vector<std::byte> zeros_;
  bool error_was_replica_ = false;
  bool is_past_cache_ = false;
  Pace* pace_ = nullptr;
  ReadingCounts* read_ = nullptr;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_of_memory_ = 0;
};

// Opens a file, and waits as a blocking open would where a lease is waited for, a minute at most.
// Error kStopped: told to stop meanwhile.
Result<std::unique_ptr<ReadableEntry>> open_to_read(const FileToRead& file,
                                                    const std::atomic<bool>* stop);

// The same of a file that was looked at before. Error kChanged where something else is there by
// now.
Result<OpenedFile> open_looked_at(const FileToRead& file, const std::atomic<bool>* stop);

}  // namespace foldersync
