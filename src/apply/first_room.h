// Room for the staging folder itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>

#include "apply/backup/backup.h"
#include "apply/look/look.h"
#include "apply/stage/request.h"

namespace foldersync {

struct FirstRoom {
  std::set<std::uint64_t> gone = {};  // the numbers in the plan of what was removed
  // Where one is wanted and something was removed: what is gone is in it, on disk with its undo.
  std::shared_ptr<Backup> backup = nullptr;
};

// Of a plan whose deletions go first, where the disk is too full for folders and records: removes
// files that go, in their place, until there is room for these. Nothing is removed of an atomic
// apply, nor where a backup on the same disk wants it: on another one it is kept before. That they
// are gone is on disk then, and directories are as they were. Error: the plan can't be read, or it
// can't be kept or made to last.
// CRASH: killed in between, the backup has what is still there, and its undo finds it so.
// RACE: what others put in the place of such a file between its look and its removal is lost.
// `lack`: whether the file system is asked how much is free; or there is none, as calls have shown,
// though it says otherwise (a quota).
enum class Lack : std::uint8_t { kAsked, kSeen };
Result<FirstRoom> make_first_room(const ApplyRequest& request, const LookContext& looks,
                                  std::size_t max_open, Lack lack = Lack::kAsked);

}  // namespace foldersync
