#include "fs/patch.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fs/stop.h"

namespace foldersync {
namespace {

// What is shared is given up by the block, so that a smaller piece saves nothing.
constexpr std::size_t kPiece = 4096;
// After so much it is known whether comparing is worth its reading.
constexpr std::uint64_t kTrial = 8 * 1024 * 1024;

class Patch {
 public:
  Patch(FileSystem& fs, const CopyRequest& request, std::span<std::byte> buffer,
        std::span<std::byte> other)
      : fs_(fs), request_(request), buffer_(buffer), other_(other) {}

  Result<Patched> run() {
    const std::uint64_t size = request_.source->size;
    while (done_.size < size) {
      TRY(heed(request_.stop, "copy"));
      const auto step = TRY(next(size - done_.size));
      if (step == 0) break;
      done_.size += step;
      if (request_.copied != nullptr) *request_.copied += step;
      if (request_.pace != nullptr) request_.pace->keep(step, request_.stop);
    }
    TRY(fs_.set_size(request_.to, done_.size));
    return done_;
  }

 private:
  // Bytes that both hold now, from done_.size on; 0 at the end of the source.
  Result<std::uint64_t> next(std::uint64_t most) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(most, buffer_.size()));
    const auto source =
        fill(buffer_.first(wanted), [this](auto room) { return request_.from->read(room); });
    if (!source || *source == 0) return source;
    const auto bytes = std::span<const std::byte>(buffer_).first(*source);
    std::size_t there = 0;
    if (done_.size < kTrial || done_.written * 2 <= done_.size) {
      TRY(fs_.seek(request_.to, done_.size, Seek::kStart));
      const auto held = fill(other_.first(bytes.size()),
                             [this](auto room) { return fs_.read(request_.to, room); });
      if (!held) return held;
      there = *held;
    }
    TRY(write_differences(bytes, there));
    return std::uint64_t{bytes.size()};
  }

  // `there`: so much of other_ was read at the same place.
  Status write_differences(std::span<const std::byte> bytes, std::size_t there) {
    const auto same = [&](std::size_t at) {
      const std::size_t end = std::min(at + kPiece, bytes.size());
      return end <= there && std::memcmp(bytes.data() + at, other_.data() + at, end - at) == 0;
    };
    for (std::size_t begin = 0; begin < bytes.size();) {
      std::size_t end = begin;
      while (end < bytes.size() && !same(end)) end = std::min(end + kPiece, bytes.size());
      if (end > begin) TRY(write_at(done_.size + begin, bytes.subspan(begin, end - begin)));
      begin = end + kPiece;  // the piece at `end` is the same, or it is the end
    }
    return success();
  }

  Status write_at(std::uint64_t offset, std::span<const std::byte> data) {
    TRY(fs_.seek(request_.to, offset, Seek::kStart));
    while (!data.empty()) {
      const auto step = TRY(fs_.write(request_.to, data));
      if (step == 0) return system_error("write", ENOSPC);
      done_.written += step;
      data = data.subspan(step);
    }
    return success();
  }

  // Reads until the buffer is full, or the file ends.
  template <class Read>
  static Result<std::uint64_t> fill(std::span<std::byte> buffer, Read read) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
      const auto count = TRY(read(buffer.subspan(filled)));
      if (count == 0) break;
      filled += count;
    }
    return std::uint64_t{filled};
  }

  FileSystem& fs_;
  const CopyRequest& request_;
  std::span<std::byte> buffer_;
  std::span<std::byte> other_;
  Patched done_;
};

}  // namespace

Result<Patched> patch_content(FileSystem& fs, const CopyRequest& request,
                              std::span<std::byte> buffer, std::span<std::byte> other) {
  return Patch(fs, request, buffer, other).run();
}

}  // namespace foldersync
