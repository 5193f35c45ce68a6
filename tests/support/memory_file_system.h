// Trees of values as a file system that can be read, not changed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/tree.h"
#include "support/unable_file_system.h"

namespace foldersync::test {

// Each tree is a file system of its own, a folder directly below "/". Any number of threads.
class MemoryFileSystem final : public UnableFileSystem {
 public:
  // `system`: two objects with different ones never give the same descriptor, and refuse those of
  // the other; devices and inodes have the same numbers in all.
  explicit MemoryFileSystem(int system = 0) : next_fd_(kFirstFd + system * kMostFds) {}

  // `path` is "/source", say. Requires: `tree` outlives this object.
  void mount(const std::string& path, const Tree& tree);
  // From now on reading this entry gives the error: listing a directory, opening a file, reading a
  // symlink.
  void make_unreadable(const std::string& root, const RelPath& path, int error_number);
  // From now on looking at this entry gives the error.
  void make_unknown(const std::string& root, const RelPath& path, int error_number);
  // From now on all of it counts as shared with others.
  void share() { sharing_ = Sharing::kShared; }
  // From now on names are looked up there without regard to the case of ASCII letters.
  void fold_case(const std::string& root) { roots_.at(root).folds_case = true; }
  // From now on `name` is found there, in each directory, where `entry` is, and not listed.
  void alias(const std::string& root, const std::string& name, const std::string& entry) {
    roots_.at(root).aliases[name] = entry;
  }
  // Listings come in another order for each seed; 0: byte order.
  void shuffle_listings(unsigned seed) { seed_ = seed; }

  Result<Fd> open_root(const char* path) override;
  Result<Fd> open_above(const char* path) override;
  Result<Fd> open_on_the_way(int directory, const char* name) override;
  Result<Fd> open_directory(int directory, const char* name) override;
  Result<Fd> open_parent(int directory) override;
  Result<std::size_t> list(int directory, std::span<std::byte> buffer) override;
  Result<FileStatus> status_at(int directory, const char* name) override;
  Result<FileStatus> status(int fd) override;
  Result<std::optional<std::uint64_t>> incarnation(int fd) override;
  Result<std::string> link_target(int directory, const char* name) override;
  Result<std::string> file_system_id(int fd) override;
  Result<Sharing> sharing(int) override { return sharing_; }
  Result<Fd> open_file(int directory, const char* name) override;
  Result<Fd> open_entry(int directory, const char* name) override;
  Result<std::size_t> list_xattrs(Handle, std::span<char>) override { return 0; }
  Result<std::size_t> read(int fd, std::span<std::byte> buffer) override;
  Result<std::uint64_t> seek(int fd, std::uint64_t offset, Seek whence) override;

 private:
  struct Mounted {
    const Tree* tree = nullptr;
    std::uint64_t device = 0;
    std::map<RelPath, int> unreadable;
    std::map<RelPath, int> unknown;
    std::map<std::string, std::string, std::less<>> aliases;
    bool folds_case = false;
  };
  struct Open {
    Mounted* root = nullptr;  // null: this is "/"
    RelPath path;
    std::uint64_t at = 0;  // bytes of a file that were read, names of a directory that were given
    std::vector<std::string> names;
  };

  Fd open(Mounted& root, RelPath path);
  Result<std::pair<Mounted*, RelPath>> entry(int directory, const char* name);
  Result<std::pair<Mounted*, RelPath>> readable(int directory, const char* name);
  static RelPath child_of(const Open& directory, std::string_view name);
  static FileStatus status_in(const Mounted& root, const RelPath& path);

  std::mutex mutex_;
  std::map<std::string, Mounted> roots_;
  std::map<int, Open> open_;
  // Beyond what any process has open, so that closing it is harmless.
  static constexpr int kFirstFd = 1 << 30;
  static constexpr int kMostFds = 1 << 24;

  int next_fd_;
  unsigned seed_ = 0;
  Sharing sharing_ = Sharing::kLocal;
};

}  // namespace foldersync::test
