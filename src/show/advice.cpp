#include "show/advice.h"

#include <array>
#include <cerrno>
#include <cstring>

#include "format/errno_name.h"
#include "plan/plan.h"

namespace foldersync {
namespace {

struct Known {
  std::string_view doing;  // empty: whatever it was
  int error_number;
  std::string_view text;
};

// What the program itself says no to comes first.
constexpr std::array kKnown{
    Known{"enter mount", EXDEV, "another file system is mounted there; --cross-mounts enters it"},
    Known{"open", EAGAIN, "another program holds a lease on it, and is asked to give it back"},
    Known{"replace", ENOTEMPTY,
          "it is to become something else, and holds what an exclusion, --no-delete or another "
          "problem protects: move that away, or have it removed (--delete-excluded)"},
    Known{"replace an excluded entry", EEXIST,
          "an exclusion protects what the replica has there: move it away, or have it removed "
          "(--delete-excluded)"},
    Known{"hold beside another spelling of the name", EEXIST,
          "the replica's file system takes this name and another one for the same: rename one of "
          "them in the source, or leave it out (--exclude)"},
    Known{"remove a read-only subvolume", EROFS,
          "it is read-only, and stays with all that is above it: delete it with 'btrfs subvolume "
          "delete', or make it writable with 'btrfs property set'"},
    Known{
        kDecayProblem, EBADMSG,
        "what it holds changed, and nothing says that anybody changed it: its disk, or memory, may "
        "have failed. Restore it; or accept what it holds by now (run --accept-changed PATH)"},
    Known{"", EFBIG,
          "larger than a file can be there, or than this process may make it (ulimit -f): leave it "
          "out (--exclude, --max-size)"},
    Known{"", ENAMETOOLONG,
          "longer than that file system holds: shorten it in the source, or leave it out "
          "(--exclude)"},
    Known{"", ENOSPC, "no blocks, or no inodes, are left there: make room ('df', 'df -i')"},
    Known{"", EDQUOT, "a quota is used up there: make room, or have it raised"},
    Known{"", EIO,
          "the disk, or the way to it, failed: the kernel's log has more ('dmesg'), and other "
          "copies should be looked after"},
    Known{"", EMFILE, "raise the limit of open files (ulimit -n)"},
    Known{"", ENFILE, "the whole machine has too many files open (sysctl fs.file-max)"},
    Known{"", EMLINK, "no file or directory there can have more names"},
};

}  // namespace

Advice advice_for(std::string_view doing, int error_number) {
  for (const Known& known : kKnown) {
    if (known.error_number != error_number) continue;
    if (known.doing.empty() || known.doing == doing) return {known.text, !known.doing.empty()};
  }
  return {};
}

std::string reason_of(std::string_view doing, int error_number) {
  const Advice advice = advice_for(doing, error_number);
  if (advice.says_all) return std::string(advice.text);
  const std::string kernel =
      std::string(std::strerror(error_number)) + " (" + errno_name(error_number) + ")";
  return advice.text.empty() ? kernel : kernel + "; " + std::string(advice.text);
}

}  // namespace foldersync
