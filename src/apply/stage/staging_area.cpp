#include "apply/stage/staging_area.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <sstream>
#include <string_view>
#include <utility>

#include "apply/stage/record.h"
#include "apply/stage/remove_tree.h"
#include "core/path.h"
#include "fs/copy.h"
#include "fs/denial.h"
#include "fs/xattrs.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

constexpr std::string_view kConflict = "conflict";
constexpr std::string_view kPartial = "partial";
constexpr std::string_view kEarlier = "earlier";
constexpr std::string_view kOrigin = "origin";  // the time of the folder around the area

Status write_origin(FileSystem& fs, int area, FileTime mtime) {
  const std::string text =
      std::to_string(mtime.seconds) + " " + std::to_string(mtime.nanoseconds) + "\n";
  const auto file = TRY(fs.create_file(area, std::string(kOrigin).c_str(), 0600));
  return write_all(fs, file.get(), text);
}

std::optional<FileTime> read_origin(FileSystem& fs, int area) {
  const auto file = fs.open_file(area, std::string(kOrigin).c_str());
  if (!file) return std::nullopt;
  std::array<char, 64> text{};
  const auto count = fs.read(file->get(), std::as_writable_bytes(std::span(text)));
  if (!count) return std::nullopt;
  std::istringstream stream(std::string(text.data(), *count));
  FileTime mtime;
  if (!(stream >> mtime.seconds >> mtime.nanoseconds) || stream.get() != '\n') return std::nullopt;
  return mtime.nanoseconds < 1'000'000'000 ? std::optional(mtime) : std::nullopt;
}

bool is_marker(std::string_view name) {
  return std::any_of(kMarkers.begin(), kMarkers.end(),
                     [&](Marker marker) { return name == file_name(marker); });
}

bool is_absent(const Error& error) { return error.error_number == ENOENT; }

// Whether another name may do: it is taken, or what has it can't be looked at.
bool is_of_the_name(const Error& error) { return is_one_of(error, {EEXIST, EIO, EUCLEAN, ESTALE}); }

// Opens what has the name. Nothing where nothing has, or what has is no folder or can't be opened.
Result<std::optional<Fd>> open_if_folder(FileSystem& fs, int home, const std::string& name) {
  using Found = std::optional<Fd>;
  auto fd = fs.open_directory(home, name.c_str());
  if (fd) return Found(std::move(*fd));
  if (is_one_of(fd.error(), {ENOENT, ENOTDIR, ELOOP, EACCES, EPERM})) return Found();
  return std::move(fd).error().at(name);
}

// Nobody else can give this name to something.
std::string owner_file(const StagingKey& key) { return "owner-" + key.code("owner", ""); }

// Whether the file system gives everything that this process makes that owner (SMB and FUSE mounts
// do). A file's descriptor is that of the file that was made, whoever exchanges names.
// CRASH: killed before a file that has a name goes, find() removes it.
bool is_owner_of_what_is_made(FileSystem& fs, int folder, std::uint32_t uid,
                              const StagingKey& key) {
  const std::string name = owner_file(key);
  const auto nameless = fs.create_nameless(folder, 0600);
  const auto named = nameless ? Result<Fd>(Fd()) : fs.create_file(folder, name.c_str(), 0600);
  if (!nameless && !named) return false;
  const auto made = fs.status(nameless ? nameless->get() : named->get());
  if (!nameless) (void)fs.remove_file(folder, name.c_str());
  return made && made->uid == uid;
}

// RACE: whoever may mount there (FUSE lets a plain user) can do so before the folder is opened: he
// would serve what is staged, and say whatever he likes of owners and entries.
Result<bool> is_where_it_was_made(FileSystem& fs, int folder, int home) {
  const auto around = TRY(fs.status(home));
  const auto status = TRY(fs.status(folder));
  return status.mount == around.mount;
}

