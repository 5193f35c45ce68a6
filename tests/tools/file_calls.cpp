#include "file_calls.h"

#include <sys/syscall.h>

#include <algorithm>
#include <array>

namespace call_stopper {
namespace {

constexpr auto kCalls = std::to_array<FileCall>({
#ifdef SYS_open  // newer architectures have only the calls that take a directory
    {SYS_open, "open", "nf-"},
    {SYS_creat, "creat", "n-"},
    {SYS_stat, "stat", "n-"},
    {SYS_lstat, "lstat", "n-"},
    {SYS_access, "access", "n-"},
    {SYS_readlink, "readlink", "n--"},
    {SYS_rename, "rename", "nn"},
    {SYS_link, "link", "nn"},
    {SYS_symlink, "symlink", "tn"},
    {SYS_unlink, "unlink", "n"},
    {SYS_rmdir, "rmdir", "n"},
    {SYS_mkdir, "mkdir", "n-"},
    {SYS_mknod, "mknod", "n--"},
    {SYS_chmod, "chmod", "n-"},
    {SYS_chown, "chown", "n--"},
    {SYS_lchown, "lchown", "n--"},
    {SYS_utime, "utime", "n-"},
    {SYS_utimes, "utimes", "n-"},
    {SYS_futimesat, "futimesat", "dn-"},
#endif
#ifdef SYS_renameat
    {SYS_renameat, "renameat", "dndn"},
#endif
#ifdef SYS_fchmodat2
    {SYS_fchmodat2, "fchmodat2", "dn-f"},
#endif
    {SYS_openat, "openat", "dnf-"},
    {SYS_openat2, "openat2", "dnh-"},
    {SYS_close, "close", "F"},
    {SYS_read, "read", "F--"},
    {SYS_pread64, "pread64", "F---"},
    {SYS_readv, "readv", "F--"},
    {SYS_preadv, "preadv", "F---"},
    {SYS_preadv2, "preadv2", "F----f"},
    {SYS_write, "write", "F--"},
    {SYS_pwrite64, "pwrite64", "F---"},
    {SYS_writev, "writev", "F--"},
    {SYS_pwritev, "pwritev", "F---"},
    {SYS_pwritev2, "pwritev2", "F----f"},
    {SYS_lseek, "lseek", "F--"},
    {SYS_copy_file_range, "copy_file_range", "F-F--f"},
    {SYS_sendfile, "sendfile", "FF--"},
    {SYS_ftruncate, "ftruncate", "F-"},
    {SYS_truncate, "truncate", "n-"},
    {SYS_fallocate, "fallocate", "Ff--"},
    {SYS_fsync, "fsync", "F"},
    {SYS_fdatasync, "fdatasync", "F"},
    {SYS_syncfs, "syncfs", "F"},
    {SYS_sync_file_range, "sync_file_range", "F--f"},
    {SYS_flock, "flock", "F-"},
    {SYS_fcntl, "fcntl", "F--"},
    {SYS_ioctl, "ioctl", "F--"},
    {SYS_getdents64, "getdents64", "F--"},
    {SYS_fstat, "fstat", "F-"},
    {SYS_newfstatat, "newfstatat", "dn-f"},
    {SYS_statx, "statx", "dnf--"},
    {SYS_statfs, "statfs", "n-"},
    {SYS_fstatfs, "fstatfs", "F-"},
    {SYS_faccessat, "faccessat", "dn-"},
    {SYS_faccessat2, "faccessat2", "dn-f"},
    {SYS_readlinkat, "readlinkat", "dn--"},
    {SYS_renameat2, "renameat2", "dndnf"},
    {SYS_linkat, "linkat", "dndnf"},
    {SYS_symlinkat, "symlinkat", "tdn"},
    {SYS_unlinkat, "unlinkat", "dnf"},
    {SYS_mkdirat, "mkdirat", "dn-"},
    {SYS_mknodat, "mknodat", "dn--"},
    {SYS_fchmod, "fchmod", "F-"},
    {SYS_fchmodat, "fchmodat", "dn-"},
    {SYS_fchown, "fchown", "F--"},
    {SYS_fchownat, "fchownat", "dn--f"},
    {SYS_utimensat, "utimensat", "dn-f"},
    {SYS_setxattr, "setxattr", "nt--f"},
    {SYS_lsetxattr, "lsetxattr", "nt--f"},
    {SYS_fsetxattr, "fsetxattr", "Ft--f"},
    {SYS_removexattr, "removexattr", "nt"},
    {SYS_lremovexattr, "lremovexattr", "nt"},
    {SYS_fremovexattr, "fremovexattr", "Ft"},
    {SYS_getxattr, "getxattr", "nt--"},
    {SYS_lgetxattr, "lgetxattr", "nt--"},
    {SYS_fgetxattr, "fgetxattr", "Ft--"},
    {SYS_listxattr, "listxattr", "n--"},
    {SYS_llistxattr, "llistxattr", "n--"},
    {SYS_flistxattr, "flistxattr", "F--"},
    {SYS_landlock_create_ruleset, "landlock_create_ruleset", "---"},
    {SYS_landlock_add_rule, "landlock_add_rule", "----"},
    {SYS_landlock_restrict_self, "landlock_restrict_self", "--"},
});

}  // namespace

std::span<const FileCall> file_calls() { return kCalls; }

const FileCall* find_file_call(long number) {
  const auto* found = std::ranges::find(kCalls, number, &FileCall::number);
  return found == kCalls.end() ? nullptr : found;
}

const FileCall* find_file_call(std::string_view name) {
  const auto* found = std::ranges::find(kCalls, name, &FileCall::name);
  return found == kCalls.end() ? nullptr : found;
}

}  // namespace call_stopper
