#include "fs/left_names.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "fs/clock.h"

namespace foldersync {
namespace {

bool is_hexadecimal(std::string_view digits) {
  return std::all_of(digits.begin(), digits.end(), [](char digit) {
    return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
  });
}

enum class Holds : std::uint8_t { kNothing, kLeftNames, kMore };

// What directory entries of the kernel's form say; see getdents64(2).
Holds what_is_in(std::span<const std::byte> records) {
  constexpr std::size_t kLengthAt = 16;
  constexpr std::size_t kNameAt = 19;
  Holds held = Holds::kNothing;
  while (!records.empty()) {
    std::uint16_t length = 0;
    std::memcpy(&length, records.data() + kLengthAt, sizeof(length));
    const std::string_view name(reinterpret_cast<const char*>(records.data() + kNameAt));
    records = records.subspan(length);
    if (name == "." || name == "..") continue;
    if (!is_left_name(name)) return Holds::kMore;
    held = Holds::kLeftNames;
  }
  return held;
}

Result<Holds> look_into(FileSystem& fs, const NamedDirectory& directory) {
  const auto open = TRY(fs.open_directory(directory.above, directory.name));
  alignas(8) std::array<std::byte, 4096> buffer{};
  Holds held = Holds::kNothing;
  for (;;) {
    const auto count = TRY(fs.list(open.get(), buffer));
    if (count == 0) return held;
    const Holds here = what_is_in(std::span(buffer).first(count));
    if (here == Holds::kMore) return here;
    if (here == Holds::kLeftNames) held = here;
  }
}

}  // namespace

bool is_left_name(std::string_view name) {
  constexpr std::string_view kFuse = ".fuse_hidden";
  constexpr std::string_view kNfs = ".nfs";
  if (name.starts_with(kFuse)) {
    name.remove_prefix(kFuse.size());
    return name.size() == 16 && is_hexadecimal(name);
  }
  if (!name.starts_with(kNfs)) return false;
  name.remove_prefix(kNfs.size());
  return name.size() >= 16 && name.size() <= 24 && is_hexadecimal(name);
}

Status remove_once_empty(FileSystem& fs, const NamedDirectory& directory,
                         const std::function<Status()>& remove) {
  constexpr int kTries = 50;
  constexpr double kWaitSeconds = 0.01;
  for (int tries = 0;; ++tries) {
    const auto held = look_into(fs, directory);
    if (held && *held == Holds::kMore) return system_error("rmdir", ENOTEMPTY);
    Status removed = remove();
    if (removed || !held || *held == Holds::kNothing || tries == kTries) return removed;
    sleep_for(kWaitSeconds);
  }
}

}  // namespace foldersync
