// What one verification leaves for the next: how far it came, and which files of a source are held
// since they went bad.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/path.h"
#include "core/result.h"
#include "core/tree_position.h"
#include "state/hash_cache.h"
#include "state/memory.h"

namespace foldersync {

// The two trees, by Root::identity; of one that is verified alone, the second is empty.
struct VerifiedTrees {
  std::string source;
  std::string replica;
};

// Whose way through the trees: of `verify`, which a person can go on with, or of the shares that
// runs take.
enum class VerifiedBy : std::uint8_t { kCommand, kRuns };

// Where it goes on; nothing: at the start. What can't be read costs a new beginning.
std::optional<TreePosition> verified_up_to(Memory& memory, const VerifiedTrees& trees,
                                           VerifiedBy whose);
// Kept with save(). Nothing: all is done.
void set_verified_up_to(Memory& memory, const VerifiedTrees& trees, VerifiedBy whose,
                        const std::optional<TreePosition>& next);

// A file of a source that went bad by itself, or can't be read: as it was when it was looked at
// last.
struct HeldFile {
  RelPath path;
  FileStamp stamp;
  std::optional<Md5> good = {};  // what it held before, where that was known
  int error_number = 0;  // errno: EBADMSG where it holds something else, else why it is unread
  friend bool operator==(const HeldFile&, const HeldFile&) = default;
};

// More than these are not held from one run to the next.
inline constexpr std::size_t kMostHeldFiles = 10'000;

// Those of the tree with this identity, by path. Error kState: there may be some.
Result<std::vector<HeldFile>> held_files(Memory& memory, const std::string& source);
// Kept with save().
void set_held_files(Memory& memory, const std::string& source, std::vector<HeldFile> files);

// What a share has shown and no run has put right yet: paths, ascending. What can't be read of it
// is found again in its turn.
std::set<std::string, std::less<>> doubted_files(Memory& memory, const VerifiedTrees& trees);
// Kept with save(). Of more than kMostHeldFiles, the first are.
void set_doubted_files(Memory& memory, const VerifiedTrees& trees,
                       const std::set<std::string, std::less<>>& paths);

}  // namespace foldersync
