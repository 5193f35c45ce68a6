#include "scan/content.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include "fs/clock.h"
#include "fs/stop.h"
#include "scan/content_reader.h"

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
// The system takes a lease away after 45 seconds, unless it is set otherwise.
constexpr double kLongestLeaseSeconds = 60;
constexpr double kLeaseLookSeconds = 0.02;

Error changed_meanwhile() { return changed_error("read", "the file changed while it was read"); }

// Fills the buffer as far as the file reaches.
Result<std::size_t> read_full(ReadableEntry& file, std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    auto count = file.read(buffer.subspan(filled));
    if (!count) return count;
    if (*count == 0) break;
    filled += *count;
  }
  return filled;
}

// Whether the open file is still what was looked at before it was read.
Status still_the_same(ReadableEntry& file, const FileStatus& before) {
  const auto now = TRY(file.status());
  if (!same_content_stamps(now, before) || now.ctime != before.ctime) return changed_meanwhile();
  return success();
}

// Whether both sides are read from here, or at least one hashes where its files lie.
bool are_read_here(const FileToRead& source, const FileToRead& replica) {
  return source.directory->hasher() == nullptr && replica.directory->hasher() == nullptr;
}

}  // namespace

Result<std::unique_ptr<ReadableEntry>> open_to_read(const FileToRead& file,
                                                    const std::atomic<bool>* stop) {
  auto entry = file.directory->open(file.name.data());
  if (entry || entry.error().error_number != EAGAIN || file.leased == Leased::kFails) return entry;
  const double until = monotonic_seconds() + kLongestLeaseSeconds;
  while (!entry && entry.error().error_number == EAGAIN && monotonic_seconds() < until) {
    TRY(heed(stop, "open"));
    sleep_for(kLeaseLookSeconds);
    entry = file.directory->open(file.name.data());
  }
  return entry;
}

Result<OpenedFile> open_looked_at(const FileToRead& file, const std::atomic<bool>* stop) {
  auto entry = TRY(open_to_read(file, stop));
  const auto now = TRY(entry->status());
  if (!same_content_stamps(now, file.status)) return changed_meanwhile();
  return OpenedFile{std::move(entry), now};
}

// A piece of a hole, as long as a buffer at most.
std::span<const std::byte> ContentJudge::zeros(std::uint64_t most) {
  zeros_.resize(kBufferBytes);
  return std::span(zeros_).first(
      static_cast<std::size_t>(std::min<std::uint64_t>(most, zeros_.size())));
}

bool is_decay(const Error& error) {
  return error.error_number == EIO || error.error_number == EBADMSG ||
         error.error_number == EUCLEAN;
}

void PageBuffer::Free::operator()(std::byte* bytes) const {
  ::operator delete[](bytes, std::align_val_t(kDirectAlignment));
}

std::span<std::byte> PageBuffer::of(std::size_t bytes) {
  if (size_ < bytes) {
    bytes_.reset(
        static_cast<std::byte*>(::operator new[](bytes, std::align_val_t(kDirectAlignment))));
    size_ = bytes;
  }
  return {bytes_.get(), bytes};
}

void ContentJudge::pass(std::uint64_t bytes) {
  if (read_ != nullptr) read_->bytes += bytes;
  if (pace_ != nullptr) pace_->keep(bytes, stop_);
}

// What was read to its end was it, and from where it came is known now.
Status ContentJudge::finish(ReadableEntry& entry, const FileStatus& before) {
  bytes_read_ += before.size;
  if (read_ != nullptr) ++read_->files;
  if (entry.read_from() == ReadFrom::kPerhapsMemory) bytes_of_memory_ += before.size;
  return still_the_same(entry, before);
}

Result<OpenedFile> ContentJudge::open(const FileToRead& file) {
  auto opened = TRY(open_looked_at(file, stop_));
  if (is_past_cache_) opened.entry->read_past_cache();
  return opened;
}

// As read_full() of a file that is not larger than a buffer, of which the disk may be asked.
Result<std::size_t> ContentJudge::read_piece(ReadableEntry& entry, std::span<std::byte> bytes) {
  if (!is_past_cache_) return read_full(entry, bytes);
  entry.read_past_cache();
  const std::span<std::byte> pages = piece_.of(kBufferBytes);
  const auto count = TRY(read_full(entry, pages));
  const std::size_t taken = std::min(count, bytes.size());
  std::copy_n(pages.begin(), taken, bytes.begin());
  return taken;
}

