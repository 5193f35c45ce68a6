#include "fs/known_file_systems.h"

#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <span>

#include "core/text.h"

namespace foldersync {
namespace {

Result<struct statfs> statfs_of(int fd) {
  struct statfs found {};
  while (::fstatfs(fd, &found) < 0) {
    if (errno != EINTR) return system_error("statfs", errno);
  }
  return found;
}

// linux/fs.h has these from Linux 6.9 on.
struct FileSystemUuid {
  unsigned char length;
  std::array<unsigned char, 16> bytes;
};
constexpr unsigned long kGetFileSystemUuid = _IOR(0x15, 0, FileSystemUuid);

// File systems that nobody else changes (FAT is carried from one machine to the next, and its inode
// numbers are made up each time), layers of an overlay included, which must not change while
// they are in use. A list of those that others do change could never be complete.
constexpr std::array<std::uint32_t, 15> kLocalFileSystems{
    EXT4_SUPER_MAGIC,  // ext2 and ext3 too
    XFS_SUPER_MAGIC,
    BTRFS_SUPER_MAGIC,
    F2FS_SUPER_MAGIC,
    OVERLAYFS_SUPER_MAGIC,
    SQUASHFS_MAGIC,
    ISOFS_SUPER_MAGIC,
    EROFS_SUPER_MAGIC_V1,
    UDF_SUPER_MAGIC,
    NILFS_SUPER_MAGIC,
    0x2fc12fc1,  // ZFS
    0xca451a4e,  // bcachefs
    0x3153464a,  // JFS
    0x7366746e,  // NTFS3
    0x482b,      // HFS+
};

bool is_local(const struct statfs& found) {
  const auto kind = static_cast<std::uint32_t>(found.f_type);
  return std::find(kLocalFileSystems.begin(), kLocalFileSystems.end(), kind) !=
         kLocalFileSystems.end();
}

// Another name than it had in the last run would make the folder another one: only an answer
// counts, and what fails for a reason of its own is asked once more.
bool ask_uuid(int fd, FileSystemUuid& uuid) {
  const auto has_none = [](int error_number) {
    return error_number == ENOTTY || error_number == EINVAL || error_number == ENOSYS ||
           error_number == EOPNOTSUPP;
  };
  if (::ioctl(fd, kGetFileSystemUuid, &uuid) == 0) return true;
  return !has_none(errno) && ::ioctl(fd, kGetFileSystemUuid, &uuid) == 0;
}

std::optional<std::string> uuid_of(int fd) {
  FileSystemUuid uuid{};
  if (!ask_uuid(fd, uuid) || uuid.length == 0 || uuid.length > uuid.bytes.size() ||
      uuid.bytes == decltype(uuid.bytes){}) {
    return std::nullopt;
  }
  return "uuid:" + to_hex(std::span(uuid.bytes).first(uuid.length));
}

// 0: there is none.
struct FileSystemIdNumber {
  std::uint64_t id = 0;
  bool has_subvolumes = false;  // which have ids of their own, and roots of one inode number
};
Result<FileSystemIdNumber> fsid_of(int fd) {
  const auto found = TRY(statfs_of(fd));
  FileSystemIdNumber number;
  static_assert(sizeof(number.id) == sizeof(found.f_fsid));
  std::memcpy(&number.id, &found.f_fsid, sizeof(number.id));
  number.has_subvolumes = found.f_type == BTRFS_SUPER_MAGIC;
  return number;
}

std::string fsid_text(std::uint64_t id) {
  std::array<unsigned char, sizeof(id)> bytes{};
  std::memcpy(bytes.data(), &id, sizeof(id));
  return "fsid:" + to_hex(bytes);
}

std::string device_text(std::uint64_t device) {
  return "dev:" + std::to_string(major(device)) + ":" + std::to_string(minor(device));
}

// A device number as the kernel writes it into a file system's id (huge_encode_dev).
std::uint64_t encoded(std::uint64_t device) {
  const std::uint64_t low = minor(device);
  return (low & 0xFFU) | (std::uint64_t{major(device)} << 8U) |
         ((low & ~std::uint64_t{0xFF}) << 12U);
}

}  // namespace

Result<std::string> file_system_id(FileSystem& fs, int fd) {
  if (auto uuid = uuid_of(fd)) return std::move(*uuid);
  const auto number = TRY(fsid_of(fd));
  if (number.id != 0) return fsid_text(number.id);
  const auto status = TRY(fs.status(fd));
  return device_text(status.device);
}

Result<std::vector<std::string>> file_system_ids(FileSystem& fs, int fd) {
  const auto number = TRY(fsid_of(fd));
  const auto status = TRY(fs.status(fd));
  const auto uuid = uuid_of(fd);
  std::vector<std::string> names;
  if (uuid && !number.has_subvolumes) names.push_back(*uuid);
  // Many file systems (XFS, FAT) make their id of the device number, which the next one may get.
  const bool repeats = number.id == encoded(status.device);
  if (number.id != 0 && !repeats) names.push_back(fsid_text(number.id));
  names.push_back(device_text(status.device));
  if (uuid && number.has_subvolumes) names.push_back(*uuid);
  if (number.id != 0 && repeats) names.push_back(fsid_text(number.id));
  return names;
}

Result<Sharing> sharing_of(int fd) {
  const auto found = TRY(statfs_of(fd));
  const auto kind = static_cast<std::uint32_t>(found.f_type);
  if (kind == TMPFS_MAGIC || kind == RAMFS_MAGIC) return Sharing::kUnstamped;
  return is_local(found) ? Sharing::kLocal : Sharing::kShared;
}

Result<FileSystemFacts> facts_of(int fd) {
  const auto found = TRY(statfs_of(fd));
  FileSystemFacts facts;
  facts.block = static_cast<std::uint64_t>(found.f_frsize > 0 ? found.f_frsize : found.f_bsize);
  // One that keeps no count (ramfs) has no blocks at all.
  facts.free_bytes = found.f_blocks == 0 ? std::numeric_limits<std::uint64_t>::max()
                                         : found.f_bavail * facts.block;
  // One that makes them when they are needed (Btrfs) has none.
  // Nor does one that only says so (rclone).
  const bool counts =
      found.f_files != 0 && (found.f_type != FUSE_SUPER_MAGIC || found.f_ffree != 0);
  facts.free_inodes = counts ? found.f_ffree : std::numeric_limits<std::uint64_t>::max();
  facts.keeps_numbers = is_local(found) || found.f_type == NFS_SUPER_MAGIC;
  facts.has_sync_all = found.f_type != FUSE_SUPER_MAGIC;
  facts.moves_directories = found.f_type != OVERLAYFS_SUPER_MAGIC;
  facts.shows_processes = found.f_type == PROC_SUPER_MAGIC;
  facts.clones = found.f_type == BTRFS_SUPER_MAGIC || found.f_type == XFS_SUPER_MAGIC;
  return facts;
}

}  // namespace foldersync
