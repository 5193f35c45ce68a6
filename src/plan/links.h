// Hard links, settled after the walk over the entries that have more than one name. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/file_status.h"
#include "core/path.h"
#include "core/result.h"
#include "plan/action.h"
#include "plan/compare.h"

namespace foldersync {

// A path that has more than one name on at least one side, and what the walk decided about it as
// if it were alone. At least one side is there.
struct LinkedEntry {
  RelPath path;
  std::optional<ObjectId> source;   // nothing: the source lacks the path
  std::optional<ObjectId> replica;  // nothing: the replica lacks it
  LinkRange range;                  // of the replica's directory it is or will be in
  std::uint32_t replica_links = 0;  // how many names the replica's object has anywhere
  Comparison comparison;            // never kContentAsked
  std::optional<Facts> before;      // of the replica's entry
  std::optional<Facts> after;       // of the source's entry, for a new object
  // Mode and group, where the replica's object stays and its owner asks for others than `after`.
  std::optional<std::uint32_t> mode_in_place;
  std::optional<std::uint32_t> group_in_place;
};

struct GroupedLinks {
  std::vector<Action> actions;  // in no order
  std::uint64_t unchanged = 0;
};

// The actions that give the replica the same groups as the source: each group of the source
// becomes one object of the replica that has no name elsewhere in the replica. Where the replica's
// names of a group lie in several ranges, no link could join them: each range has an object. So has
// each part of a group that has more names than `most_names`, of which 0 says that there is no such
// limit; which names belong together then may be as the replica has it.
//
// Of each group the first path whose object can stay keeps it; the other names become links to it.
// Where none can stay, the first path is written anew. Metadata is put right in place only where
// every name of the object is known and belongs to the group: an object that has a
// name outside of the replica, as in a snapshot made of links, is never changed, but copied.
// Content is never changed in place. Requires: `entries` holds every path of the replica whose
// object has more than one name, and every path of the source likewise, but for what is excluded.
// `heed` is asked now and then, and its error ends it; none: nobody tells to stop.
Result<GroupedLinks> group_links(std::vector<LinkedEntry> entries, std::uint32_t most_names = 0,
                                 const std::function<Status()>& heed = {});

}  // namespace foldersync