Result<Soundness> ContentJudge::soundness(const FileToRead& file, DirectoryHashes& hashes) {
  const auto known = hashes.remembered(file);
  if (!known) return Soundness::kUnknown;
  const auto first = TRY(read_all(file));
  if (first == *known) return Soundness::kSound;
  const bool was_past_cache = std::exchange(is_past_cache_, true);
  const auto second = read_all(file);
  is_past_cache_ = was_past_cache;
  if (!second) return second.error();
  if (*second == first) return Soundness::kDecayed;
  return system_error("read", EIO, "two readings of it differ");
}

Result<Md5> ContentJudge::read_all(const FileToRead& file) {
  const std::span<std::byte> first = first_.of(kBufferBytes);
  hasher_.finish();  // a reading that failed may have left its part
  const auto opened = TRY(open(file));
  ContentReader reader(*opened.entry, opened.status);
  for (;;) {
    TRY(heed(stop_, "read"));
    if (const auto hole = TRY(reader.hole()); hole > 0) {
      const auto piece = zeros(hole);
      hasher_.update(piece);
      reader.skip(piece.size());
      continue;
    }
    const auto count = TRY(reader.read(first));
    pass(count);
    hasher_.update(first.first(count));
    if (count < first.size()) break;
  }
  const Md5 md5 = hasher_.finish();
  TRY(finish(*opened.entry, file.status));
  return md5;
}

Result<Md5> ContentJudge::md5(const FileToRead& file, DirectoryHashes& hashes) {
  if (const auto known = hashes.find(file)) return *known;
  const FileTime read_at = wall_clock_now();
  ContentHasher* const there = file.directory->hasher();
  auto read = there != nullptr ? there->md5(file.name.data(), file.status) : read_all(file);
  if (read) hashes.remember(file, *read, read_at);
  return read;
}

// Up to the first difference; what is equal is given to `hasher`, if there is one.
Result<bool> ContentJudge::read_both(const FileToRead& source, const FileToRead& replica,
                                     Md5Hasher* hasher) {
  const std::span<std::byte> of_one = first_.of(kBufferBytes);
  const std::span<std::byte> of_other = second_.of(kBufferBytes);
  error_was_replica_ = false;
  const auto from = TRY(open(source));
  error_was_replica_ = true;
  const auto to = TRY(open(replica));
  ContentReader of_source(*from.entry, from.status);
  ContentReader of_replica(*to.entry, to.status);
  for (;;) {
    error_was_replica_ = false;
    TRY(heed(stop_, "read"));
    const auto hole = TRY(of_source.hole());
    error_was_replica_ = true;
    // What is a hole in both is equal.
    if (auto common = std::min(hole, TRY(of_replica.hole())); common > 0) {
      if (hasher != nullptr) {
        const auto piece = zeros(common);
        hasher->update(piece);
        common = piece.size();
      }
      of_source.skip(common);
      of_replica.skip(common);
      continue;
    }
    error_was_replica_ = false;
    const auto first = TRY(of_source.read(of_one));
    error_was_replica_ = true;
    const auto second = TRY(of_replica.read(of_other));
    pass(first + second);
    if (first != second || std::memcmp(of_one.data(), of_other.data(), first) != 0) return false;
    if (hasher != nullptr) hasher->update(of_one.first(first));
    if (first < of_one.size()) break;
  }
  TRY(finish(*to.entry, replica.status));
  error_was_replica_ = false;
  TRY(finish(*from.entry, source.status));
  return true;
}

// All of a file, which must be as large as `bytes`. Whether it is the one that was looked at is
// asked once, after it was read.
Status ContentJudge::read_into(const FileToRead& file, std::span<std::byte> bytes) {
  const auto entry = TRY(open_to_read(file, stop_));
  const auto count = TRY(read_piece(*entry, bytes));
  pass(count);
  TRY(finish(*entry, file.status));
  return count < bytes.size() ? Status(changed_meanwhile()) : success();
}

Result<Hashing> ContentJudge::hash(const FileToRead& file, DirectoryHashes& hashes,
                                   Md5Batch& batch) {
  Hashing hashing;
  hashing.md5 = hashes.find(file);
  if (hashing.md5) return hashing;
  if (file.status.size > Md5Batch::kMaxBytes || file.directory->hasher() != nullptr) {
    auto read = TRY(md5(file, hashes));
    hashing.md5 = read;
    return hashing;
  }
  hashing.read_at = wall_clock_now();
  const std::span<std::byte> room = batch.room(static_cast<std::size_t>(file.status.size));
  TRY(read_into(file, room));
  hashing.in_batch = batch.keep(room.size());
  hashing.remembered = hashes.remembered(file);
  return hashing;
}

