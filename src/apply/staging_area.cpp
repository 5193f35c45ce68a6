#include "apply/staging_area.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <vector>

#include "core/path.h"
#include "fs/xattrs.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

constexpr std::size_t kDeepest = 32;  // levels below the area; it never has more than two
constexpr std::string_view kConflict = "conflict";

const std::string& area_name() {
  static const std::string name(kStagingName);
  return name;
}

Error refused(std::string detail) {
  return Error{ErrorCode::kRefused, "stage", std::string(kStagingName), 0, std::move(detail)};
}

bool is_one_of(const Error& error, std::initializer_list<int> numbers) {
  return std::find(numbers.begin(), numbers.end(), error.error_number) != numbers.end();
}

// Removes everything in `directory`, but for the name `spared`. Never enters another mount.
Status empty_directory(FileSystem& fs, int directory, std::string_view spared, std::size_t depth) {
  if (depth > kDeepest) return refused("deeper than anything a run leaves: remove it by hand");
  const auto self = fs.status(directory);
  if (!self) return self.error();
  if (const auto rewound = fs.seek(directory, 0, Seek::kStart); !rewound) return rewound.error();
  Listing listing;
  if (Status read = listing.read(fs, directory); !read) return read;
  for (const Listing::Entry& entry : listing.entries()) {
    if (entry.name == spared) continue;
    if (entry.error_number != 0) return system_error("stat", entry.error_number);
    if (entry.status.mount != self->mount) return refused("something is mounted in it: unmount it");
    const char* name = entry.name.data();
    if (!entry.status.is_directory()) {
      if (Status removed = fs.remove_file(directory, name); !removed) return removed;
      continue;
    }
    Status removed_empty = fs.remove_directory(directory, name);
    if (removed_empty) continue;
    if (removed_empty.error().error_number != ENOTEMPTY) return removed_empty;
    const auto child = fs.open_directory(directory, name);
    if (!child) return child.error();
    if (Status emptied = empty_directory(fs, child->get(), {}, depth + 1); !emptied) return emptied;
    if (Status removed = fs.remove_directory(directory, name); !removed) return removed;
  }
  return success();
}

// Opens what has the name of a staging area. Error kRefused where it isn't one of ours.
Result<Fd> open_existing(FileSystem& fs, int home) {
  auto fd = fs.open_directory(home, area_name().c_str());
  if (!fd) {
    if (fd.error().error_number == ENOTDIR || fd.error().error_number == ELOOP) {
      return refused("'.sync-txn' in the replica is no folder: the name is reserved, move it away");
    }
    return std::move(fd).error().at(std::string(kStagingName));
  }
  const auto status = fs.status(fd->get());
  if (!status) return status.error();
  if (status->uid != ::geteuid()) {
    return refused("'.sync-txn' in the replica belongs to user id " + std::to_string(status->uid) +
                   ": a run of another user is under way or was killed; let that user run again");
  }
  return fd;
}

}  // namespace

Result<StagingArea> StagingArea::open(FileSystem& fs, int home, bool as_root) {
  Status made = fs.make_directory(home, area_name().c_str(), 0700);
  if (!made && made.error().error_number != EEXIST) {
    return std::move(made).error().at(std::string(kStagingName));
  }
  auto fd = open_existing(fs, home);
  if (!fd) return fd.error();
  StagingArea area(fs, home, std::move(*fd));
  if (Status bare = write_xattrs(fs, {area.fd(), false}, {}, as_root); !bare) return bare.error();
  if (Status closed = fs.set_mode({area.fd(), false}, 0700); !closed) return closed.error();
  if (Status emptied = empty_directory(fs, area.fd(), kConflict, 0); !emptied)
    return emptied.error();
  return area;
}

Result<StagingArea::Leftover> StagingArea::clear_leftover(FileSystem& fs, int home) {
  const auto status = fs.status_at(home, area_name().c_str());
  if (!status && status.error().error_number == ENOENT) return Leftover::kNone;
  auto fd = open_existing(fs, home);
  if (!fd) return fd.error();
  StagingArea area(fs, home, std::move(*fd));
  if (Status removed = area.remove(); !removed) return removed.error();
  const auto kept = fs.status_at(home, area_name().c_str());
  return kept ? Leftover::kConflicts : Leftover::kCleared;
}

Result<Fd> StagingArea::folder(const std::string& name) {
  Status made = fs_->make_directory(fd(), name.c_str(), 0700);
  if (!made && made.error().error_number != EEXIST) return made.error();
  return fs_->open_directory(fd(), name.c_str());
}

Status StagingArea::remove() {
  if (Status emptied = empty_directory(*fs_, fd(), kConflict, 0); !emptied) return emptied;
  // Only an empty one goes.
  Status conflict = fs_->remove_directory(fd(), std::string(kConflict).c_str());
  if (!conflict && !is_one_of(conflict.error(), {ENOENT, ENOTEMPTY, EEXIST})) return conflict;
  Status removed = fs_->remove_directory(home_, area_name().c_str());
  if (!removed &&
      (removed.error().error_number == ENOTEMPTY || removed.error().error_number == EEXIST)) {
    return success();  // `conflict` is in it
  }
  return removed;
}

}  // namespace foldersync
