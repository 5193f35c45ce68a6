// Reaching what the replica holds, also where a plain user has closed a directory of his own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file_status.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/directory_cursor.h"

namespace foldersync {

// Whether the error says that the path leads nowhere.
bool is_absence(const Error& error);
// Nothing where it does.
template <class Found>
Result<std::optional<Found>> if_there(Result<Found> found) {
  if (found) return std::optional<Found>(std::move(*found));
  if (is_absence(found.error())) return std::optional<Found>();
  return std::move(found).error();
}

// For people: a directory that was opened up could not be closed again.
std::string left_open(const Error& error);

// Which directory was found to be missing, so that what lies below it is not looked for again. For
// as long as a stale answer does no harm.
class AbsentBranch {
 public:
  // From now on; what was remembered is forgotten.
  void remember() {
    remembers_ = true;
    path_.reset();
  }
  void forget() { path_.reset(); }
  [[nodiscard]] bool holds(const RelPath& path) const { return path_ && path.is_within(*path_); }
  // `error` is that of entering a directory; it says which component failed.
  void learn(const Error& error);

 private:
  bool remembers_ = false;
  std::optional<RelPath> path_;
};

// A directory of the caller's own that was opened up for its owner (u+rwx).
struct OpenedUp {
  std::uint32_t mode = 0;  // that it had
  FileStatus seen = {};    // which directory it is
};
// Whether a directory may be opened up and gets its mode back: not where the set-group-ID bit would
// be lost for good.
bool can_close_again(const FileStatus& directory);
// Whether `now` is the mode that a directory which had `closed` was opened up to.
bool is_as_opened(std::uint32_t now, std::uint32_t closed);
// By path. Of one that was opened up twice, what it had at first.
using AllOpenedUp = std::map<RelPath, OpenedUp>;

// What is kept of directories that are opened up, so that a run after a kill can close them.
class OpenedNotes {
 public:
  virtual ~OpenedNotes() = default;
  // Before it is opened up; on disk when this returns, where that can be had. Any thread.
  virtual void note(const RelPath& path, const OpenedUp& opened_up) = 0;
  // Before or after it got its final mode, and is not to be closed any more.
  virtual void forget(const RelPath& path) = 0;
  // What is noted now. Requires: no other thread uses this.
  virtual AllOpenedUp known() = 0;
  // These are still open, and no others.
  virtual void keep_only(const AllOpenedUp& open) = 0;
};

// One thread's way into the replica. Directories that the caller owns but may not enter or change
// get u+rwx; they are listed in opened_up() with the mode they had.
class ReplicaAccess {
 public:
  // `root` is the replica's, open for as long as this is used.
  ReplicaAccess(FileSystem& fs, int root, CursorRules rules, std::size_t max_open,
                bool may_open_up = true)
      : fs_(fs), root_(root), cursor_(fs, root, rules, max_open), may_open_up_(may_open_up) {}

  // A directory itself, or the one that holds `path`: open until the next call.
  Result<int> directory(const RelPath& path) { return enter(path.bytes()); }
  // Requires: !path.is_root().
  Result<int> parent(const RelPath& path) { return enter(path.parent_bytes()); }

  // Nothing where the path is absent.
  Result<std::optional<FileStatus>> status(const RelPath& path);

  // What status() has found to be missing. To be used for as long as this program makes no
  // directories there.
  AbsentBranch& absent() { return absent_; }

  // Gives a directory, owned by the caller, u+rwx; false where that changes nothing, or nothing may
  // be opened up.
  bool open_up(int directory, const RelPath& path);
  // The same of one that need not be open; false where it may not be entered afterwards.
  bool open_up(const RelPath& closed);
  // The same of `name` in an open directory, which is at `from` and to get the path `to`: a plain
  // user may move a directory to another parent only while it is writable. False where it is none.
  bool open_to_move(int parent, const std::string& name, const RelPath& from, const RelPath& to);
  // What is listed at or below `from` is at or below `to` by now.
  void follow(const RelPath& from, const RelPath& to);
  // Where each is noted before it gets them; null: nowhere.
  void note_in(OpenedNotes* notes) { notes_ = notes; }
  AllOpenedUp& opened_up() { return opened_up_; }

  // Gives directories the mode back that they had, the deepest first, so that the way to the others
  // stays open. One that has another mode by now keeps it, and so does another directory. What has
  // to be opened up on the way is closed as well. Returns the errors, with their paths; what they
  // are about is in opened_up() afterwards.
  std::vector<Error> close_again(AllOpenedUp opened_up);
  // The same of one that is open, where it was opened up.
  Status close_again(const RelPath& path, int directory);

  // Does `change`, which needs to look up a name in `directory`, or to write into it, and where
  // that is denied once more after open_up().
  template <class Change>
  auto with_write_access(int directory, const RelPath& path, Change change) {
    auto result = change();
    if (!result && is_denied(result.error()) && open_up(directory, path)) result = change();
    return result;
  }

 private:
  static bool is_denied(const Error& error);
  Result<int> enter(std::string_view path);
  bool add_owner_rights(Handle directory, const RelPath& path, const FileStatus& status);
  Status give_mode_back(const RelPath& path, const OpenedUp& opened_up);

  FileSystem& fs_;
  int root_;
  DirectoryCursor cursor_;
  bool may_open_up_;
  AbsentBranch absent_;
  AllOpenedUp opened_up_;
  OpenedNotes* notes_ = nullptr;
};

}  // namespace foldersync
