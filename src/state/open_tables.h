// From a folder to a database that can be used: what to do about everything that may be there.
#pragma once

#include <optional>
#include <string>

#include "core/file_status.h"
#include "core/result.h"
#include "state/state_folder.h"
#include "state/tables.h"

namespace foldersync {

struct OpenedTables {
  std::optional<Tables> tables;         // empty: nothing can be used
  FileStatus file;                      // the database behind `tables`
  std::optional<Error> write_obstacle;  // why it can only be read
  std::string warning;                  // for people; empty where all is well
};

// Opens hashes.db in `folder`, made where it is missing, set aside and begun anew where it is
// damaged. Never hangs on what is no file, and waits `busy_milliseconds` for locks at each step.
OpenedTables open_tables(const StateFolder& folder, int busy_milliseconds);

// Renames the database with everything that belongs to it, if it is still `file`. Says so, or why
// not, in a sentence. Requires: no connection of this process is open on it.
std::string set_database_aside(const StateFolder& folder, const FileStatus& file);

// `error` in a sentence, for people.
std::string sentence(const Error& error);

}  // namespace foldersync
