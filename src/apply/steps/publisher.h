// Making what is staged appear, and making what is to go vanish: the renames, each followed by a
// look at what it moved. One thread.
#pragma once

#include <functional>

#include "apply/look/report.h"
#include "core/file_status.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "fs/place.h"

namespace foldersync {

enum class Published : std::uint8_t {
  kDone,       // and nothing was displaced
  kDisplaced,  // and what was there now has the staged name
  kOvertaken,  // not done: something else than expected is there, and still is
  kUnproven,   // not done: nothing tells whether what is there is what was recorded
  kStranded,   // not done: what others wrote now has the staged name and could not go back
};

// What was staged, and under which name.
struct StagedPlace : Place {
  FileStatus made;
  bool is_beside_target = false;  // staged in the target's own directory: nothing nearer is left
};

// Whether `found`, which a rename or a link has brought into `directory`, is the copy that an
// overlay without an index of links makes then of one of several names: another inode with the same
// metadata.
bool is_overlay_copy(FileSystem& fs, int directory, const FileStatus& found,
                     const FileStatus& expected);

// Whether what lies at `moved`, as `found`, is what was displaced: is_still(), or such a copy.
bool is_what_was_displaced(FileSystem& fs, const Place& moved, const FileStatus& found,
                           const FileStatus& expected);

// Gives an entry a name in a staging folder: this run's own, under which nothing can be lost.
Status rename_to_own(FileSystem& fs, const Place& from, const Place& own);

class Publisher {
 public:
  Publisher(FileSystem& fs, ApplyObserver& observer) : fs_(fs), observer_(observer) {}

  // Gives the staged object a name that must be free. kOvertaken: it is taken.
  Result<Published> create(const Place& staged, const Place& target);

  // Puts the staged object in the place of `expected`, in one step where the file system is able
  // to. What comes out is compared; if it isn't what was expected it goes back. An expected
  // directory must be empty.
  Result<Published> replace(const StagedPlace& staged, const Place& target,
                            const FileStatus& expected);

  // Takes `expected` away into the staging folder. What comes out is compared; if it isn't what was
  // expected it goes back. An expected directory must be empty.
  Result<Published> take_away(const Place& target, const Place& staged, const FileStatus& expected);
  // The same of a directory that need not be empty: `is_expected` looks through what came out.
  Result<Published> take_away(const Place& target, const Place& staged, const FileStatus& expected,
                              const std::function<Result<bool>()>& is_expected);

  // Whether what a rename brought to `moved` is what was looked at before, and, where it is a
  // directory, is empty.
  Result<bool> is_as_expected(const Place& moved, const FileStatus& expected);

 private:
  Result<Published> create_without_noreplace(const Place& staged, const Place& target);
  Result<Published> exchange_back(const StagedPlace& staged, const Place& target);
  Result<Published> replace_without_exchange(const StagedPlace& staged, const Place& target,
                                             const FileStatus& expected);
  Result<Published> replace_linked(const StagedPlace& staged, const Place& target, const Place& old,
                                   const FileStatus& expected);
  Result<Published> keep_old(const Place& old, const Place& staged);
  Result<Published> replace_empty_directory(const Place& staged, const Place& target);
  void say_once(bool& said, const char* sentence);

  FileSystem& fs_;
  ApplyObserver& observer_;
  bool said_no_noreplace_ = false;
  bool said_no_exchange_ = false;
};

}  // namespace foldersync
