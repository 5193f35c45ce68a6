// Which directories of a replica are opened up, kept in the memory.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "cli/kept/kept_state.h"
#include "fs/replica_access.h"
#include "scan/roots.h"

namespace foldersync {

// Of one replica. Where there is no memory, or it can't be written, nothing is kept.
// RACE: two processes that make plans of one replica keep only what one of them has noted.
class MemoryOfOpened final : public OpenedNotes {
 public:
  // `identity`: the replica's (Root::identity). Requires: `state` outlives it.
  MemoryOfOpened(KeptState& state, const std::string& identity);

  void note(const RelPath& path, const OpenedUp& opened_up) override;
  void forget(const RelPath& path) override;
  // keep_only() says then what becomes of it. Not asked, it keeps what earlier runs left.
  AllOpenedUp known() override;
  void keep_only(const AllOpenedUp& open) override;

 private:
  Memory* writable() const;
  void load();
  void append(Memory& memory, const std::string& line);
  AllOpenedUp read();
  std::string part_key(std::size_t part) const;

  KeptState& state_;
  std::mutex mutex_;
  std::string key_;
  bool is_loaded_ = false;
  AllOpenedUp earlier_;
  std::size_t parts_ = 0;  // that the memory has
  std::string last_part_;
  std::size_t lines_ = 0;  // of the last part
};

// What is opened up in this replica from now on is noted, as long as it can be written down.
void note_opened(KeptState& state, Root& replica);

}  // namespace foldersync
