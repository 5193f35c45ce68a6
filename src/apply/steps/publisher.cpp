#include "apply/steps/publisher.h"

#include <array>
#include <cerrno>
#include <cstddef>

#include "apply/stage/staging_area.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

bool is_taken(const Status& status) { return status.error().error_number == EEXIST; }

// What gets the name of a folder that another program has removed is lost on some file systems
// (rclone, whose cache still has the folder), and only reading tells.
Status is_readable(FileSystem& fs, const Place& place) {
  const auto file = fs.open_file(place.directory, place.name.c_str());
  std::array<std::byte, 1> first{};
  const auto count = file ? fs.read(file->get(), first) : Result<std::size_t>(file.error());
  if (count || count.error().error_number != EIO) return success();
  return system_error("read again", EIO,
                      "the file system still knew a folder of that name, and has lost what was "
                      "written: the next run writes it anew");
}

// So that the next run is able to: what is renamed is known no more. `own`: a name that is free.
void forget_folder(FileSystem& fs, const Place& place, const Place& own) {
  if (!fs.make_directory(place.directory, place.name.c_str(), kOwnerAll)) return;
  if (!rename_to(fs, place, own, RenameMode::kReplace)) return;
  (void)fs.remove_directory(own.directory, own.name.c_str());
}

}  // namespace

// Where an overlay keeps no index of links, a name that is renamed gets an inode of its own, if the
// lower layer's file has other names. RACE: what others put there in that moment is taken for it,
// if it has its size, time, mode and owner. Records don't have the mount.
bool is_overlay_copy(FileSystem& fs, int directory, const FileStatus& found,
                     const FileStatus& expected) {
  const bool is_like_it = expected.links > 1 && found.links == 1 && found.type == expected.type &&
                          (expected.mount == 0 || found.mount == expected.mount) &&
                          found.size == expected.size && found.mtime == expected.mtime &&
                          found.mode == expected.mode && found.uid == expected.uid &&
                          found.gid == expected.gid;
  if (!is_like_it || found.is_directory()) return false;
  const auto facts = fs.facts(directory);
  return facts && !facts->moves_directories;
}

bool is_what_was_displaced(FileSystem& fs, const Place& moved, const FileStatus& found,
                           const FileStatus& expected) {
  return is_still(found, expected) || is_overlay_copy(fs, moved.directory, found, expected);
}

Status rename_to_own(FileSystem& fs, const Place& from, const Place& own) {
  Status renamed = rename_to(fs, from, own, RenameMode::kNoReplace);
  if (renamed || !lacks_call(renamed.error())) return renamed;
  return rename_to(fs, from, own, RenameMode::kReplace);
}

void Publisher::say_once(bool& said, const char* sentence) {
  if (!said) observer_.warn(sentence);
  said = true;
}

Result<bool> Publisher::is_as_expected(const Place& moved, const FileStatus& expected) {
  const auto found = TRY(fs_.status_at(moved.directory, moved.name.c_str()));
  if (!found.is_directory()) return is_what_was_displaced(fs_, moved, found, expected);
  if (!same_object(found, expected)) return false;
  const auto directory = fs_.open_directory(moved.directory, moved.name.c_str());
  // One that may not be read shows when it is removed.
  if (!directory) return true;
  Listing listing;
  TRY(listing.read(fs_, directory->get()));
  return listing.entries().empty();
}

Result<Published> Publisher::create(const Place& staged, const Place& target) {
  Status renamed = rename_to(fs_, staged, target, RenameMode::kNoReplace);
  if (renamed) return Published::kDone;
  if (is_taken(renamed)) return Published::kOvertaken;
  if (lacks_call(renamed.error())) return create_without_noreplace(staged, target);
  return std::move(renamed).error();
}

Result<Published> Publisher::create_without_noreplace(const Place& staged, const Place& target) {
  say_once(
      said_no_noreplace_,
      "the replica's file system can't rename without replacing: new names are made by a link");
  Status linked =
      fs_.make_link(staged.directory, staged.name.c_str(), target.directory, target.name.c_str());
  if (linked) {
    // What can't be removed now goes with the staging folder.
    (void)fs_.remove_file(staged.directory, staged.name.c_str());
    return Published::kDone;
  }
  if (is_taken(linked)) return Published::kOvertaken;
  const auto there = fs_.status_at(target.directory, target.name.c_str());
  if (there) return Published::kOvertaken;
  if (there.error().error_number != ENOENT) return there.error();
  // RACE: whatever gets this name between the look and the rename is replaced. Only where the file
  // system has neither RENAME_NOREPLACE nor links; an empty directory at worst, for directories.
  TRY(rename_to(fs_, staged, target, RenameMode::kReplace));
  Status readable = is_readable(fs_, target);
  if (readable) return Published::kDone;
  // RACE: a file that another gives this name meanwhile goes, too. Only here, where what was just
  // read gave EIO; left there, ours would count as unchanged ever after.
  (void)fs_.remove_file(target.directory, target.name.c_str());
  forget_folder(fs_, target, staged);
  return std::move(readable).error();
}

