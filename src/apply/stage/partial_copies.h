// Copies of large files that a killed run did not finish, and that the next run goes on with.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "apply/stage/staging_key.h"
#include "core/file_status.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"

namespace foldersync {

// Large files are copied in the staging folder's subfolder `partial`, each beside a note that says
// what it is a copy of. What an earlier run left there is in `earlier`; it is believed only within
// the same boot, for after a power cut its end may be hollow, and with the right code by the
// staging folder's key. Any thread.
class PartialCopies {
 public:
  // `partial` and `earlier` are open. Only the notes are read.
  PartialCopies(FileSystem& fs, const StagingKey& key, Fd partial, std::optional<Fd> earlier);

  // Whether files like this one are copied here: large, and without holes.
  static bool takes(const FileStatus& source);

  struct Begun {
    Fd to;                    // at `start`
    std::uint64_t start = 0;  // so much of it is copied
  };
  // Begins the copy of `source`, the file at `path`, as `name`; or goes on with an earlier one.
  Result<Begun> begin(const RelPath& path, const FileStatus& source, const std::string& name);
  // The copy is complete: it gets the name in `folder`, which must be free.
  Status finish(const std::string& name, int folder);
  // Removes what there is of it.
  void drop(const std::string& name);

 private:
  void read_notes();
  std::optional<Begun> resume(const std::string& note, const FileStatus& source,
                              const std::string& name);

  FileSystem& fs_;
  StagingKey key_;
  Fd partial_;
  std::optional<Fd> earlier_;
  std::mutex mutex_;
  std::map<std::string, std::string> earlier_names_;  // by what their notes say
};

}  // namespace foldersync
