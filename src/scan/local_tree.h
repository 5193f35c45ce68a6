// The tree of a side that this process reaches through a file system.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fs/directory_cursor.h"
#include "fs/file_system.h"
#include "scan/opened_for_plan.h"
#include "scan/readable_tree.h"
#include "scan/roots.h"

namespace foldersync {

// An open directory. Requires: the descriptor stays open.
class LocalDirectory final : public ReadableDirectory {
 public:
  // Where the descriptor stands before it is read: anywhere, where it was read before.
  enum class At : std::uint8_t { kStart, kAnywhere };

  LocalDirectory(FileSystem& fs, int fd, At at = At::kStart) : fs_(&fs), fd_(fd), at_(at) {}
  // The one that `cursor` is in, which may be opened up.
  LocalDirectory(FileSystem& fs, int fd, At at, OpenedForPlan* opened,
                 const DirectoryCursor& cursor)
      : fs_(&fs), fd_(fd), at_(at), opened_(opened), cursor_(&cursor) {}

  Status list(DirectoryNames& names) override;
  Result<FileStatus> status(const char* name) override { return fs_->status_at(fd_, name); }
  Result<std::string> target(const char* name) override { return fs_->link_target(fd_, name); }
  Result<std::unique_ptr<ReadableEntry>> open(const char* name) override;
  Result<std::unique_ptr<ReadableEntry>> open_entry(const char* name) override;
  Status make_readable(const char* name, const FileStatus& seen) override;
  bool is_read_only(const char* name) override { return fs_->is_read_only(fd_, name); }
  void open_up() override;
  Result<FileStatus> status() override { return fs_->status(fd_); }
  Result<std::vector<Xattr>> xattrs(bool as_root) override {
    return read_xattrs(*fs_, {fd_, false}, as_root);
  }
  Result<std::string> file_system_id() override { return fs_->file_system_id(fd_); }
  Result<Sharing> sharing() override { return fs_->sharing(fd_); }

 private:
  Status list_again(DirectoryNames& names);

  FileSystem* fs_;
  int fd_;
  At at_;
  OpenedForPlan* opened_ = nullptr;
  const DirectoryCursor* cursor_ = nullptr;
};

// Requires: the root's descriptor stays open.
class LocalTree final : public ReadableTree {
 public:
  // `opened` null: what is closed stays so.
  LocalTree(FileSystem& fs, int root, CursorRules rules = {}, OpenedForPlan* opened = nullptr)
      : fs_(fs), root_(root), rules_(std::move(rules)), opened_(opened) {}

  [[nodiscard]] std::unique_ptr<TreeReader> reader(std::size_t max_open) const override;
  [[nodiscard]] Result<FileSystemFacts> facts() const override { return fs_.facts(root_); }

 private:
  FileSystem& fs_;
  int root_;
  CursorRules rules_;
  OpenedForPlan* opened_;
};

// All below an open root.
inline LocalTree tree_of(const Root& root, OpenedForPlan* opened = nullptr) {
  return {*root.fs, root.fd.get(), {}, opened};
}

// The root that must not turn up below `root`; nothing where it can't.
inline std::optional<FileStatus> other_root(const Root& root, const Root& other) {
  return is_one_system(root, other) ? std::optional(other.status) : std::nullopt;
}

// All below an open root but for what lies below the other one.
inline LocalTree tree_without(const Root& root, const Root& other) {
  CursorRules rules;
  rules.other_root = other_root(root, other);
  return {*root.fs, root.fd.get(), rules};
}

}  // namespace foldersync
