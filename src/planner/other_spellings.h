// Names of the source that the replica's file system has under another spelling.
#pragma once

#include <map>
#include <set>
#include <string_view>

#include "planner/admission.h"
#include "scan/listing.h"
#include "scan/walker.h"

namespace foldersync {

// Of one pair of directories, for as long as it is visited. Some file systems take names for one
// that differ in letter case, in how Unicode writes a letter, or in a dot at the end (exFAT, vfat,
// SMB, `chattr +F`). Taken for two, what is there would count as made under the one name and go
// under the other.
struct OtherSpellings {
  std::map<std::string_view, ListedEntry> entries;  // the replica's, by the name of the source
  std::set<std::string_view> in_replica;            // what the replica lists them as
  // Names of the source for which the replica has no room: what it finds by them stands for another
  // name, is protected there, or nothing tells which of its entries it is.
  std::set<std::string_view> without_room;
  bool is_unclear = false;  // the last: so nothing that only the replica lists may be deleted
};

// Looks in the replica for the names that only the source lists and that are to be mirrored; what
// the answer says that it does not list has another name there. None where the pair lacks a side.
// Costs two looks, and one at each such name that is not all ASCII, where a name that the replica
// lists shows that letter case counts; elsewhere one at each, and where any is found, one at each
// name that only the replica lists.
OtherSpellings find_other_spellings(const VisitedPair& pair, const Admission& admission);

}  // namespace foldersync
