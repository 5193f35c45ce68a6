// The folder that keeps what is remembered between runs, and the rules for believing a file in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

enum class StateFile : std::uint8_t {
  kMissing,
  kRegular,  // a file that belongs to root or the effective user and that others can't write
  kNotOurs,  // a symlink, directory, FIFO, socket or device
};

class StateFolder {
 public:
  // Opens the folder at `path`, made with mode 0700 where it is missing (parents too). An error
  // where it belongs to somebody other than root or the effective user, where others can write, and
  // where they could put another one into its place, or a link of theirs leads there.
  // Requires: `system` outlives the object.
  static Result<StateFolder> open(FileSystem& system, const std::string& path);

  // Absolute and without symlinks.
  [[nodiscard]] const std::string& path() const { return path_; }

  // What has the name. Never opens it: closing a descriptor of a file drops the locks that SQLite
  // has on it. An error also where a file belongs to somebody else or where others can write it.
  [[nodiscard]] Result<StateFile> look(const std::string& name) const;

  // Makes an empty file with mode 0600. Success also where the name is taken meanwhile.
  [[nodiscard]] Status create(const std::string& name) const;

  // The inode that has the name.
  [[nodiscard]] Result<FileStatus> status(const std::string& name) const;

  // Renames OLD to NEW, which must be free: EEXIST otherwise.
  [[nodiscard]] Status rename(const std::string& from, const std::string& to) const;

  [[nodiscard]] Status remove(const std::string& name) const;

  // Makes durable which names are in it.
  [[nodiscard]] Status sync() const;

  // Renames NAME, whatever it is, to NAME.corrupt-N with the first N from 1 that is free, and
  // before it each NAMESUFFIX to NAME.corrupt-NSUFFIX; what is missing is left out. Gives the name.
  [[nodiscard]] Result<std::string> set_aside(const std::string& name,
                                              const std::vector<std::string_view>& suffixes) const;

 private:
  StateFolder(FileSystem& system, std::string path, Fd folder);

  FileSystem* system_;
  std::string path_;
  Fd folder_;
};

}  // namespace foldersync
