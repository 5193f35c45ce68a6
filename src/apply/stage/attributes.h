// Giving an entry of the replica the metadata of its source.
#pragma once

#include <cstdint>
#include <string_view>
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
  std::string_view path;                       // of the entry, in bytes: to be told of
  const std::vector<Xattr>* xattrs = nullptr;  // null: left as they are
  std::uint32_t extra_mode = 0;                // bits added for now, such as u+rwx
  bool is_private = false;                     // nobody else can change it
  bool set_mtime = true;
  // A folder of the same file system that is the caller's alone. What is refused to the entry is
  // asked of an object of our own there, which may be learned from; -1: there is none, and only
  // what is refused to a private entry is learned.
  int own_folder = -1;
  // What is refused to this entry alone, an attribute for its size, say, is the error when all else
  // is set. Otherwise it is told, and noted in the book.
  bool refusal_is_error = false;
  const FileStatus* now = nullptr;  // what it is by now, where that is known
};

// Sets owner (who may not give that: the group), attributes, mode and time, in this order: a change
// of owner clears suid and capabilities, and everything but the time moves nothing else. What the
// file system can't hold is noted in the book and does not fail. Returns the status read back.
Result<FileStatus> set_attributes(const AttributeRequest& request);

// Gives `wanted` to an object of our own in the folder, and notes in the book what does not come
// out. It has no name where that can be, so that no time of the folder moves; where that must be
// (`moves_nothing`), nothing is asked otherwise. False: it could not be made.
struct OwnObject {
  FileSystem& fs;
  const Policy& policy;
  LimitBook& book;
  int folder;
  bool moves_nothing = false;
};
bool learn_from_own(const OwnObject& own, const FileStatus& wanted, std::string_view path);

}  // namespace foldersync
