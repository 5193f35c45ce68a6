// What people type who come from other tools.
#pragma once

#include <span>
#include <string_view>

namespace foldersync {

// An option of rsync, rclone or cp that this program lacks, and what it has in its place.
struct Foreign {
  std::string_view option;  // with its dashes, without a value
  std::string_view answer;  // the rest of a sentence after a colon
};

extern const std::span<const Foreign> kForeignOptions;

// The answer to an option; empty: nothing is known of it.
std::string_view in_place_of(std::string_view option);

}  // namespace foldersync
