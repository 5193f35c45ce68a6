// The files that a person names, found by find_named(): to be read, to be appended to, or new.
//
// Written to is nothing but a regular file with one name that belongs to root or the caller, so
// that nobody else chooses what is written over; never through a link, never waiting for a FIFO.
#pragma once

#include <cstddef>
#include <string>

#include "core/file_status.h"
#include "core/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"
#include "fs/named_path.h"

namespace foldersync {

struct NamedFile {
  Fd fd;
  FileStatus status;          // of what is open
  bool is_inherited = false;  // as the caller had opened it: a pipe, say
  std::string exchangeable;   // on the way, see NamedPlace
};

// Opens whatever it is for reading; does not wait for a FIFO. Errors: as find_named(); ENOENT;
// ELOOP where a link was to be kept; kRefused where it was exchanged meanwhile.
Result<NamedFile> open_to_read(FileSystem& fs, const std::string& path,
                               LastLink last = LastLink::kFollow);

// All that can be read of it. Errors: kSystem; EFBIG where that is more than `most` bytes.
Result<std::string> read_text(FileSystem& fs, int fd, std::size_t most);

// Opens a file to append to it and to read it, made with mode 0600 where nothing has the name. A
// link that has the last name is not followed, but for one to a descriptor of the caller's. Errors:
// kRefused with a sentence, and an error number where a call failed.
Result<Fd> open_to_append(FileSystem& fs, const std::string& path);

// A file that gets its name when it is complete: until then it has none, or a temporary one where
// the file system has no files without. What had the name, a link, too, is replaced, unless it
// belongs to somebody else. Into a terminal or the like, or a descriptor of the caller's, is
// written at once; a link leads there.
class NewFile {
 public:
  // Mode 0600. Errors: kRefused with a sentence, or what find_named() gives.
  static Result<NewFile> begin(FileSystem& fs, const std::string& path);

  NewFile(NewFile&&) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The name that it has beside its own until it is complete; empty: none.
  [[nodiscard]] const std::string& temporary() const { return temporary_; }

  // On disk, and then under its name, which is on disk, too. Error kRefused where somebody has put
  // something else into its place meanwhile.
  Status finish();

 private:
  NewFile(FileSystem& fs, Fd fd, Fd folder, std::string name)
      : fs_(&fs), fd_(std::move(fd)), folder_(std::move(folder)), name_(std::move(name)) {}

  static Result<NewFile> open_as_it_is(FileSystem& fs, NamedPlace place, const std::string& path);
  [[nodiscard]] Status is_it(const std::string& name) const;
  Status give_name();
  Status give_temporary_name();
  Status sync_folder();

  FileSystem* fs_;
  Fd fd_;
  Fd folder_;  // not open: it has its name already
  std::string name_;
  std::string temporary_;
};

}  // namespace foldersync
