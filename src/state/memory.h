// What the program must not forget from one run to the next: what the last run of a pair saw, which
// guards rest on, and what file systems can't hold.
//
// It is not a cache. What is lost of it costs a protection, so that a failure is always told.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/file_system_limits.h"
#include "core/result.h"

namespace foldersync {

// One thread at a time.
class Memory {
 public:
  struct Opened {
    std::unique_ptr<Memory> memory;  // null where the folder or its database can't be used
    std::string warning;             // for people: what is not known, and why; empty: all is well
  };

  // Opens `folder`/memory.db, made where it is missing, by the same rules as the hash cache's: what
  // is damaged is renamed to memory.db.corrupt-N, and what can still be read of it is kept; a newer
  // version is left alone; one that can't be written is read. What an older version of the program
  // kept in hashes.db is adopted first (see old_state).
  static Opened open(const std::string& folder, int busy_milliseconds = 5000);

  virtual ~Memory() = default;

  // Limits that were learned of the file system `identity` (see limits_key); the default where
  // nothing was, or where it can't be read: they are learned again. What is set is visible at once,
  // and for others with save().
  virtual FileSystemLimits limits(std::string_view identity) = 0;
  virtual void set_limits(std::string_view identity, const FileSystemLimits& limits) = 0;

  // A fact about earlier runs, any bytes, by any key; nothing where none was set. Error kState: it
  // can't be read, so that nobody knows.
  virtual Result<std::optional<std::string>> fact(std::string_view key) = 0;
  virtual void set_fact(std::string_view key, std::string_view value) = 0;

  // False where what is set can't be kept, as the database can only be read.
  [[nodiscard]] virtual bool can_be_written() const = 0;

  // Writes what was set, in one transaction, and makes it durable. Nothing set that is not kept
  // already: nothing is done.
  // After an error all of it waits for the next save().
  virtual Status save() = 0;
};

// What a person is told where a guard can't ask the memory, or it may have lost something: which
// protection is missing, and how to have it.
std::string unknown_memory(const std::string& why);

}  // namespace foldersync
