#include "plan/action_store.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "plan/action_codec.h"

namespace foldersync {
namespace {

// Small, since a merge holds one of each run, decoded.
constexpr std::size_t kBlockBytes = std::size_t{4} << 10U;

Error damaged() { return system_error("read spooled actions", 0, "what was written is damaged"); }

}  // namespace

Status ActionStore::append(const Action& action) {
  append_encoded(open_, action, last_path_);
  last_path_ = action.path.bytes();
  ++size_;
  later_uses_.add(foldersync::later_uses(action));
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - bytes_to_write_;
  bytes_to_write_ += std::min(room, foldersync::bytes_to_write(action));
  return open_.size() < kBlockBytes ? success() : seal();
}

Status ActionStore::seal() {
  if (spooling_.heed) TRY(spooling_.heed());
  places_.push_back({open_first_, sealed_bytes_});
  sealed_bytes_ += open_.size();
  open_first_ = size_;
  last_path_.clear();
  if (spool_) {
    Status appended = spool_->append(open_);
    open_.clear();
    return appended;
  }
  kept_.push_back(open_);  // a copy: it has no room to spare
  open_.clear();
  return spooling_.make && sealed_bytes_ > spooling_.memory_bytes ? move_out() : success();
}

Status ActionStore::move_out() {
  spool_ = TRY(spooling_.make());
  for (std::string& bytes : kept_) {
    TRY(spool_->append(bytes));
    std::string().swap(bytes);
  }
  std::vector<std::string>().swap(kept_);
  return success();
}

// `place`: index in places_.
Result<std::string> ActionStore::bytes_of(std::size_t place) const {
  if (!spool_) return kept_[place];
  const bool is_last = place + 1 == places_.size();
  const std::uint64_t end = is_last ? sealed_bytes_ : places_[place + 1].offset;
  std::string bytes(end - places_[place].offset, '\0');
  TRY(spool_->read(places_[place].offset, bytes));
  return bytes;
}

Result<ActionStore::Block> ActionStore::block_of(std::uint64_t index) const {
  Block block;
  std::uint64_t end = size_;
  std::string read;
  std::string_view bytes = open_;
  block.first = open_first_;
  if (index < open_first_) {
    const auto next = std::upper_bound(
        places_.begin(), places_.end(), index,
        [](std::uint64_t wanted, const BlockPlace& place) { return wanted < place.first; });
    const auto place = static_cast<std::size_t>(next - places_.begin()) - 1;
    block.first = places_[place].first;
    end = next == places_.end() ? open_first_ : next->first;
    read = TRY(bytes_of(place));
    bytes = read;
  }
  block.actions.resize(end - block.first);
  std::string_view path;
  for (Action& action : block.actions) {
    if (!take_encoded(bytes, path, action)) return damaged();
    path = action.path.bytes();
  }
  return block;
}

Result<const Action*> ActionCursor::at(std::uint64_t index) {
  if (index < block_.first || index - block_.first >= block_.actions.size()) {
    block_ = TRY(store_->block_of(index));
  }
  return &block_.actions[index - block_.first];
}

}  // namespace foldersync
