#include "scan/readable_tree.h"

#include "fs/directory_cursor.h"
#include "fs/xattrs.h"

namespace foldersync {
namespace {

class ReaderBelow final : public TreeReader {
 public:
  ReaderBelow(std::unique_ptr<TreeReader> reader, const RelPath& top)
      : reader_(std::move(reader)), top_(top) {}

  Result<ReadableDirectory*> enter(std::string_view path) override {
    if (top_.is_root() || path.empty()) return reader_->enter(path.empty() ? top_.bytes() : path);
    return reader_->enter(top_.bytes() + "/" + std::string(path));
  }
  void open_up(std::string_view path) override {
    if (top_.is_root() || path.empty()) return reader_->open_up(path.empty() ? top_.bytes() : path);
    reader_->open_up(top_.bytes() + "/" + std::string(path));
  }

 private:
  std::unique_ptr<TreeReader> reader_;
  const RelPath& top_;
};

}  // namespace

std::unique_ptr<TreeReader> TreeBelow::reader(std::size_t max_open) const {
  return std::make_unique<ReaderBelow>(tree_.reader(max_open), top_);
}

bool is_capable(ReadableDirectory& directory, const char* name) {
  const auto entry = directory.open_entry(name);
  const auto rights = entry ? (*entry)->rights(true) : Result<std::vector<Xattr>>(entry.error());
  return !rights || has_capability(*rights);
}

bool has_entry(const ReadableTree& tree, const RelPath& path) {
  const auto reader = tree.reader(descriptors_per_cursor(1));
  const auto parent = reader->enter(path.parent_bytes());
  return parent && (*parent)->status(std::string(path.name()).c_str());
}

}  // namespace foldersync
