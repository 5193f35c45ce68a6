// The folder in which new things are made before they appear, and into which old ones vanish.
#pragma once

#include <optional>
#include <string>

#include "apply/stage/staging_key.h"
#include "core/file_time.h"
#include "core/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"
#include "fs/place.h"
#include "fs/wind_up.h"

namespace foldersync {

// `.sync-txn` (or another name of its key) in a directory of the replica: the root, or a directory
// that renames from the root's area don't reach (a nested Btrfs subvolume, say). Mode 0700, no
// inherited ACLs; belongs to the run that holds the replica's lock. What has such a name and not
// the proof that it was made with a key is never opened as one, and never touched.
class StagingArea {
 public:
  // Makes the folder, under the first name of the key that is free; `durable`: with the proof on
  // disk. `place.home` must stay open. Error EEXIST: no name is free.
  static Result<StagingArea> make(FileSystem& fs, const StagingPlace& place, const StagingKey& key,
                                  bool as_root, bool durable);

  // The one that was made with the key; nothing where there is none. What a kill left of one that
  // had no proof yet, an empty folder, goes. An error, see is_of_what_lies_there(), has the name.
  static Result<std::optional<StagingArea>> find(FileSystem& fs, const StagingPlace& place,
                                                 const StagingKey& key);

  // Takes what find() has found into use: empties it; of what a killed run left, partial copies are
  // kept as earlier ones. Error kRefused where what the run began has to be finished first.
  Status reuse(bool as_root);

  // When it is over, what empties the folder ends with kStopped, and goes on where it is asked
  // again. Requires: `wind_up` outlives this.
  void heed(const WindUp& wind_up) { wind_up_ = &wind_up; }

  [[nodiscard]] const StagingKey& key() const { return key_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  // Whether an entry of that name in the folder is part of the folder itself.
  [[nodiscard]] bool is_own(std::string_view name) const;

  // The time that `home` had before the folder was made; nothing where that is not known.
  [[nodiscard]] std::optional<FileTime> home_mtime() const { return home_mtime_; }

  // A subfolder, made if it is missing.
  Result<Fd> folder(const std::string& name);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] int home() const { return home_; }

  // Empties and removes the folder. The answer: whether something was put aside in `conflict`,
  // which stays, and the folder with it.
  Result<bool> remove();

  // The same, but partial copies are kept, and the folder for them where there are any.
  Result<bool> remove_but_partial();

  // The same, for an area in which directories have nothing in them unless others have filled them
  // since they were displaced: such go to `conflict`.
  Result<bool> remove_but_filled();

  // Where copies of large files are made, and where those of an earlier run are, if there are any.
  Result<Fd> partial_folder() { return folder("partial"); }
  std::optional<Fd> earlier_folder();

  // The folder around it has changed for good: the time it had before is of no use any more.
  void forget_home_mtime();

  // Puts everything that lies here aside into `conflict`, under a name that is free there.
  Status put_all_aside();

  // Removes what was put aside.
  Status drop_conflicts();

  // Makes the subfolder for what others wrote and what must never be removed by itself.
  Result<Fd> conflict_folder() { return folder("conflict"); }

 private:
  Status begin(const StagingPlace& place, bool as_root, bool durable);
  Status empty();
  Status set_partial_aside();
  Status remove_own(const std::string& name);

  StagingArea(FileSystem& fs, int home, std::string name, Fd fd, const StagingKey& key)
      : fs_(&fs), home_(home), name_(std::move(name)), fd_(std::move(fd)), key_(key) {}

  FileSystem* fs_;
  int home_;
  std::string name_;
  Fd fd_;
  StagingKey key_;
  std::string proof_;  // the name of the file that proves it
  std::optional<FileTime> home_mtime_;
  const WindUp* wind_up_ = nullptr;  // null: nobody tells
};

// Whether it is what was to be looked at that can't be (a damaged folder, EIO), and no lack of this
// process: what else there is can be worked on.
bool is_of_what_lies_there(const Error& error);

// Moves what others wrote into `conflicts`, under its name or, where an earlier run has kept
// something under that, one beside it. The answer: the name that it has there.
Result<std::string> keep_as_conflict(FileSystem& fs, const Place& place, int conflicts);

}  // namespace foldersync
