// How fast two equal trees could be told to be equal: each directory of both is opened and listed,
// each entry of both gets one statx, and nothing else is asked.
//
// Usage: limit_walk A B [THREADS]
// `differences` counts names that only one tree has, and entries whose type or mode differs, or of
// a file the size or the modification time.
#include "tree_pairs.h"

namespace {

using bench::Descriptor;
using bench::Entry;
using bench::Listing;
using bench::Pair;

struct Worker {
  void visit(const Pair& pair, std::vector<Pair>& found) {
    fill(a, pair.a);
    fill(b, pair.b);
    ++totals.directories;
    bench::merge(
        a, b,
        [&](const Entry& left, const Entry& right) {
          if (!left.same_as(right)) ++totals.differences;
          if (left.type == DT_DIR && right.type == DT_DIR) {
            found.push_back(pair.below(a.name(left)));
          } else {
            ++totals.others;
            totals.bytes += left.type == DT_REG ? left.size_bytes : 0;
          }
        },
        [&] { ++totals.differences; });
  }

  static void fill(Listing& listing, const std::string& path) {
    const Descriptor directory(bench::open_directory(path));
    listing.read(directory.get(), path);
    listing.look(directory.get(), path);
    listing.sort();
  }

  Listing a, b;
  bench::Totals totals;
};

}  // namespace

int main(int count, char** arguments) { return bench::run<Worker>(count, arguments); }
