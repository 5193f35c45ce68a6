// Usage: block_log IMAGE LOG FOLDER
//
// Mounts on FOLDER, in the background, a file system with two files, by FUSE. `disk` has the
// content of IMAGE; it may be read and written, and what is written stays in memory: IMAGE is not
// changed. What is written to `mark` is only noted. LOG tells in their order of all writes to
// `disk`, of all requests to make them durable, and of all marks: on each follow three numbers of
// eight bytes in the machine's order (1 write, 2 flush, 3 mark; offset; length), and the bytes. It
// ends when FOLDER is unmounted.
#define FUSE_USE_VERSION 31

#include <fcntl.h>
#include <fuse.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace block_log {
namespace {

constexpr int kUsage = 64;
constexpr int kToolFailed = 125;
constexpr std::string_view kDiskName = "/disk";
constexpr std::string_view kMarkName = "/mark";

enum class Kind : std::uint64_t { kWrite = 1, kFlush = 2, kMark = 3 };

// Used by one thread: what is logged first was answered first.
struct Disk {
  std::span<char> bytes;
  int log = -1;
};

Disk& disk() { return *static_cast<Disk*>(fuse_get_context()->private_data); }

bool note(Kind kind, std::uint64_t offset, std::span<const char> bytes) {
  std::array<std::uint64_t, 3> head{static_cast<std::uint64_t>(kind), offset, bytes.size()};
  // writev() only reads; its type serves readv(), too.
  const std::array<iovec, 2> pieces{
      {{head.data(), sizeof(head)}, {const_cast<char*>(bytes.data()), bytes.size()}}};
  const ssize_t written = writev(disk().log, pieces.data(), pieces.size());
  return written == static_cast<ssize_t>(sizeof(head) + bytes.size());
}

int get_attributes(const char* path, struct stat* status, fuse_file_info* /*file*/) {
  *status = {};
  status->st_nlink = 1;
  status->st_mode = S_IFREG | 0600U;
  if (path == kDiskName) {
    status->st_size = static_cast<off_t>(disk().bytes.size());
  } else if (std::string_view(path) == "/") {
    status->st_mode = S_IFDIR | 0700U;
  } else if (path != kMarkName) {
    return -ENOENT;
  }
  return 0;
}

int open_file(const char* path, fuse_file_info* file) {
  // Each write() of a mark is one mark.
  file->direct_io = path == kMarkName ? 1 : 0;
  return 0;
}

int read_disk(const char* path, char* buffer, std::size_t size, off_t offset,
              fuse_file_info* /*file*/) {
  const std::span<const char> bytes = disk().bytes;
  const auto begin = static_cast<std::size_t>(offset);
  if (path != kDiskName || begin >= bytes.size()) return 0;
  const auto piece = bytes.subspan(begin, std::min(size, bytes.size() - begin));
  std::ranges::copy(piece, buffer);
  return static_cast<int>(piece.size());
}

int write_disk(const char* path, const char* buffer, std::size_t size, off_t offset,
               fuse_file_info* /*file*/) {
  const std::span<const char> data(buffer, size);
  const auto begin = static_cast<std::size_t>(offset);
  const bool is_mark = path == kMarkName;
  if (!is_mark) {
    const std::span<char> bytes = disk().bytes;
    if (begin > bytes.size() || size > bytes.size() - begin) return -ENOSPC;
    std::ranges::copy(data, bytes.subspan(begin).begin());
  }
  const Kind kind = is_mark ? Kind::kMark : Kind::kWrite;
  return note(kind, is_mark ? 0 : begin, data) ? static_cast<int>(size) : -EIO;
}

int flush_disk(const char* /*path*/, int /*data_only*/, fuse_file_info* /*file*/) {
  return note(Kind::kFlush, 0, {}) ? 0 : -EIO;
}

int fail(const char* what) {
  std::fprintf(stderr, "block_log: %s: %s\n", what, std::strerror(errno));
  return kToolFailed;
}

int serve(char* program, const char* image, const char* log, char* folder) {
  const int source = open(image, O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (source < 0 || fstat(source, &status) != 0) return fail(image);
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, source, 0);
  if (bytes == MAP_FAILED) return fail(image);
  Disk disk{{static_cast<char*>(bytes), size}, -1};
  disk.log = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (disk.log < 0) return fail(log);
  fuse_operations operations{};
  operations.getattr = get_attributes;
  operations.open = open_file;
  operations.read = read_disk;
  operations.write = write_disk;
  operations.fsync = flush_disk;
  std::string one_thread = "-s";
  std::array<char*, 3> arguments{program, one_thread.data(), folder};
  return fuse_main(static_cast<int>(arguments.size()), arguments.data(), &operations, &disk);
}

}  // namespace
}  // namespace block_log

int main(int count, char** arguments) {
  if (count == 4) return block_log::serve(arguments[0], arguments[1], arguments[2], arguments[3]);
  std::fputs("usage: block_log IMAGE LOG FOLDER\n", stderr);
  return block_log::kUsage;
}