Result<Published> Publisher::replace(const StagedPlace& staged, const Place& target,
                                     const FileStatus& expected) {
  const auto exchange = [&] { return rename_to(fs_, staged, target, RenameMode::kExchange); };
  const Status exchanged =
      expected.is_directory() ? rename_directory(fs_, target, exchange) : exchange();
  if (!exchanged) {
    const int number = exchanged.error().error_number;
    if (number == EXDEV && expected.is_directory() && staged.is_beside_target) {
      return replace_empty_directory(staged, target);
    }
    if (lacks_call(exchanged.error())) return replace_without_exchange(staged, target, expected);
    if (number == ENOENT) return Published::kOvertaken;
    return exchanged.error();
  }
  // CRASH: killed before this look, what others put there in the moment before the exchange is
  // taken by the next run for what the plan displaced, and removed with the staging folder.
  const auto as_expected = is_as_expected(staged, expected);
  if (as_expected && *as_expected) return Published::kDisplaced;
  auto back = exchange_back(staged, target);
  if (back && *back == Published::kOvertaken && !as_expected) return as_expected.error();
  return back;
}

// RACE: what others put there between the look and the exchange came out, and goes back as it was.
// Where they replaced it once more meanwhile, the newer of theirs comes out: it is stranded, too.
Result<Published> Publisher::exchange_back(const StagedPlace& staged, const Place& target) {
  if (!rename_to(fs_, staged, target, RenameMode::kExchange)) return Published::kStranded;
  auto ours = fs_.status_at(staged.directory, staged.name.c_str());
  if (!ours) {
    // Too much hangs on it to give up at once.
    const auto entry = fs_.open_entry(staged.directory, staged.name.c_str());
    if (entry) ours = fs_.status(entry->get());
  }
  return ours && same_object(*ours, staged.made) ? Published::kOvertaken : Published::kStranded;
}

// Where a directory can't be renamed (overlay file systems), it is removed, since it is empty.
// RACE: for a moment neither the old nor the new is there.
Result<Published> Publisher::replace_empty_directory(const Place& staged, const Place& target) {
  Status removed = fs_.remove_directory(target.directory, target.name.c_str());
  if (!removed && (removed.error().error_number == ENOTEMPTY || is_taken(removed))) {
    return Published::kOvertaken;
  }
  if (!removed) return std::move(removed).error();
  return create(staged, target);
}

Result<Published> Publisher::replace_without_exchange(const StagedPlace& staged,
                                                      const Place& target,
                                                      const FileStatus& expected) {
  say_once(said_no_exchange_,
           "the replica's file system can't exchange names: what is replaced is moved aside first");
  const Place old{staged.directory, staged.name + ".old"};
  if (!staged.made.is_directory() && !expected.is_directory()) {
    Status linked =
        fs_.make_link(target.directory, target.name.c_str(), old.directory, old.name.c_str());
    if (linked) return replace_linked(staged, target, old, expected);
    if (linked.error().error_number == ENOENT) return Published::kOvertaken;
  }
  // The old one goes aside, then the new one appears. So does an empty directory: what has its name
  // next is lost on a file system that still knows the one that was removed (rclone).
  // RACE: for a moment neither is there. CRASH: the same, until the next run.
  auto taken = take_away(target, old, expected);
  if (!taken && taken.error().error_number == EXDEV && expected.is_directory()) {
    return replace_empty_directory(staged, target);
  }
  if (!taken || *taken != Published::kDisplaced) return taken;
  auto created = create(staged, target);
  if (created && *created == Published::kDone) return keep_old(old, staged);
  // What was put aside is what the plan wanted to go; it goes back all the same, if it can, and is
  // kept otherwise. Where not even its name can be changed, neither can it be put aside, and the
  // staging folder stays.
  const auto back = create(old, target);
  if (back && *back == Published::kDone) return created;
  (void)rename_to(fs_, old, staged, RenameMode::kReplace);
  return Published::kStranded;
}

// Without an exchange the old object has got a second name, `old`, in the staging folder first, so
// that it is not lost when the new one takes its place.
Result<Published> Publisher::replace_linked(const StagedPlace& staged, const Place& target,
                                            const Place& old, const FileStatus& expected) {
  const auto as_expected = is_as_expected(old, expected);
  // RACE: what others put there between the look and the rename is replaced.
  Status renamed = !as_expected   ? Status(as_expected.error())
                   : *as_expected ? rename_to(fs_, staged, target, RenameMode::kReplace)
                                  : success();
  if (renamed && *as_expected) return keep_old(old, staged);
  (void)fs_.remove_file(old.directory, old.name.c_str());
  if (!renamed) return std::move(renamed).error();
  return Published::kOvertaken;
}

// What was displaced gets the staged name, as after an exchange.
Result<Published> Publisher::keep_old(const Place& old, const Place& staged) {
  Status renamed = rename_to(fs_, old, staged, RenameMode::kReplace);
  if (!renamed) return Published::kDone;  // removed with the staging folder
  return Published::kDisplaced;
}

Result<Published> Publisher::take_away(const Place& target, const Place& staged,
                                       const FileStatus& expected) {
  return take_away(target, staged, expected, [&] { return is_as_expected(staged, expected); });
}

Result<Published> Publisher::take_away(const Place& target, const Place& staged,
                                       const FileStatus& expected,
                                       const std::function<Result<bool>()>& is_expected) {
  const auto rename = [&] { return rename_to_own(fs_, target, staged); };
  const Status renamed = expected.is_directory() ? rename_directory(fs_, target, rename) : rename();
  if (!renamed && renamed.error().error_number == ENOENT) return Published::kOvertaken;
  if (!renamed) return renamed.error();
  // CRASH: as in replace().
  const auto as_expected = is_expected();
  if (as_expected && *as_expected) return Published::kDisplaced;
  // RACE: what others put there between the look and the rename goes back.
  const auto back = create(staged, target);
  if (!back || *back != Published::kDone) return Published::kStranded;
  if (!as_expected) return as_expected.error();
  return Published::kOvertaken;
}

}  // namespace foldersync
