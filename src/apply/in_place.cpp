#include "apply/in_place.h"

#include <string>

#include "apply/attributes.h"
#include "fs/fd.h"

namespace foldersync {

bool holds_as_then(const Slot& slot, const LookResult& look) {
  if (!slot.look || slot.error) return false;
  const Finding then = slot.look->finding;
  if (then == Finding::kFailed || then == Finding::kStale) return false;
  if (look.finding != Finding::kHolds) return false;
  const auto& found = slot.look->replica;
  return found.has_value() == look.replica.has_value() &&
         (!found || same_object(*found, *look.replica));
}

InPlace change_in_place(const InPlaceContext& context, const Slot& slot, std::uint32_t names_added,
                        Looker& looker) {
  InPlace task{looker.look(slot.action), std::nullopt, std::nullopt};
  if (holds_as_then(slot, task.look) && !foreign_name(slot.action, task.look, names_added)) {
    set_metadata(context, slot, looker, task);
  }
  return task;
}

// RACE: a writer who changes the content without changing its size between the look and the
// setting of the time is not noticed by size and time afterwards; --checksum finds it.
Result<FileStatus> set_in_place(const InPlaceContext& context, const Slot& slot,
                                const FileStatus& wanted, Handle entry, const FileStatus* now) {
  AttributeRequest request{context.fs, context.policy, context.book, entry, wanted};
  if (slot.new_xattrs) request.xattrs = &*slot.new_xattrs;
  request.refusal_is_error = true;
  request.now = now;
  return set_attributes(request);
}

void set_metadata(const InPlaceContext& context, const Slot& slot, Looker& looker, InPlace& task) {
  FileSystem& fs = context.fs;
  const auto parent = looker.replica_parent(slot.action.path);
  const auto entry = parent ? fs.open_entry(*parent, std::string(slot.action.path.name()).c_str())
                            : Result<Fd>(parent.error());
  const auto now = entry ? fs.status(entry->get()) : Result<FileStatus>(entry.error());
  if (!now) {
    task.changed = now;
  } else if (same_content_stamps(*now, *task.look.replica)) {
    task.touched = now->type;
    task.changed = set_in_place(context, slot, task.look.wanted, {entry->get(), true}, &*now);
  }
}

}  // namespace foldersync
