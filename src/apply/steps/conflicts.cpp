#include "apply/steps/conflicts.h"

namespace foldersync {

Status Conflicts::prepare() {
  if (!folder_) folder_ = TRY(area_.conflict_folder());
  return success();
}

Result<std::string> Conflicts::keep(const Place& place) {
  any_ = true;
  const auto move = [&]() -> Result<std::string> {
    TRY(prepare());
    return keep_as_conflict(fs_, place, folder_->get());
  };
  auto kept = move();
  if (!kept) kept = move();
  failed_ = failed_ || !kept;
  return kept;
}

}  // namespace foldersync
