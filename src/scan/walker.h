// Walking two trees together, a pair of directories at a time, on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/result.h"
#include "fs/clock.h"
#include "scan/listing.h"
#include "scan/readable_tree.h"

namespace foldersync {

// A directory that is to be visited, and what its parent's listing said of it. At least one side
// is there.
struct PairToVisit {
  std::string path;  // bytes as in RelPath
  std::optional<FileStatus> source;
  std::optional<FileStatus> replica;
  // Of the replica's directory, or of the nearest one above it where the replica lacks it.
  LinkRange replica_range{};
  // What the visitor hands down from a directory to those below it.
  std::shared_ptr<const void> handed_down = {};
  bool source_is_left_out = false;  // the source has it, and it takes no part
};

// One side of a visited pair.
struct VisitedDirectory {
  const FileStatus* self = nullptr;  // null: this side has no such directory
  // Null: absent, it could not be read, or it is closed and the source's could not be read.
  const DirectoryNames* names = nullptr;
  const Error* error = nullptr;       // why it could not be read
  ReadableDirectory* here = nullptr;  // to be asked where names are there
  bool looks_ahead = false;           // see EntryReader

  // From the first one on, during the visit; only one thread at a time.
  [[nodiscard]] EntryReader entries(Vanished vanished = Vanished::kLeftOut) const {
    return names != nullptr ? EntryReader(*here, *names, looks_ahead, vanished) : EntryReader();
  }
};

struct VisitedPair {
  std::string_view path;
  VisitedDirectory source;
  VisitedDirectory replica;
  LinkRange replica_range{};  // as in PairToVisit
  std::shared_ptr<const void> handed_down = {};
  bool source_is_left_out = false;  // likewise
  std::size_t worker = 0;           // which thread visits: below widest(options)
};

class PairVisitor {
 public:
  virtual ~PairVisitor() = default;
  // Called once for each pair, by several threads, a directory always before its contents. Adds to
  // `children`, in byte order of names, the pairs to visit below. An error ends the whole walk.
  virtual Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children) = 0;
};

struct WalkOptions {
  std::size_t threads = 1;
  const std::atomic<bool>* stop = nullptr;  // set by others: the walk ends with kStopped
  // So many work where that helps, since they wait for a disk (WalkWidth); not above `threads`:
  // never more than these.
  std::size_t most_threads = 0;
  std::function<ThreadTimes()> clock = thread_times;  // of the thread that asks
  // Threads keep close to each other, nearly in the order in which one would visit; else they share
  // the work more evenly.
  bool in_order = false;
};

// How many threads may come to work.
inline std::size_t widest(const WalkOptions& options) {
  return std::max(options.threads, options.most_threads);
}

// Where a walk begins: a pair, and the trees of which it is the root; null where that side is
// absent.
struct WalkRoot {
  const ReadableTree* source = nullptr;
  const ReadableTree* replica = nullptr;
  PairToVisit pair;
};

// Visits the root and all that visitors add. Fewer threads than most_threads come to work where few
// descriptors are allowed. Where more than one may, each has two more look ahead in a large
// directory (StatusAhead). Memory: the names of one directory a side and thread, and the pairs that
// wait.
Status walk_pairs(WalkRoot root, const WalkOptions& options, PairVisitor& visitor);

}  // namespace foldersync
