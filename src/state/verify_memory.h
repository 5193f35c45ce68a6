// What one verification leaves for the next: how far it came, and which files of a source are held
// since they went bad.
#pragma once

#include <optional>
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

// A file of a source that went bad by itself, or can't be read: as it was then.
struct HeldFile {
  RelPath path;
  FileStamp stamp;
  friend bool operator==(const HeldFile&, const HeldFile&) = default;
};

// More than these are not held from one run to the next.
inline constexpr std::size_t kMostHeldFiles = 10'000;

// Those of the tree with this identity, by path. Error kState: there may be some.
Result<std::vector<HeldFile>> held_files(Memory& memory, const std::string& source);
// Kept with save().
void set_held_files(Memory& memory, const std::string& source, std::vector<HeldFile> files);

}  // namespace foldersync
