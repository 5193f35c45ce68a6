// Which backups a person wants to keep. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_time.h"

namespace foldersync {

// What one of these wants is kept. A rotation keeps the newest backup of each hour, day, week (from
// Monday) and month in UTC, of the last so many of them in which there is one: so a machine that
// was off, or a wrong clock, costs nothing. This is how restic and borg count.
struct BackupKeep {
  std::uint64_t newest = 0;
  std::uint64_t all_of_days = 0;  // whatever is at most so many days old
  std::uint64_t hours = 0;
  std::uint64_t days = 0;
  std::uint64_t weeks = 0;
  std::uint64_t months = 0;
};

// "5" (the newest), "30d" alone (all of 30 days), or a rotation, "24h,7d,4w,12m", also with a
// number of the newest in it; each at least 1 and once. Nothing where it is none of these.
std::optional<BackupKeep> parse_backup_keep(std::string_view text);

// Which of the names are backups that may go, the oldest first. `spared` is one more that stays and
// counts as the newest; empty: there is none.
std::vector<std::string> outdated_backups(const std::vector<std::string>& names,
                                          const BackupKeep& keep, FileTime now,
                                          const std::string& spared = {});

// Those that stay, and have a gap before them when `gone` are gone: what these had goes, and older
// ones stay. The oldest first.
std::vector<std::string> behind_a_gap(const std::vector<std::string>& names,
                                      const std::vector<std::string>& gone,
                                      const std::string& spared = {});

}  // namespace foldersync
