#include "cli/kept_state.h"

#include <utility>

#include "cli/console.h"
#include "cli/spool_file.h"
#include "state/last_run.h"
#include "state/limits_key.h"
#include "state/state_folder.h"

namespace foldersync {

void KeptState::open() {
  if (memory_ != nullptr) return;
  if (folder_.empty()) return warn(unknown_memory("no home folder is known, see --state"));
  if (cache_ == nullptr) cache_ = HashCache::in(folder_);
  Memory::Opened opened = Memory::open(folder_);
  memory_ = std::move(opened.memory);
  if (opened.warning.empty()) return;
  if (memory_ != nullptr) return warn_once(std::move(opened.warning));
  warn(std::move(opened.warning));
}

void KeptState::warn_once(std::string warning) {
  if (carried_.is_first(warning)) warn(std::move(warning));
}

std::vector<std::string> KeptState::take_warnings() {
  if (cache_ != nullptr) {
    std::string warning = cache_->take_warning();
    if (!warning.empty()) warn_once(std::move(warning));
  }
  return std::exchange(warnings_, {});
}

FileSystemLimits KeptState::known_limits(const Root& replica) {
  if (memory_ == nullptr) return {};
  const auto key = limits_key(*replica.fs, replica.fd.get(), replica.file_system);
  return key ? memory_->limits(*key) : FileSystemLimits{};
}

Spooling KeptState::spooling() {
  Spooling spooling = spooling_in(folder_);
  spooling.make = [this, make = std::move(spooling.make)] {
    // Where it can't be made or believed, a file elsewhere does.
    if (!folder_.empty()) (void)StateFolder::open(fs_, folder_);
    return make();
  };
  return spooling;
}

void KeptState::save(const Root& replica, const FileSystemLimits& limits) {
  save_hashes();
  if (memory_ == nullptr) return;
  const auto key = limits_key(*replica.fs, replica.fd.get(), replica.file_system);
  if (key && memory_->limits(*key) != limits) memory_->set_limits(*key, limits);
  if (memory_->can_be_written()) {
    Status saved = memory_->save();
    if (saved) return;
    warn(
        "what this run saw is not remembered, and the next one may not notice an emptied source "
        "or a disk that is not mounted: " +
        describe(saved.error()));
  }
  memory_.reset();  // the next cycle opens what is there by then
}

void KeptState::save_hashes() {
  if (cache_ != nullptr) (void)cache_->save();
}

}  // namespace foldersync