// Whether the folder can be the one that was made just now.
// RACE: who may write the folder above can put another one there before it is opened. What holds
// something is left as it is; an empty one of the caller's own is as good as ours, and so is one of
// whoever owns all that the caller makes there.
Status refuse_others(FileSystem& fs, int folder, const std::string& name, const StagingKey& key) {
  const auto status = TRY(fs.status(folder));
  const auto anew = TRY(fs.open_directory(folder, "."));  // see Listing::read_anew()
  DirectoryNames names;
  while (names.size() == 0 && TRY(names.read_more(fs, anew.get()))) {
  }
  const bool is_empty = names.size() == 0;
  if (is_empty &&
      (status.uid == ::geteuid() || is_owner_of_what_is_made(fs, folder, status.uid, key))) {
    return success();
  }
  return refused_error(
             "stage",
             "the staging folder was made, and what has its name now is another folder (of user "
             "id " +
                 std::to_string(status.uid) + "): others exchange names in the replica")
      .at(name);
}

}  // namespace

// CRASH: killed before the proof is there, the folder is empty, or holds the file by which its
// owner was asked: find() removes both.
Result<StagingArea> StagingArea::make(FileSystem& fs, const StagingPlace& place,
                                      const StagingKey& key, bool as_root, bool durable) {
  const auto before = TRY(fs.status(place.home));
  Error taken{ErrorCode::kRefused, "stage", std::string(kStagingName), EEXIST,
              "others have taken every name that the staging folder could have"};
  for (const std::string& name : key.names()) {
    Status made = fs.make_directory(place.home, name.c_str(), kOwnerAll);
    if (!made && is_of_the_name(made.error())) {
      if (made.error().error_number != EEXIST) taken = std::move(made).error().at(name);
      continue;
    }
    if (!made) return std::move(made).error().at(name);
    auto fd = TRY(fs.open_directory(place.home, name.c_str()).at(name));
    StagingArea area(fs, place.home, name, std::move(fd), key);
    Status begun = area.begin(place, as_root, durable);
    if (begun) {
      area.home_mtime_ = before.mtime;
      // Without it the folder's time is found to differ by the next plan, and no more.
      (void)write_origin(fs, area.fd(), before.mtime);
      return area;
    }
    if (begun.error().code != ErrorCode::kRefused) return std::move(begun).error().at(name);
    taken =
        std::move(begun).error();  // what others have put there stays, and the next name is tried
  }
  return taken;
}

Status StagingArea::begin(const StagingPlace& place, bool as_root, bool durable) {
  if (!TRY(is_where_it_was_made(*fs_, fd(), home_))) {
    return refused_error("stage",
                         "the staging folder was made, and somebody has mounted something there")
        .at(name_);
  }
  TRY(refuse_others(*fs_, fd(), name_, key_));
  proof_ = TRY(proof_of(*fs_, place, fd(), key_));
  TRY(write_xattrs(*fs_, {fd(), false}, {}, as_root));
  TRY(unless_denied(fs_->set_mode({fd(), false}, kOwnerAll)));
  // From here on nobody else makes a name in it; one that was open to others may hold some by now.
  TRY(refuse_others(*fs_, fd(), name_, key_));
  const auto proof = TRY(fs_->create_file(fd(), proof_.c_str(), 0600));
  return durable ? fs_->sync(proof.get()) : success();
}

Result<std::optional<StagingArea>> StagingArea::find(FileSystem& fs, const StagingPlace& place,
                                                     const StagingKey& key) {
  using Found = std::optional<StagingArea>;
  for (const std::string& name : key.names()) {
    const auto there = fs.status_at(place.home, name.c_str());
    // What is mounted there is not even opened: who serves it may never answer.
    if (there && (!there->is_directory() || there->mount_root)) continue;
    auto fd = TRY(open_if_folder(fs, place.home, name));
    if (!fd) continue;
    if (!TRY(is_where_it_was_made(fs, fd->get(), place.home).at(name))) continue;
    StagingArea area(fs, place.home, name, std::move(*fd), key);
    area.proof_ = TRY(proof_of(fs, place, area.fd(), key).at(name));
    const auto proof = fs.status_at(area.fd(), area.proof_.c_str());
    if (proof) {
      area.home_mtime_ = read_origin(fs, area.fd());
      return Found(std::move(area));
    }
    if (!is_one_of(proof.error(), {ENOENT, EACCES, EPERM})) return Error(proof.error()).at(name);
    (void)fs.remove_file(area.fd(), owner_file(key).c_str());
    // Nothing is lost of an empty one, whoever made it.
    (void)fs.remove_directory(place.home, name.c_str());
  }
  return Found();
}

