// What has to be known before an entry is changed in place, and whether it may be at all.
#pragma once

#include "apply/look/look.h"
#include "apply/stage/job.h"
#include "apply/stage/slot.h"

namespace foldersync {

// Of an action that changes an entry in place, was looked at and holds: reads the attributes that
// it changes, which are the ACLs where it gives a mode, whatever the plan says; and what tells the
// entry from a later one that has its inode number. A file that may not get its metadata in place
// (see may_change_in_place(); or it has, or is to have, a capability) is written anew: the action
// becomes an update. A move can't: it is stale.
void prepare_in_place(const Job& job, Looker& looker, Slot& slot);

}  // namespace foldersync
