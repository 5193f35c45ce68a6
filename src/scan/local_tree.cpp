#include "scan/local_tree.h"

#include <cerrno>
#include <string_view>
#include <utility>

namespace foldersync {
namespace {

class LocalTreeReader final : public TreeReader {
 public:
  LocalTreeReader(FileSystem& fs, int root, const CursorRules& rules, std::size_t max_open,
                  OpenedForPlan* opened)
      : fs_(fs), cursor_(fs, root, rules, max_open), here_(fs, root), opened_(opened) {}

  Result<ReadableDirectory*> enter(std::string_view path) override {
    const auto fd = cursor_.enter(path);
    if (!fd) return fd.error();
    // The root's own descriptor is read again in every cycle.
    here_ = LocalDirectory(
        fs_, *fd, path.empty() ? LocalDirectory::At::kAnywhere : LocalDirectory::At::kStart,
        opened_, cursor_);
    return &here_;
  }

  void open_up(std::string_view path) override {
    if (opened_ != nullptr) opened_->open_up(RelPath::from_bytes(path));
  }

 private:
  FileSystem& fs_;
  DirectoryCursor cursor_;
  LocalDirectory here_;
  OpenedForPlan* opened_;
};

}  // namespace

Status LocalDirectory::list(DirectoryNames& names) {
  return at_ == At::kAnywhere ? list_again(names) : names.read(*fs_, fd_);
}

void LocalDirectory::open_up() {
  if (opened_ != nullptr) opened_->open_up(RelPath::from_bytes(cursor_->current()));
}

Status LocalDirectory::list_again(DirectoryNames& names) {
  const auto anew = TRY(fs_->open_directory(fd_, "."));
  return names.read(*fs_, anew.get());
}

Result<std::unique_ptr<ReadableEntry>> LocalDirectory::open(const char* name) {
  auto fd = TRY(fs_->open_file(fd_, name));
  return std::unique_ptr<ReadableEntry>(std::make_unique<LocalEntry>(*fs_, std::move(fd)));
}

Result<std::unique_ptr<ReadableEntry>> LocalDirectory::open_entry(const char* name) {
  auto fd = TRY(fs_->open_entry(fd_, name));
  return std::unique_ptr<ReadableEntry>(
      std::make_unique<LocalEntry>(*fs_, std::move(fd), LocalEntry::Opened::kAsEntry));
}

Status LocalDirectory::make_readable(const char* name, const FileStatus& seen) {
  const auto entry = TRY(fs_->open_entry(fd_, name));
  const auto now = TRY(fs_->status(entry.get()));
  if (!is_untouched(now, seen)) return system_error("open", EACCES);
  return fs_->set_mode({entry.get(), true}, kPrivate);
}

std::unique_ptr<TreeReader> LocalTree::reader(std::size_t max_open) const {
  return std::make_unique<LocalTreeReader>(fs_, root_, rules_, max_open, opened_);
}

}  // namespace foldersync