Status StagingArea::reuse(bool as_root) {
  const auto marker = TRY(read_marker(*fs_, fd()));
  if (marker) {
    return refused_error("stage", "a run was killed while it changed the replica: recover it first")
        .at(name_);
  }
  const auto before = TRY(fs_->status(home_));
  TRY(write_xattrs(*fs_, {fd(), false}, {}, as_root));
  TRY(unless_denied(fs_->set_mode({fd(), false}, kOwnerAll)));
  TRY(set_partial_aside());
  if (home_mtime_) return success();
  home_mtime_ = before.mtime;
  (void)write_origin(*fs_, fd(), before.mtime);
  return success();
}

// What stays as long as the folder does.
bool StagingArea::is_own(std::string_view name) const { return name == kOrigin || name == proof_; }

Status StagingArea::remove_own(const std::string& name) {
  Status removed = fs_->remove_file(fd(), name.c_str());
  return !removed && is_absent(removed.error()) ? success() : removed;
}

Result<Fd> StagingArea::folder(const std::string& name) {
  Status made = fs_->make_directory(fd(), name.c_str(), kOwnerAll);
  if (!made && made.error().error_number != EEXIST) return made.error();
  return fs_->open_directory(fd(), name.c_str());
}

// What the last run left partly copied takes the place of what the one before it had; where it came
// to no large file at all, that is still of use.
Status StagingArea::set_partial_aside() {
  const std::string partial(kPartial);
  const std::string earlier(kEarlier);
  Status gone = fs_->remove_directory(fd(), partial.c_str());
  if (!gone && is_one_of(gone.error(), {ENOTEMPTY, EEXIST})) {
    const auto older = fs_->open_directory(fd(), earlier.c_str());
    if (older) TRY(empty_directory(*fs_, older->get(), {}, wind_up_));
    gone = fs_->rename(fd(), partial.c_str(), fd(), earlier.c_str(), RenameMode::kReplace);
  }
  if (!gone && gone.error().error_number != ENOENT) return gone;
  return empty_directory(*fs_, fd(), {kConflict, kOrigin, proof_, kEarlier}, wind_up_);
}

std::optional<Fd> StagingArea::earlier_folder() {
  auto fd = fs_->open_directory(this->fd(), std::string(kEarlier).c_str());
  return fd ? std::optional<Fd>(std::move(*fd)) : std::nullopt;
}

Result<bool> StagingArea::remove_but_partial() {
  TRY(set_partial_aside());
  Status earlier = fs_->remove_directory(fd(), std::string(kEarlier).c_str());
  const bool holds_some = !earlier && is_one_of(earlier.error(), {ENOTEMPTY, EEXIST});
  if (!holds_some) return remove();
  Status conflict = fs_->remove_directory(fd(), std::string(kConflict).c_str());
  return !conflict && is_one_of(conflict.error(), {ENOTEMPTY, EEXIST});
}

Status StagingArea::empty() {
  return empty_directory(*fs_, fd(), {kConflict, kOrigin, proof_}, wind_up_);
}

