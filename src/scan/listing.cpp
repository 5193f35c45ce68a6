#include "scan/listing.h"

#include <cerrno>
#include <system_error>

#include "fs/stop.h"
#include "scan/local_tree.h"

namespace foldersync {

void EntryReader::begin() {
  looks_ahead_ = looks_ahead_ && names_->size() >= StatusAhead::kFewestNames;
  if (!looks_ahead_) return;
  try {
    ahead_ = std::make_shared<StatusAhead>(*directory_, *names_);
  } catch (const std::system_error&) {
    // The system gives no more threads: this one does the same.
  }
}

const ListedEntry* EntryReader::next() {
  if (names_ == nullptr) return nullptr;
  if (next_ == 0 && looks_ahead_) begin();
  while (next_ < names_->size()) {
    entry_.name = (*names_)[next_++];
    if (ahead_ != nullptr) {
      const AheadStatus& ahead = ahead_->next();
      entry_.error_number = ahead.error_number;
      entry_.status = ahead.status;
    } else {
      const auto status = directory_->status(entry_.name.data());
      entry_.error_number = status ? 0 : status.error().error_number;
      if (status) {
        entry_.status = *status;
      } else {
        entry_.status = FileStatus{};
      }
    }
    if (entry_.error_number != ENOENT || vanished_ == Vanished::kTold) return &entry_;
  }
  return nullptr;
}

Status Listing::read_anew(FileSystem& fs, int directory) {
  const auto anew = TRY(fs.open_directory(directory, "."));
  return read(fs, anew.get());
}

Status Listing::read(FileSystem& fs, int directory) {
  entries_.clear();
  TRY(names_.read(fs, directory));
  LocalDirectory here(fs, directory);
  EntryReader entries(here, names_);
  while (const ListedEntry* const entry = entries.next()) {
    TRY(heed(stop_, "list"));
    entries_.push_back(*entry);
  }
  return success();
}

}  // namespace foldersync
