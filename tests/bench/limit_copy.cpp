// How fast a tree could be copied so that nobody sees half a file: each file is written under a
// temporary name in its own directory, gets its mode and time, and is renamed.
//
// Usage: limit_copy SOURCE TARGET [THREADS]
// TARGET must not exist. Directories, regular files and symbolic links are copied; owners and the
// times of directories and links are not. Where the file system can clone, files are cloned. Built
// with COPY_RANGE, the kernel copies (copy_file_range) instead of chunks that are read and written.
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "tree_pairs.h"

namespace {

using bench::Descriptor;
using bench::Entry;
using bench::Pair;

constexpr std::size_t kChunkBytes = std::size_t{1} << 18;

struct Worker {
  void visit(const Pair& pair, std::vector<Pair>& found) {
    if (mkdir(pair.b.c_str(), 0755) != 0) bench::give_up("mkdir", pair.b);
    const Descriptor source(bench::open_directory(pair.a));
    const Descriptor target(bench::open_directory(pair.b));
    listing.read(source.get(), pair.a);
    ++totals.directories;
    for (const Entry& entry : listing.entries()) {
      const char* name = listing.name(entry);
      if (entry.type == DT_DIR) {
        found.push_back(pair.below(name));
        continue;
      }
      ++totals.others;
      if (entry.type == DT_LNK) copy_link(source.get(), target.get(), name);
      if (entry.type == DT_REG) copy_file(source.get(), target.get(), name);
    }
  }

  static void copy_link(int source, int target, const char* name) {
    char text[4097];
    const ssize_t length = readlinkat(source, name, text, sizeof text - 1);
    if (length < 0) bench::give_up("readlink", name);
    text[length] = '\0';
    if (symlinkat(text, target, name) != 0) bench::give_up("symlink", name);
  }

  void copy_file(int source, int target, const char* name) {
    const Descriptor from(openat(source, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status;
    if (from.get() < 0 || fstat(from.get(), &status) != 0) bench::give_up("open", name);

    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    const Descriptor to(openat(target, kTemporary, kFlags, status.st_mode & 07777));
    if (to.get() < 0) bench::give_up("create", name);
    const auto size_bytes = static_cast<std::uint64_t>(status.st_size);
    if (size_bytes > 0 && !clone(from.get(), to.get())) write(from.get(), to.get(), size_bytes);

    const timespec times[] = {{0, UTIME_OMIT}, status.st_mtim};
    if (futimens(to.get(), times) != 0) bench::give_up("utimens", name);
    if (renameat(target, kTemporary, target, name) != 0) bench::give_up("rename", name);
    totals.bytes += size_bytes;
  }

  bool clone(int from, int to) {
    if (clones && ioctl(to, FICLONE, from) != 0) clones = false;
    return clones;
  }

  void write(int from, int to, std::uint64_t size_bytes) {
    while (size_bytes > 0) {
#ifdef COPY_RANGE
      const ssize_t copied = copy_file_range(from, nullptr, to, nullptr, size_bytes, 0);
      if (copied <= 0) bench::give_up("copy_file_range", "a file that shrank");
      size_bytes -= std::min(size_bytes, static_cast<std::uint64_t>(copied));
#else
      const ssize_t bytes = read(from, chunk.data(), kChunkBytes);
      if (bytes <= 0) bench::give_up("read", "a file that shrank");
      const auto length = static_cast<std::size_t>(bytes);
      if (::write(to, chunk.data(), length) != bytes) bench::give_up("write", "all of a chunk");
      size_bytes -= std::min<std::uint64_t>(size_bytes, length);
#endif
    }
  }

  // Only one thread works in a directory, one file at a time.
  static constexpr const char* kTemporary = ".limit_copy.tmp";

  bench::Listing listing;
  std::vector<char> chunk = std::vector<char>(kChunkBytes);
  bool clones = true;  // until the first clone fails
  bench::Totals totals;
};

}  // namespace

int main(int count, char** arguments) {
  umask(0);
  return bench::run<Worker>(count, arguments);
}
