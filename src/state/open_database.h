// From a folder to a database that can be used: what to do about everything that may be there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/file_status.h"
#include "core/result.h"
#include "state/schema.h"
#include "state/sqlite.h"
#include "state/state_folder.h"

namespace foldersync {

// What a commit is worth, and what it costs.
enum class Commits : std::uint8_t {
  kFast,     // a power cut may take the last ones back; readers and a writer don't wait for another
  kDurable,  // on disk when it returns; nothing is left beside the file, and reading writes nothing
};

// One of our databases.
struct DatabaseKind {
  const char* name = "";  // of the file
  Schema schema;
  Commits commits = Commits::kFast;
};

enum class Usable : std::uint8_t {
  kYes,      // perhaps only for reading
  kDamaged,  // to be set aside and begun anew
  kNo,       // now, or by this program: locked, newer, of somebody else
};

struct OpenedDatabase {
  Usable usable = Usable::kNo;
  std::optional<Database> database;     // with kYes; with kDamaged, where any of it can be read
  std::optional<Error> reason;          // unless kYes
  std::optional<Error> write_obstacle;  // with kYes: why it can only be read
  FileStatus file;                      // what was looked at, where something has the name
  std::string warning;                  // for people: what was set aside, and why it can't be used
};

// Opens the database `kind.name` in `folder`, made where it is missing. Never hangs on what is no
// file, and waits `busy_milliseconds` for locks at each step.
OpenedDatabase try_open(const StateFolder& folder, const DatabaseKind& kind, int busy_milliseconds);

// The same; what is damaged is set aside, and the database begun anew.
OpenedDatabase open_database(const StateFolder& folder, const DatabaseKind& kind,
                             int busy_milliseconds);

// Renames the database with everything that belongs to it, if it is still `file`. Gives its new
// name. Requires: no connection of this process is open on it.
Result<std::string> set_database_aside(const StateFolder& folder, const std::string& name,
                                       const FileStatus& file);

// What came of that, in a sentence.
std::string fate_of(const Result<std::string>& aside);

// `error` in a sentence, for people.
std::string sentence(const Error& error);

// Adds `more` to the sentences in `text`.
void add_sentence(std::string& text, std::string_view more);

}  // namespace foldersync
