// How fast the content of two trees could be told to be equal: what limit_walk does, and each file
// that has the same size in both is read from both, side by side.
//
// Usage: limit_compare A B [THREADS]
// `differences` counts names that only one tree has, other types or sizes, and other content.
#include "tree_pairs.h"

namespace {

using bench::Descriptor;
using bench::Entry;
using bench::Listing;
using bench::Pair;

constexpr std::size_t kChunkBytes = std::size_t{1} << 18;

struct Worker {
  void visit(const Pair& pair, std::vector<Pair>& found) {
    const Descriptor left_directory(bench::open_directory(pair.a));
    const Descriptor right_directory(bench::open_directory(pair.b));
    fill(a, left_directory.get(), pair.a);
    fill(b, right_directory.get(), pair.b);
    ++totals.directories;
    bench::merge(
        a, b,
        [&](const Entry& left, const Entry& right) {
          if (left.type == DT_DIR && right.type == DT_DIR) {
            found.push_back(pair.below(a.name(left)));
            return;
          }
          ++totals.others;
          if (left.type != right.type || left.size_bytes != right.size_bytes) {
            ++totals.differences;
          } else if (left.type == DT_REG) {
            totals.bytes += left.size_bytes;
            const Descriptor left_file(open_file(left_directory.get(), a.name(left)));
            const Descriptor right_file(open_file(right_directory.get(), b.name(right)));
            if (!same_content(left_file.get(), right_file.get(), left.size_bytes)) {
              ++totals.differences;
            }
          }
        },
        [&] { ++totals.differences; });
  }

  static void fill(Listing& listing, int directory, const std::string& path) {
    listing.read(directory, path);
    listing.look(directory, path);
    listing.sort();
  }

  static int open_file(int directory, const char* name) {
    const int number = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (number < 0) bench::give_up("open", name);
    return number;
  }

  bool same_content(int left, int right, std::uint64_t size_bytes) {
    while (size_bytes > 0) {
      const ssize_t bytes = read(left, left_chunk.data(), kChunkBytes);
      if (bytes <= 0 || read(right, right_chunk.data(), kChunkBytes) != bytes) return false;
      const auto length = static_cast<std::size_t>(bytes);
      if (std::memcmp(left_chunk.data(), right_chunk.data(), length) != 0) return false;
      size_bytes -= std::min<std::uint64_t>(size_bytes, length);
    }
    return true;
  }

  Listing a, b;
  std::vector<char> left_chunk = std::vector<char>(kChunkBytes);
  std::vector<char> right_chunk = std::vector<char>(kChunkBytes);
  bench::Totals totals;
};

}  // namespace

int main(int count, char** arguments) { return bench::run<Worker>(count, arguments); }
