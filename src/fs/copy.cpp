#include "fs/copy.h"

#include <algorithm>
#include <cerrno>
#include <vector>

#include "fs/posix_file_system.h"
#include "fs/stop.h"

namespace foldersync {
namespace {

// Up to this size a read and a write are cheaper than asking the kernel to copy.
constexpr std::uint64_t kSmall = 256 * 1024;
// How much the kernel copies in one call: often enough to notice a stop.
constexpr std::uint64_t kRange = 16 * 1024 * 1024;

bool kernel_cannot_copy(int error_number) {
  return error_number == EXDEV || error_number == EINVAL || error_number == EOPNOTSUPP ||
         error_number == ENOSYS || error_number == EPERM || error_number == ETXTBSY;
}

class Copy {
 public:
  Copy(FileSystem& fs, const CopyRequest& request, std::span<std::byte> buffer)
      : fs_(fs),
        request_(request),
        buffer_(buffer),
        here_(request.from->descriptor_in(fs)),
        by_kernel_(request.hasher == nullptr && here_) {}

  Result<std::uint64_t> run() {
    const std::uint64_t size = request_.source->size;
    if (request_.start > 0) {
      const auto rest = data(size - request_.start);
      return rest ? Result<std::uint64_t>(request_.start + *rest) : rest;
    }
    const bool has_holes = request_.source->blocks * 512 < size;
    return has_holes ? sparse(size) : data(size);
  }

 private:
  // Copies `count` bytes from the current offsets; fewer at the end of the file.
  Result<std::uint64_t> data(std::uint64_t count) {
    std::uint64_t done = 0;
    while (done < count) {
      TRY(heed(request_.stop, "copy"));
      const std::uint64_t most =
          request_.pace == nullptr ? count - done : std::min(count - done, request_.pace->step());
      auto step = by_kernel_ && count - done > kSmall ? by_kernel(most) : by_buffer(most);
      if (!step) return step;
      if (*step == 0) break;
      done += *step;
      if (request_.copied != nullptr) *request_.copied += *step;
      if (request_.pace != nullptr) request_.pace->keep(*step, request_.stop);
    }
    return done;
  }

  Result<std::uint64_t> by_kernel(std::uint64_t most) {
    const auto count = fs_.copy_range(*here_, request_.to, std::min(most, kRange));
    if (count) {
      // Some file systems copy nothing and say so; the buffer finds out whether it is the end.
      if (*count == 0) return by_buffer(most);
      return std::uint64_t{*count};
    }
    if (!kernel_cannot_copy(count.error().error_number)) return count.error();
    by_kernel_ = false;
    return by_buffer(most);
  }

  Result<std::uint64_t> by_buffer(std::uint64_t most) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(most, buffer_.size()));
    const auto count = TRY(request_.from->read(buffer_.first(wanted)));
    const auto data = buffer_.first(count);
    if (request_.hasher != nullptr) request_.hasher->update(data);
    for (std::size_t written = 0; written < data.size();) {
      const auto step = TRY(fs_.write(request_.to, data.subspan(written)));
      if (step == 0) return system_error("write", ENOSPC);
      written += step;
    }
    return std::uint64_t{count};
  }

  Result<std::uint64_t> sparse(std::uint64_t size) {
    std::uint64_t at = 0;
    while (at < size) {
      const auto start = request_.from->seek(at, Seek::kData);
      if (!start && start.error().error_number == EINVAL) return from_start(size);
      if (!start && start.error().error_number != ENXIO) return start.error();
      const std::uint64_t data_start = start ? std::min(*start, size) : size;
      TRY(hash_zeros(data_start - at));
      if (data_start == size) break;
      const auto hole = TRY(request_.from->seek(data_start, Seek::kHole));
      auto copied = extent(data_start, std::min(hole, size));
      if (!copied) return copied;
      at = data_start + *copied;
      if (at < std::min(hole, size)) return at;  // it has shrunk
    }
    TRY(fs_.set_size(request_.to, size));
    return size;
  }

  Result<std::uint64_t> extent(std::uint64_t start, std::uint64_t end) {
    TRY(request_.from->seek(start, Seek::kStart));
    TRY(fs_.seek(request_.to, start, Seek::kStart));
    return data(end - start);
  }

  // For file systems that can't tell holes.
  Result<std::uint64_t> from_start(std::uint64_t size) {
    TRY(request_.from->seek(0, Seek::kStart));
    return data(size);
  }

  Status hash_zeros(std::uint64_t count) {
    if (request_.hasher == nullptr || count == 0) return success();
    const std::vector<std::byte> zeros(static_cast<std::size_t>(std::min(count, kSmall)));
    while (count > 0) {
      TRY(heed(request_.stop, "copy"));
      const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(count, zeros.size()));
      request_.hasher->update(std::span(zeros).first(step));
      count -= step;
    }
    return success();
  }

  FileSystem& fs_;
  const CopyRequest& request_;
  std::span<std::byte> buffer_;
  std::optional<int> here_;  // the source, where it lies in the same system
  bool by_kernel_;
};

}  // namespace

Status write_all(FileSystem& fs, int fd, std::string_view text) {
  auto data = std::as_bytes(std::span(text));
  while (!data.empty()) {
    const auto count = TRY(fs.write(fd, data));
    if (count == 0) return system_error("write", ENOSPC);
    data = data.subspan(count);
  }
  return success();
}

Status write_all(int fd, std::string_view text) {
  FileSystem& fs = posix_file_system();
  return write_all(fs, fd, text);
}

Result<std::uint64_t> copy_content(FileSystem& fs, const CopyRequest& request,
                                   std::span<std::byte> buffer) {
  return Copy(fs, request, buffer).run();
}

}  // namespace foldersync
