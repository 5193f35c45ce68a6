#include "cli/kept/kept_state.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include "cli/console/console.h"
#include "cli/console/spool_file.h"
#include "fs/clock.h"
#include "state/limits_key.h"
#include "state/state_folder.h"

namespace foldersync {
namespace {

std::string question_key(const std::string& limits_key) { return "limits-asked " + limits_key; }

}  // namespace

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

void KeptState::tell_warnings() {
  for (const std::string& warning : take_warnings()) tell(warning);
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

void KeptState::set_limits(const Root& replica, const FileSystemLimits& limits) {
  if (memory_ == nullptr) return;
  const auto key = limits_key(*replica.fs, replica.fd.get(), replica.file_system);
  if (!key || memory_->limits(*key) == limits) return;
  memory_->set_limits(*key, limits);
  note_question(replica);
}

bool KeptState::is_time_to_ask(const Root& replica) {
  constexpr std::int64_t kDay = 86'400;
  if (memory_ == nullptr) return false;
  const auto key = limits_key(*replica.fs, replica.fd.get(), replica.file_system);
  if (!key) return false;
  const auto last = memory_->fact(question_key(*key));
  if (!last || !*last) return true;
  std::int64_t then = 0;
  const char* const end = (*last)->data() + (*last)->size();
  if (std::from_chars((*last)->data(), end, then).ptr != end) return true;
  // A clock that was put back must not keep the question away for years.
  const std::int64_t now = wall_clock_now().seconds;
  return now < then || now - then >= kDay;
}

void KeptState::note_question(const Root& replica) {
  if (memory_ == nullptr) return;
  const auto key = limits_key(*replica.fs, replica.fd.get(), replica.file_system);
  if (key) memory_->set_fact(question_key(*key), std::to_string(wall_clock_now().seconds));
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
  set_limits(replica, limits);
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

void KeptState::forget_hash(const Root& root, const RelPath& path) {
  if (cache_) cache_->forget(cache_->tree(root.identity), path.parent(), path.name());
}

void KeptState::save_hashes() {
  if (cache_ != nullptr) (void)cache_->save();
}

}  // namespace foldersync
