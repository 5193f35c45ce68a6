#include "support/memory_file_system.h"

#include <dirent.h>
#include <strings.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace foldersync::test {
namespace {

// The layout of struct linux_dirent64, see getdents(2).
constexpr std::size_t kRecordLength = 16;
constexpr std::size_t kRecordType = 18;
constexpr std::size_t kRecordName = 19;
constexpr std::uint64_t kMountsPerDevice = 1000;

std::size_t record_size(const std::string& name) {
  constexpr std::size_t kAlignment = 8;
  return (kRecordName + name.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
}

// Whether a name is that of a file: nobody asks for more.
std::byte type_of(const Tree& tree, const RelPath& directory, const std::string& name) {
  if (name == "." || name == "..") return std::byte{DT_DIR};
  const bool is_file = tree.find(directory.child(name))->type == FileType::kFile;
  return is_file ? std::byte{DT_REG} : std::byte{DT_DIR};
}

}  // namespace

void MemoryFileSystem::mount(const std::string& path, const Tree& tree) {
  const std::uint64_t device = roots_.size() + 1;
  roots_[path] = Mounted{&tree, device, {}, {}, {}, false};
}

void MemoryFileSystem::make_unreadable(const std::string& root, const RelPath& path,
                                       int error_number) {
  roots_.at(root).unreadable[path] = error_number;
}

void MemoryFileSystem::make_unknown(const std::string& root, const RelPath& path,
                                    int error_number) {
  roots_.at(root).unknown[path] = error_number;
}

Fd MemoryFileSystem::open(Mounted& root, RelPath path) {
  const int number = next_fd_++;
  open_[number] = Open{&root, std::move(path), 0, {}};
  return Fd(number);
}

FileStatus MemoryFileSystem::status_in(const Mounted& root, const RelPath& path) {
  FileStatus status = status_of(*root.tree, path);
  status.device = root.device;
  status.mount += root.device * kMountsPerDevice;
  return status;
}

RelPath MemoryFileSystem::child_of(const Open& directory, std::string_view name) {
  const auto alias = directory.root->aliases.find(name);
  if (alias != directory.root->aliases.end()) name = alias->second;
  if (directory.root->folds_case) {
    for (const std::string& entry : directory.root->tree->children(directory.path)) {
      if (::strcasecmp(entry.c_str(), std::string(name).c_str()) == 0) {
        return directory.path.child(entry);
      }
    }
  }
  return directory.path.child(name);
}

Result<std::pair<MemoryFileSystem::Mounted*, RelPath>> MemoryFileSystem::entry(int directory,
                                                                               const char* name) {
  const auto open = open_.find(directory);
  if (open == open_.end()) return system_error("open", EBADF);
  const std::string_view text(name);
  const RelPath& here = open->second.path;
  const RelPath path = text == "."    ? here
                       : text == ".." ? (here.is_root() ? here : here.parent())
                                      : child_of(open->second, text);
  if (open->second.root->tree->find(path) == nullptr) return system_error("open", ENOENT);
  return std::pair{open->second.root, path};
}

Result<std::pair<MemoryFileSystem::Mounted*, RelPath>> MemoryFileSystem::readable(
    int directory, const char* name) {
  auto found = entry(directory, name);
  if (!found) return found;
  const auto fault = found->first->unreadable.find(found->second);
  if (fault != found->first->unreadable.end()) return system_error("open", fault->second);
  return found;
}

Result<Fd> MemoryFileSystem::open_root(const char* path) {
  const std::lock_guard lock(mutex_);
  const auto root = roots_.find(path);
  if (root == roots_.end()) return system_error("open", ENOENT);
  return open(root->second, RelPath());
}

Result<Fd> MemoryFileSystem::open_above(const char* path) {
  if (std::string_view(path) != "/") return open_root(path);
  const std::lock_guard lock(mutex_);
  const int number = next_fd_++;
  open_[number] = Open{};
  return Fd(number);
}

Result<Fd> MemoryFileSystem::open_on_the_way(int directory, const char* name) {
  {
    const std::lock_guard lock(mutex_);
    const auto open = open_.find(directory);
    if (open != open_.end() && open->second.root != nullptr) return system_error("open", ENOENT);
  }
  return open_root(("/" + std::string(name)).c_str());
}

Result<Fd> MemoryFileSystem::open_directory(int directory, const char* name) {
  const std::lock_guard lock(mutex_);
  const auto found = readable(directory, name);
  if (!found) return found.error();
  if (found->first->tree->find(found->second)->type != FileType::kDirectory) {
    return system_error("open", ENOTDIR);
  }
  return open(*found->first, found->second);
}

Result<Fd> MemoryFileSystem::open_entry(int directory, const char* name) {
  const std::lock_guard lock(mutex_);
  const auto found = entry(directory, name);
  if (!found) return found.error();
  return open(*found->first, found->second);
}

Result<Fd> MemoryFileSystem::open_parent(int directory) {
  const std::lock_guard lock(mutex_);
  const Open& below = open_.at(directory);
  return open(*below.root, below.path.is_root() ? RelPath() : below.path.parent());
}

Result<std::size_t> MemoryFileSystem::list(int directory, std::span<std::byte> buffer) {
  const std::lock_guard lock(mutex_);
  Open& open = open_.at(directory);
  if (open.at == 0) {
    open.names = open.root->tree->children(open.path);
    open.names.insert(open.names.end(), {".", ".."});
    if (seed_ != 0) std::shuffle(open.names.begin(), open.names.end(), std::mt19937(seed_));
  }
  std::size_t filled = 0;
  for (; open.at < open.names.size(); ++open.at) {
    const std::string& name = open.names[open.at];
    const auto size = static_cast<std::uint16_t>(record_size(name));
    if (filled + size > buffer.size()) break;
    std::memset(&buffer[filled], 0, size);
    std::memcpy(&buffer[filled + kRecordLength], &size, sizeof size);
    buffer[filled + kRecordType] = type_of(*open.root->tree, open.path, name);
    std::memcpy(&buffer[filled + kRecordName], name.data(), name.size());
    filled += size;
  }
  return filled;
}

Result<FileStatus> MemoryFileSystem::status_at(int directory, const char* name) {
  const std::lock_guard lock(mutex_);
  const auto found = entry(directory, name);
  if (!found) return found.error();
  const auto fault = found->first->unknown.find(found->second);
  if (fault != found->first->unknown.end()) return system_error("stat", fault->second);
  return status_in(*found->first, found->second);
}

Result<FileStatus> MemoryFileSystem::status(int fd) {
  const std::lock_guard lock(mutex_);
  const Open& open = open_.at(fd);
  if (open.root == nullptr) {
    FileStatus top;
    top.type = FileType::kDirectory;
    top.mode = 0755;
    return top;
  }
  return status_in(*open.root, open.path);
}

// Numbers of objects are never used again here.
Result<std::optional<std::uint64_t>> MemoryFileSystem::incarnation(int fd) {
  const auto found = TRY(status(fd));
  return std::optional(found.inode);
}

Result<std::string> MemoryFileSystem::link_target(int directory, const char* name) {
  const std::lock_guard lock(mutex_);
  const auto found = readable(directory, name);
  if (!found) return found.error();
  const Object& object = *found->first->tree->find(found->second);
  if (object.type != FileType::kSymlink) return system_error("readlink", EINVAL);
  return object.content;
}

Result<std::string> MemoryFileSystem::file_system_id(int fd) {
  const std::lock_guard lock(mutex_);
  return "memory-" + std::to_string(open_.at(fd).root->device);
}

Result<Fd> MemoryFileSystem::open_file(int directory, const char* name) {
  const std::lock_guard lock(mutex_);
  const auto found = readable(directory, name);
  if (!found) return found.error();
  if (found->first->tree->find(found->second)->type == FileType::kSymlink) {
    return system_error("open", ELOOP);
  }
  return open(*found->first, found->second);
}

Result<std::size_t> MemoryFileSystem::read(int fd, std::span<std::byte> buffer) {
  const std::lock_guard lock(mutex_);
  Open& open = open_.at(fd);
  const Object& object = *open.root->tree->find(open.path);
  if (object.type == FileType::kDirectory) return system_error("read", EISDIR);
  const std::string& content = object.content;
  const std::uint64_t left = content.size() - std::min<std::uint64_t>(content.size(), open.at);
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left));
  if (count > 0) std::memcpy(buffer.data(), content.data() + open.at, count);
  open.at += count;
  return count;
}

Result<std::uint64_t> MemoryFileSystem::seek(int fd, std::uint64_t offset, Seek whence) {
  if (whence != Seek::kStart) return system_error("seek", EINVAL);
  const std::lock_guard lock(mutex_);
  open_.at(fd).at = offset;
  return offset;
}

}  // namespace foldersync::test
