// Giving an entry of the replica the metadata of its source.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "apply/stage/limit_book.h"
#include "core/file_status.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "fs/xattrs.h"
#include "plan/facts.h"

namespace foldersync {

struct AttributeRequest {
  FileSystem& fs;
  const Policy& policy;
  LimitBook& book;
  Handle to;
  const FileStatus& source;
  const std::vector<Xattr>* xattrs = nullptr;  // null: left as they are
  std::uint32_t extra_mode = 0;                // bits added for now, such as u+rwx
  bool is_private = false;  // nobody else can change it: what is read back may be learned from
  bool set_mtime = true;
  // An attribute that is refused, for its size, say, is the error when all else is set.
  bool refusal_is_error = false;
  const FileStatus* now = nullptr;  // what it is by now, where that is known
};

// Sets owner (who may not give that: the group), attributes, mode and time, in this order: a change
// of owner clears suid and capabilities, and everything but the time moves nothing else. What the
// file system can't hold is noted in the book and does not fail. Returns the status read back.
Result<FileStatus> set_attributes(const AttributeRequest& request);

// Learns, from a file of our own in a staging folder, whether the file system can hold a time.
void learn_mtime(FileSystem& fs, int folder, FileTime wanted, LimitBook& book);

}  // namespace foldersync