Result<bool> StagingArea::remove() {
  TRY(empty());
  TRY(remove_own(std::string(kOrigin)));
  // Only an empty one goes.
  Status conflict = fs_->remove_directory(fd(), std::string(kConflict).c_str());
  if (!conflict && is_one_of(conflict.error(), {ENOTEMPTY, EEXIST})) return true;
  if (!conflict && !is_absent(conflict.error())) return conflict.error();
  // CRASH: killed before the folder goes, it is empty: find() removes it.
  TRY(remove_own(proof_));
  TRY(fs_->remove_directory(home_, name_.c_str()));
  return false;
}

Result<bool> StagingArea::remove_but_filled() {
  Listing listing;
  TRY(listing.read_anew(*fs_, fd()));
  for (const ListedEntry& entry : listing.entries()) {
    if (entry.name == kConflict) continue;
    if (entry.error_number == 0 && !entry.status.is_directory()) continue;
    Status removed = fs_->remove_directory(fd(), entry.name.data());
    if (removed || is_one_of(removed.error(), {ENOENT, ENOTDIR})) continue;
    // Whatever keeps it from being removed, it may hold something, and remove() would not ask.
    const auto conflicts = TRY(conflict_folder());
    TRY(keep_as_conflict(*fs_, {fd(), std::string(entry.name)}, conflicts.get()));
  }
  return remove();
}

void StagingArea::forget_home_mtime() {
  home_mtime_.reset();
  (void)fs_->remove_file(fd(), std::string(kOrigin).c_str());
}

Status StagingArea::put_all_aside() {
  const auto conflicts = TRY(conflict_folder());
  std::string name;
  for (int number = 1;; ++number) {
    name = "killed-" + std::to_string(number);
    Status made = fs_->make_directory(conflicts.get(), name.c_str(), kOwnerAll);
    if (made) break;
    if (made.error().error_number != EEXIST) return made;
  }
  const auto aside = TRY(fs_->open_directory(conflicts.get(), name.c_str()));
  Listing listing;
  TRY(listing.read_anew(*fs_, fd()));
  for (const ListedEntry& entry : listing.entries()) {
    if (entry.name == kConflict || is_own(entry.name) || is_marker(entry.name)) continue;
    if (entry.name == kPartial || entry.name == kEarlier) continue;
    const char* moved = entry.name.data();
    if (Status renamed = fs_->rename(fd(), moved, aside.get(), moved, RenameMode::kReplace);
        !renamed) {
      return renamed;
    }
  }
  // CRASH: killed before, whoever comes next still finds the marker, and puts the rest aside.
  for (const Marker marker : kMarkers) {
    Status removed = fs_->remove_file(fd(), file_name(marker));
    if (!removed && removed.error().error_number != ENOENT) return removed;
  }
  return success();
}

Status StagingArea::drop_conflicts() {
  const auto conflicts = fs_->open_directory(fd(), std::string(kConflict).c_str());
  if (!conflicts && is_absent(conflicts.error())) return success();
  return conflicts ? empty_directory(*fs_, conflicts->get(), {}, wind_up_) : conflicts.error();
}

bool is_of_what_lies_there(const Error& error) {
  return error.code == ErrorCode::kSystem && !is_one_of(error, {EMFILE, ENFILE, ENOMEM});
}

namespace {

// `to` must be free; EEXIST: it is not.
Status move_aside(FileSystem& fs, const Place& place, const Place& to) {
  Status moved = rename_to(fs, place, to, RenameMode::kNoReplace);
  if (moved || !lacks_call(moved.error())) return moved;
  // Nobody else makes names in this folder.
  if (TRY(status_at(fs, to))) return system_error("rename", EEXIST);
  return rename_to(fs, place, to, RenameMode::kReplace);
}

}  // namespace

Result<std::string> keep_as_conflict(FileSystem& fs, const Place& place, int conflicts) {
  for (int number = 1;; ++number) {
    const std::string kept = number == 1 ? place.name : place.name + "-" + std::to_string(number);
    Status moved = rename_directory(fs, place, [&] {
      return move_aside(fs, place, {conflicts, kept});
    });
    if (moved) return kept;
    if (moved.error().error_number != EEXIST) return moved.error();
  }
}

}  // namespace foldersync
