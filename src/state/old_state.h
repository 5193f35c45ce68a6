// hashes.db, the one database of earlier versions: what it remembers goes to memory.db, and with
// its hashes it becomes cache.db.
//
// First the memory is copied and durable, then it is taken out of the old file, then the file gets
// its new name: killed at any moment, this is done again from the start by the next one, and what
// memory.db knows by then is the newer. Processes that start at once do it one after the other.
#pragma once

#include <string>

#include "state/open_database.h"
#include "state/state_folder.h"

namespace foldersync {

// Does so where there is a hashes.db. Gives a sentence for people where something of the memory is
// not known for that reason, now or for good; else nothing. Requires: `memory` is usable, and no
// transaction of it is under way.
std::string adopt_old_state(const StateFolder& folder, OpenedDatabase& memory,
                            int busy_milliseconds);

// The old file as it is, whose memory can be read like that of memory.db: for where nothing can be
// written. Not usable where there is none, or only its hashes.
OpenedDatabase read_old_state(const StateFolder& folder, int busy_milliseconds);

}  // namespace foldersync
