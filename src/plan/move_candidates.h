// What the source may have only under another path, found among what a plan would create, delete
// and rewrite. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "core/hash.h"
#include "core/path.h"
#include "plan/action.h"
#include "plan/facts.h"

namespace foldersync {

// A directory of the replica that the source lacks.
struct GoneDirectory {
  RelPath path;
  Facts facts;  // with its time
};

// What a plan creates, and what it deletes, that may be one and the same: places among its actions.
struct MovePair {
  std::size_t create = 0;
  std::size_t remove = 0;

  friend auto operator<=>(const MovePair&, const MovePair&) = default;
};

// Files of one size and time, each list in path order. One of the first two and one of the others
// is not empty.
struct MoveGroup {
  std::vector<std::size_t> creates;
  std::vector<std::size_t> updates;  // and creations that no move can bring
  std::vector<std::size_t> removes;
  std::vector<std::size_t> changes;  // whose old file goes, though something else has the path then
};

struct Occurrences {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// A directory that is to be created, and those to be deleted that hold the same entries as far as
// names, types and metadata tell: places among `removes` below, those of the same name first.
struct DirectoryCandidate {
  std::size_t create = 0;
  std::array<Occurrences, 3> like;
};

// Thousands may look alike, in backups for instance: those are listed once for all of them.
struct DirectoryCandidates {
  std::vector<DirectoryCandidate> creates;  // in path order: a directory before those in it
  std::vector<std::size_t> removes;  // like ones side by side, by name and then in path order
};

// The candidates among the actions of one plan: what is created because it is missing, and what is
// deleted because it is extra; and files that are rewritten, from whose path the old one goes, and
// to whose path the new one may come. Files of no size are none. What a directory that becomes
// something else holds is not moved; nor is what a directory that takes the place of something else
// will hold: to take that back, it would have to leave before the directory is cleared, and nothing
// does. Files may be taken over from the one, and for the other.
class MoveCandidates {
 public:
  // `actions` may be in any order and must outlive this object; they are not changed meanwhile.
  // `directories` tells of each directory that is deleted, in any order. What is at a `blocked`
  // path is not moved, and no directory above it.
  MoveCandidates(const std::vector<Action>& actions, std::vector<GoneDirectory> directories,
                 std::vector<RelPath> blocked, const Policy& policy);

  // Whether nothing can have another path, as nothing comes or nothing goes.
  [[nodiscard]] bool empty() const {
    return (created_.empty() && updated_.empty()) || (gone_.empty() && changed_.empty());
  }

  // Only directories in which a file with content lies somewhere.
  [[nodiscard]] DirectoryCandidates directories() const;
  // All entries of such a pair of directories, the two themselves first; each with its like.
  [[nodiscard]] std::vector<MovePair> entries(MovePair directories) const;
  // Files that are not `taken` (one for each action), in an order of their own. Those that are
  // rewritten only where another one has the same metadata.
  [[nodiscard]] std::vector<MoveGroup> files(const std::vector<bool>& taken) const;

 private:
  struct Directory;  // one that is open while signatures are computed
  struct Signed {
    Sha256 signature;  // of all that is below
    std::size_t index;
  };

  [[nodiscard]] bool is_blocked(const RelPath& path) const;
  [[nodiscard]] bool holds_blocked(const RelPath& directory) const;
  [[nodiscard]] bool replaces_above(const RelPath& path) const;
  [[nodiscard]] std::vector<std::size_t> below(const std::vector<std::size_t>& sorted,
                                               std::size_t directory) const;
  [[nodiscard]] bool depends_on_owner(const Facts& facts) const;
  [[nodiscard]] Facts facts_of(std::size_t index) const;
  [[nodiscard]] std::vector<Signed> signatures(const std::vector<std::size_t>& sorted) const;
  void close(std::vector<Directory>& open, std::vector<Signed>& done) const;
  void keep_suited(MoveGroup& group) const;

  const std::vector<Action>& actions_;
  std::vector<GoneDirectory> directories_;  // in path order
  std::vector<std::size_t> finishes_;       // in path order
  std::vector<RelPath> blocked_;            // in path order
  std::set<RelPath> replaced_;              // where directories take the place of something else
  const Policy& policy_;
  std::vector<std::size_t> created_;  // in path order
  std::vector<std::size_t> gone_;     // in path order
  std::vector<std::size_t> updated_;  // in path order
  std::vector<std::size_t> changed_;  // in path order
};

// Mode and owner of a file, as far as they count.
using FileMetadata = std::tuple<std::optional<std::uint32_t>, std::optional<std::uint32_t>,
                                std::optional<std::uint32_t>>;
inline FileMetadata metadata_of(const Facts& facts) { return {facts.mode, facts.uid, facts.gid}; }

// Whether the file that goes from its path by `goes` has the metadata that `comes` wants, as far as
// the plan tells. Requires: both are about files.
inline bool wants_metadata_of(const Action& comes, const Action& goes) {
  return metadata_of(*comes.after) == metadata_of(*goes.before);
}

}  // namespace foldersync
