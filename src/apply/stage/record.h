// What a window is about to do, written down before the first change that others can see, so that
// whoever comes after a kill can finish it or take it back.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apply/stage/staging_key.h"
#include "core/file_status.h"
#include "core/result.h"
#include "core/words.h"
#include "fs/file_system.h"
#include "fs/xattrs.h"
#include "plan/plan.h"

namespace foldersync {

// What the disk can't tell afterwards of one action.
struct ActionRecord {
  std::uint64_t seq = 0;           // the action's number in the whole plan, from 1
  bool is_due = false;             // what the plan expects held: it is to be done
  std::string folder;              // the staging subfolder; the name in it is the action's number
  std::optional<FileStatus> made;  // what was staged, or what a link is to be a name of
  std::optional<FileStatus> old;   // what the replica held
  // Of actions that change attributes in place: what they were and what they become.
  std::optional<std::vector<Xattr>> old_xattrs;
  std::optional<std::vector<Xattr>> new_xattrs;
};

// Whether `found` is what the record says was made; or a second copy of it, which is made where
// renames from the root's staging area don't reach.
bool is_what_was_made(const FileStatus& found, const FileStatus& made);

// A directory that was opened up for its owner, and the mode it had.
struct OpenedUpRecord {
  RelPath path;
  std::uint32_t mode = 0;
  FileStatus seen = {};
};

struct WindowRecord {
  Plan plan;                          // header of the plan, and the window's actions in its order
  std::vector<ActionRecord> actions;  // one for each action of `plan`
  std::vector<OpenedUpRecord> opened_up;
  bool atomic = false;   // the window is the whole plan, and all of it or nothing
  bool durable = false;  // what is staged is on disk
  bool owners = false;   // owner and group are mirrored
  std::string boot;      // which boot of the system staged it
  std::string backup;    // where the old is kept, absolute; empty: nowhere

  // The name of an action's object in its staging subfolder.
  [[nodiscard]] std::string name_of(std::size_t index) const {
    return std::to_string(actions[index].seq);
  }
};

// Where a record is written to and read from.
struct RecordFolder {
  int fd = -1;
  std::uint64_t device = 0;  // that it lies on
  const StagingKey& key;
  const std::atomic<bool>* stop = nullptr;  // set by others; null: nobody tells
};

// Writes the record, with a code by the key; with `sync`, durably (the folder's own entries
// excepted). What an earlier window left there is replaced. Error kStopped: folder.stop was set.
Status write_record(FileSystem& fs, const RecordFolder& folder, const WindowRecord& record,
                    bool sync);

// Reads it back. Device numbers change across boots: what lay on the folder's device then is taken
// to be on that which it has now. Errors: of reading, or kInvalidDocument where it isn't whole, or
// was not written with the key, or kStopped: folder.stop was set.
Result<WindowRecord> read_record(FileSystem& fs, const RecordFolder& folder);

// Removes it; one that isn't there is removed.
Status remove_record(FileSystem& fs, int area);

// How far a window is. Each is the name of an empty file in the staging area.
enum class Marker : std::uint8_t {
  kCommit,    // everything is staged and recorded: changes may be visible
  kRollback,  // the changes are being taken back
  kDone,      // the changes are complete: what lies here may be removed
  kUndone,    // the changes are all taken back: the same
};
// Whether only what lies in the area is left to be removed.
inline bool is_final(Marker marker) { return marker == Marker::kDone || marker == Marker::kUndone; }
inline constexpr std::array kMarkerFiles{
    Worded{Marker::kDone, "DONE"}, Worded{Marker::kUndone, "UNDONE"},
    Worded{Marker::kRollback, "ROLLBACK"}, Worded{Marker::kCommit, "COMMIT"}};
inline constexpr auto kMarkers = values_of(kMarkerFiles);
constexpr const char* file_name(Marker marker) { return word_of(kMarkerFiles, marker); }

// Sets a marker in place of `from`, where there is one. It lasts when the area has been synced.
Status set_marker(FileSystem& fs, int area, Marker marker, std::optional<Marker> from);

// The marker that is set; nothing where there is none.
Result<std::optional<Marker>> read_marker(FileSystem& fs, int area);

}  // namespace foldersync
