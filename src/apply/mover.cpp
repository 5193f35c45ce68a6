#include "apply/mover.h"

#include <cerrno>
#include <string>
#include <utility>

#include "apply/staging_area.h"

namespace foldersync {

Result<bool> Mover::is_expected(const Place& place, const FileStatus& expected) {
  const auto found = TRY(fs_.status_at(place.directory, place.name.c_str()));
  return expected.is_directory() ? same_object(found, expected)
                                 : same_content_stamps(found, expected);
}

Result<Published> Mover::move(const RelPath& from, const RelPath& to, const FileStatus& expected) {
  const auto old_parent = TRY(replica_.parent(from));
  // The next parent takes its place.
  const auto home = TRY(fs_.open_directory(old_parent, "."));
  const auto new_parent = TRY(replica_.parent(to));
  const Place origin{home.get(), std::string(from.name())};
  const Place target{new_parent, std::string(to.name())};
  const auto rename = [&] { return publisher_.create(origin, target); };
  const auto with_access = [&] {
    return replica_.with_write_access(origin.directory, from.parent(), [&] {
      return replica_.with_write_access(target.directory, to.parent(), rename);
    });
  };
  auto renamed = with_access();
  if (!renamed && renamed.error().error_number == EACCES && expected.is_directory() &&
      let_move(fs_, origin.directory, origin.name)) {
    renamed = with_access();
  }
  if (!renamed && renamed.error().error_number == ENOENT) return Published::kForeign;
  if (!renamed || *renamed != Published::kDone) return renamed;
  // CRASH: killed before this look, what others put at `from` in the moment before the rename has
  // the new name, and the next plan finds it there.
  const auto as_expected = is_expected(target, expected);
  if (as_expected && *as_expected) return Published::kDone;
  // RACE: what others put there between the look and the rename goes back.
  const auto back = publisher_.create(target, origin);
  if (!back || *back != Published::kDone) return Published::kStranded;
  if (!as_expected) return as_expected.error();
  return Published::kForeign;
}

}  // namespace foldersync
