#include "scan/listing.h"

#include <cerrno>

namespace foldersync {

const ListedEntry* EntryReader::next() {
  while (names_ != nullptr && next_ < names_->size()) {
    entry_.name = (*names_)[next_++];
    const auto status = fs_->status_at(directory_, entry_.name.data());
    entry_.error_number = status ? 0 : status.error().error_number;
    if (entry_.error_number == ENOENT) continue;
    entry_.status = status ? *status : FileStatus{};
    return &entry_;
  }
  return nullptr;
}

Status Listing::read(FileSystem& fs, int directory) {
  entries_.clear();
  if (Status read = names_.read(fs, directory); !read) return read;
  EntryReader entries(fs, directory, names_);
  while (const ListedEntry* const entry = entries.next()) entries_.push_back(*entry);
  return success();
}

}  // namespace foldersync
