// What turns out, while a plan is applied, to be more than the replica's file system can hold.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "core/file_system_limits.h"
#include "core/file_time.h"

namespace foldersync {

// Learns from what was set and read back on objects that nobody else can change. Any thread.
class LimitBook {
 public:
  explicit LimitBook(const FileSystemLimits& known) : limits_(known) {}

  [[nodiscard]] FileSystemLimits limits() const;

  void saw_mtime(FileTime wanted, FileTime found);
  void saw_no_owners(int error_number);
  void saw_no_modes();
  // Its files have another group in the replica, which lost rights.
  void saw_foreign_group(std::uint32_t gid);
  // Of an attribute that the source has. ENOTSUP: the file system has none of its kind, and plans
  // leave that out; anything else is found to be missing by every plan that compares attributes.
  void saw_refused_xattr(int error_number);
  [[nodiscard]] bool has_refused_xattrs() const;

  // A sentence for each kind that was learned, each once.
  std::vector<std::string> take_news();

 private:
  void tell(std::string sentence);

  mutable std::mutex mutex_;
  FileSystemLimits limits_;
  bool has_refused_xattrs_ = false;
  bool has_foreign_groups_ = false;
  std::vector<std::string> told_;
  std::vector<std::string> news_;
};

}  // namespace foldersync
