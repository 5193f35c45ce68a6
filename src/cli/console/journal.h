// Lines for the journal of systemd, which takes how urgent each is from its beginning.
#pragma once

#include <string_view>

#include "cli/console/log.h"

namespace foldersync {

// "<3>", see sd-daemon(3).
std::string_view journal_prefix(Level level);

// Whether JOURNAL_STREAM says that what is written there goes to the journal.
bool goes_to_journal(int fd);

}  // namespace foldersync
