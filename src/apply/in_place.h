// Giving entries that stay where they are other metadata. Any thread, with a looker of its own.
#pragma once

#include <cstdint>
#include <optional>

#include "apply/limit_book.h"
#include "apply/look.h"
#include "apply/slot.h"
#include "core/file_status.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "plan/action.h"

namespace foldersync {

// What was found at the last look, and what came of the change, where nothing stood in its way.
struct InPlace {
  LookResult look;
  std::optional<FileType> touched;            // that was opened to be changed
  std::optional<Result<FileStatus>> changed;  // and read back; nothing: left alone
};

struct InPlaceContext {
  FileSystem& fs;
  const Policy& policy;
  LimitBook& book;
};

// Whether the action holds, and works on the very object that was found when the slot's look was
// made, before the window's record was written.
bool holds_as_then(const Slot& slot, const LookResult& look);

// An action of op kMetadata on an entry that is no directory; `names_added` this run gave to it.
InPlace change_in_place(const InPlaceContext& context, const Slot& slot, std::uint32_t names_added,
                        Looker& looker);

// Gives an open entry the metadata `wanted`, and the attributes that were read for its slot. `now`:
// what it is by now, where that is known, or null. The answer is read back.
Result<FileStatus> set_in_place(const InPlaceContext& context, const Slot& slot,
                                const FileStatus& wanted, Handle entry, const FileStatus* now);

// The change itself, of what was looked at and has the action's path by now.
void set_metadata(const InPlaceContext& context, const Slot& slot, Looker& looker, InPlace& task);

}  // namespace foldersync
