#include "apply/move_replay.h"

#include <optional>
#include <string>

namespace foldersync {

Status MoveReplay::forward(const Action& action, const ActionRecord& record) {
  return bring(*action.other, action.path, *record.old);
}

Status MoveReplay::backward(const Action& action, const ActionRecord& record) {
  return bring(action.path, *action.other, *record.old);
}

// From where it may be to where it belongs.
Status MoveReplay::bring(const RelPath& here, const RelPath& there, const FileStatus& entry) {
  const auto at_goal = TRY(access_.status(there));
  const auto left = TRY(access_.status(here));
  const bool has_arrived = at_goal && same_object(*at_goal, entry);
  const bool is_left = left && same_object(*left, entry);
  if (has_arrived && is_left) {
    const auto parent = access_.parent(here);
    if (!parent) return parent.error();
    return access_.with_write_access(*parent, here.parent(), [&] {
      return fs_.remove_file(*parent, std::string(here.name()).c_str());
    });
  }
  if (has_arrived) return success();
  if (!is_left) {
    ++result_.overtaken;
    return success();
  }
  const auto moved = TRY(mover_.move(here, there, *left));
  if (moved != Published::kDone) ++result_.overtaken;
  return success();
}

}  // namespace foldersync
