// Deletions that are held back, since what would be deleted may be all that is left of something
// that was moved to where nothing can be read. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/file_time.h"
#include "core/path.h"
#include "core/result.h"
#include "plan/arrange.h"
#include "plan/size_and_time.h"

namespace foldersync {

// What of the source was unreadable in the runs of a pair so far: paths of directories, each list
// ascending; and when they were there.
struct UnreadBefore {
  // What the first run could not read, and no run since; nothing: this is the first.
  std::optional<std::vector<std::string>> never;
  // Whether something that a later run could not read is unknown to this day.
  bool still = false;
  // When the run began that read it last; nothing: not known.
  std::optional<FileTime> last_look = std::nullopt;
};

// Whether all deletions of files are held back where `now` can't be read.
bool holds_all(const UnreadBefore& before, const std::vector<RelPath>& now);

// The deletions of `plan` that are held back: all of what is no directory, or those of what may be
// one of `files`, as the replica holds times; not of what is taken over. In path order. Error: the
// plan can't be read.
Result<std::vector<RelPath>> find_held(const Arranged& plan, bool all,
                                       const std::vector<SizeAndTime>& files,
                                       const TimeLimits& times);

// The plan without the deletions of `held`, and what can't be done without them. `blocked` as
// arrange() gives it. Error: that of the spools.
Result<Arranged> without(const Arranged& plan, const std::vector<RelPath>& held,
                         const Spooling& spooling);

}  // namespace foldersync
