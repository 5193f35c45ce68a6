// The cache of content hashes: what a file held when it was last read completely.
//
// It is a help, never an authority: where it is missing, damaged, locked, read-only, full or from
// a newer version, the result of a run is the same, only slower.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/hash.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

// What must be unchanged for a remembered hash to count.
struct FileStamp {
  std::uint64_t size = 0;  // bytes
  FileTime mtime;
  FileTime ctime;
  std::uint64_t inode = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

FileStamp stamp_of(const FileStatus& status);

// Whether content that was read at `read_at` (the start of reading) may be remembered. A writer
// through a mapping can change a page without a new stamp until write-back, and coarse clocks hide
// quick changes: the rule is 60 seconds after both stamps. Where others write, a stamp may be known
// here much later: an hour. Where stamps don't tell, never. `read_at` before a stamp is never
// settled.
bool is_trustworthy(const FileStamp& stamp, FileTime read_at, Sharing sharing);

struct CachedHash {
  std::string name;  // bytes, one component
  FileStamp stamp;
  Md5 md5;
};

// Which tree a row belongs to: a number that stands for the identity of the tree's root.
enum class TreeId : std::int64_t {};

// Any number of threads may call the methods of one object.
class HashCache {
 public:
  // The cache in `folder`/cache.db. Nothing is opened before the first row is asked for or told:
  // then the file is made with mode 0600 in a folder made with mode 0700 (parents too). Not used
  // are a folder or a database of somebody else than root or the effective user, or that others can
  // write. A database that is damaged is renamed to cache.db.corrupt-N and begun anew; a newer one
  // is left alone; one that can't be written is read. `busy_milliseconds` is how long to wait for
  // another process's lock at each step.
  //
  // The whole file is never checked, which would take as long as reading it. Each row has a
  // checksum of its own, so that damage inside values costs that row; damage that SQLite notices
  // later turns the cache off for its lifetime and renames the file then, so that the next one
  // begins anew.
  static std::unique_ptr<HashCache> in(std::string folder, int busy_milliseconds = 2000);

  virtual ~HashCache() = default;

  // The number for the tree whose root is `identity` (bytes; file system and inode of the root).
  // It holds for this object only.
  virtual TreeId tree(std::string_view identity) = 0;

  // All rows of one directory, by name in byte order. Rows whose own checksum is wrong are left
  // out. What was remembered and not yet saved is among them. A failing database gives no rows.
  virtual std::vector<CachedHash> directory(TreeId tree, const RelPath& directory) = 0;

  // Puts a row in place of what was known of that name. Kept in memory until save() or until many
  // have gathered; what was not saved when the object goes is lost. Names of directories of more
  // than 1 MiB are not kept. Requires: is_trustworthy() was asked by the caller.
  virtual void remember(TreeId tree, const RelPath& directory, CachedHash row) = 0;

  // Takes out what is known of a name; as with rows, at once for readers and for good with save().
  virtual void forget(TreeId tree, const RelPath& directory, std::string_view name) = 0;

  // Writes what was remembered, in one transaction. An error loses only speed. Once anything could
  // not be written, now or earlier, remember() and forget() do nothing and save() gives that
  // error: a new object may try again.
  virtual Status save() = 0;

  // What a person should know of the database, once; empty where all is well, or nobody asked it.
  virtual std::string take_warning() = 0;
};

}  // namespace foldersync