// Whether both hold the same; `bytes` is as large as the source's file and is then what it holds.
Result<bool> ContentJudge::read_both_into(const FileToRead& source, const FileToRead& replica,
                                          std::span<std::byte> bytes) {
  error_was_replica_ = false;
  TRY(read_into(source, bytes));
  error_was_replica_ = true;
  const std::span<std::byte> other = second_.of(kBufferBytes).first(bytes.size());
  TRY(read_into(replica, other));
  return bytes.empty() || std::memcmp(bytes.data(), other.data(), bytes.size()) == 0;
}

Result<Likeness> ContentJudge::compare(const FileToRead& source, DirectoryHashes& source_hashes,
                                       const FileToRead& replica, DirectoryHashes& replica_hashes,
                                       Md5Batch& batch) {
  Likeness likeness;
  const std::uint64_t size = source.status.size;
  const bool is_small = size <= Md5Batch::kMaxBytes && replica.status.size == size;
  if (!is_small || !are_read_here(source, replica) || source_hashes.find(source) ||
      replica_hashes.find(replica)) {
    auto common = TRY(common_md5(source, source_hashes, replica, replica_hashes));
    likeness.md5 = common;
    likeness.equal = likeness.md5.has_value();
    return likeness;
  }
  likeness.read_at = wall_clock_now();
  const std::span<std::byte> room = batch.room(static_cast<std::size_t>(size));
  const auto equal = read_both_into(source, replica, room);
  if (!equal) return equal.error();
  likeness.equal = *equal;
  if (!likeness.equal) return likeness;
  likeness.in_batch = batch.keep(room.size());
  likeness.source_remembered = source_hashes.remembered(source);
  likeness.replica_remembered = replica_hashes.remembered(replica);
  return likeness;
}

Result<std::optional<Md5>> ContentJudge::common_md5(const FileToRead& source,
                                                    DirectoryHashes& source_hashes,
                                                    const FileToRead& replica,
                                                    DirectoryHashes& replica_hashes) {
  const auto known_source = source_hashes.find(source);
  const auto known_replica = replica_hashes.find(replica);
  const FileTime read_at = wall_clock_now();
  if (!known_source && !known_replica && are_read_here(source, replica)) {
    hasher_.finish();  // a reading that failed may have left its part
    const auto equal = TRY(read_both(source, replica, &hasher_));
    if (!equal) return std::optional<Md5>();
    const Md5 common = hasher_.finish();
    source_hashes.remember(source, common, read_at);
    replica_hashes.remember(replica, common, read_at);
    return std::optional<Md5>(common);
  }
  error_was_replica_ = false;
  const auto of_source =
      TRY(known_source ? Result<Md5>(*known_source) : md5(source, source_hashes));
  error_was_replica_ = true;
  const auto of_replica =
      TRY(known_replica ? Result<Md5>(*known_replica) : md5(replica, replica_hashes));
  if (of_source != of_replica) return std::optional<Md5>();
  return std::optional<Md5>(of_source);
}

Result<bool> ContentJudge::hold_same(const FileToRead& source, DirectoryHashes& source_hashes,
                                     const FileToRead& replica, DirectoryHashes& replica_hashes) {
  if (are_read_here(source, replica) && !source_hashes.find(source) &&
      !replica_hashes.find(replica)) {
    return hold_same(source, replica);
  }
  const auto common = TRY(common_md5(source, source_hashes, replica, replica_hashes));
  return common.has_value();
}

Result<bool> ContentJudge::hold_same(const FileToRead& source, const FileToRead& replica) {
  if (!are_read_here(source, replica)) {
    DirectoryHashes none{CachedTree{}};
    const auto common = TRY(common_md5(source, none, replica, none));
    return common.has_value();
  }
  const std::uint64_t size = source.status.size;
  if (size > kBufferBytes || replica.status.size != size) {
    return read_both(source, replica, nullptr);
  }
  return read_both_into(source, replica,
                        first_.of(kBufferBytes).first(static_cast<std::size_t>(size)));
}

}  // namespace foldersync
