#include "apply/steps/doomed_tree.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <set>

#include "core/heeding_sort.h"
#include "scan/local_tree.h"
#include "scan/walker.h"

namespace foldersync {
namespace {
constexpr std::size_t kWorthAThread = 500;  // entries

bool deletes_directory(const Action& action) {
  return removes_entry(action) && action.before->type == FileType::kDirectory;
}

// Whether the entry is still to be deleted, and can be once it lies in the staging folder.
bool is_doomed(const Slot& slot, std::optional<std::uint32_t> owner) {
  if (!removes_entry(slot.action) || !slot.look || slot.error) return false;
  if (slot.look->finding != Finding::kHolds || !slot.look->replica) return false;
  const FileStatus& found = *slot.look->replica;
  if (found.mount_root || found.immutable) return false;
  if (!found.is_directory()) return true;
  return (found.mode & kOwnerAll) == kOwnerAll && (!owner || found.uid == *owner);
}

}  // namespace

DoomedEntry doomed_entry(const RelPath& top, const RelPath& path, const FileStatus& seen) {
  if (path == top) return {{}, seen};
  return {RelPath(path.bytes().substr(top.bytes().size() + 1)), seen};
}

Result<Deletions> Deletions::of(const WindowRecord& record, const WindUp& wind_up) {
  Deletions deletions(record);
  const auto& actions = record.plan.actions;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (record.actions[i].is_due && removes_entry(actions[i])) deletions.due_.push_back(i);
  }
  TRY(sort_heeding(
      deletions.due_,
      [&](std::size_t a, std::size_t b) { return actions[a].path < actions[b].path; },
      [&] { return wind_up.heed("recover"); }));
  return deletions;
}

std::vector<DoomedEntry> Deletions::in(const RelPath& top) const {
  const auto path_of = [&](std::size_t index) -> const RelPath& {
    return record_->plan.actions[index].path;
  };
  auto next = std::lower_bound(
      due_.begin(), due_.end(), top,
      [&](std::size_t index, const RelPath& path) { return path_of(index) < path; });
  std::vector<DoomedEntry> entries;
  for (; next != due_.end() && path_of(*next).is_within(top); ++next) {
    entries.push_back(doomed_entry(top, path_of(*next), *record_->actions[*next].old));
  }
  std::reverse(entries.begin(), entries.end());
  return entries;
}

// Looks through the tree until there is something else in it.
class DoomedTree::Visitor final : public PairVisitor {
 public:
  explicit Visitor(const DoomedTree& tree) : tree_(tree) {}

  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children) override {
    if (has_more_) return success();
    if (pair.replica.error != nullptr) return *pair.replica.error;
    const RelPath directory = RelPath::from_bytes(pair.path);
    EntryReader entries = pair.replica.entries();
    while (const ListedEntry* const entry = entries.next()) {
      TRY(tree_.heed());
      if (entry->error_number != 0) return system_error("stat", entry->error_number);
      const RelPath path = directory.child(entry->name);
      const DoomedEntry* const known = tree_.find(path);
      const bool is_known = known != nullptr && is_still(entry->status, known->seen) &&
                            entry->status.mount == pair.replica.self->mount;
      if (!is_known) {
        has_more_ = true;
        return success();
      }
      if (entry->status.is_directory()) {
        children.push_back({path.bytes(), std::nullopt, entry->status, {}});
      }
    }
    return success();
  }

  [[nodiscard]] bool has_more() const { return has_more_; }

 private:
  const DoomedTree& tree_;
  std::atomic<bool> has_more_{false};
};

const DoomedEntry* DoomedTree::find(const RelPath& path) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), path,
      [](const DoomedEntry& entry, const RelPath& wanted) { return entry.path > wanted; });
  return found != entries_.end() && found->path == path ? &*found : nullptr;
}

Status DoomedTree::heed() const {
  return wind_up_ == nullptr ? success() : wind_up_->heed("look through");
}

Result<bool> DoomedTree::holds_nothing_else() const {
  const auto top = TRY(fs_.open_directory(place_.directory, place_.name.c_str()));
  const auto self = TRY(fs_.status(top.get()));
  if (!same_object(self, entries_.back().seen)) return false;
  Visitor visitor(*this);
  WalkOptions options;
  options.threads = std::clamp(entries_.size() / kWorthAThread, std::size_t{1}, threads_);
  const LocalTree tree(fs_, top.get());
  TRY(walk_pairs({nullptr, &tree, {{}, std::nullopt, self, {}}}, options, visitor));
  return !visitor.has_more();
}

Result<int> DoomedTreeRemover::parent_of(const RelPath& path) {
  const Place& place = tree_.place();
  if (path.is_root()) return place.directory;
  if (!cursor_) {
    top_ = TRY(fs_.open_directory(place.directory, place.name.c_str()));
    cursor_.emplace(fs_, top_.get(), CursorRules{}, max_open_);
  }
  return cursor_->enter(path.parent_bytes());
}

std::string DoomedTreeRemover::name_of(const DoomedEntry& entry) const {
  return entry.path.is_root() ? tree_.place().name : std::string(entry.path.name());
}

// RACE: whoever has come into the directory before it went may still save something under a name
// that it had, between the look and the removal.
Status DoomedTreeRemover::remove(std::size_t index) {
  const DoomedEntry& entry = tree_.entries()[index];
  Status removed = remove_from(parent_of(entry.path), entry);
  return !removed && removed.error().error_number == ENOENT ? success() : removed;
}

Status DoomedTreeRemover::remove_from(const Result<int>& parent, const DoomedEntry& entry) {
  if (!parent) return parent.error();
  const std::string name = name_of(entry);
  if (entry.seen.is_directory()) return fs_.remove_directory(*parent, name.c_str());
  const auto found = TRY(fs_.status_at(*parent, name.c_str()));
  if (!is_still(found, entry.seen)) return changed_error("remove");
  return fs_.remove_file(*parent, name.c_str());
}

void DoomedTreeRemover::open_up() {
  for (std::size_t i = tree_.entries().size(); i-- > 0 && tree_.heed();) {
    const DoomedEntry& entry = tree_.entries()[i];
    const auto parent = entry.seen.is_directory() ? parent_of(entry.path) : Result<int>(Error{});
    if (!parent) continue;
    const auto directory = fs_.open_entry(*parent, name_of(entry).c_str());
    if (!directory) continue;
    const auto now = fs_.status(directory->get());
    if (!now || !same_object(*now, entry.seen) || (now->mode & kOwnerAll) == kOwnerAll) continue;
    (void)fs_.set_mode({directory->get(), true}, now->mode | kOwnerAll);
  }
}

namespace {

// Files that the window gives other metadata under other names than those that go: they would not
// be found as they were seen.
std::set<ObjectId> changed_in_place(const std::vector<Slot>& slots) {
  std::set<ObjectId> changed;
  for (const Slot& slot : slots) {
    if (!sets_metadata(slot.action) || !slot.look || !slot.look->replica) continue;
    const FileStatus& found = *slot.look->replica;
    if (found.links > 1) changed.insert(object_of(found));
  }
  return changed;
}

// Which slots delete a directory where another subvolume begins than the one of the directory
// above, which goes as well: it may be one that can't be emptied, or not be removed.
std::vector<bool> subvolumes(const std::vector<Slot>& slots) {
  std::vector<bool> begins(slots.size());
  std::vector<const Slot*> above;  // directories, each in the one before
  for (std::size_t i = slots.size(); i-- > 0;) {
    const Slot& slot = slots[i];
    if (!deletes_directory(slot.action) || !slot.look || !slot.look->replica) continue;
    while (!above.empty() && !slot.action.path.is_within(above.back()->action.path)) {
      above.pop_back();
    }
    begins[i] = !above.empty() && slot.look->replica->device != above.back()->look->replica->device;
    above.push_back(&slot);
  }
  return begins;
}

}  // namespace

std::vector<DoomedRange> doomed_ranges(const std::vector<Slot>& slots,
                                       std::optional<std::uint32_t> owner) {
  std::vector<std::size_t> others(slots.size() + 1);  // so many before each that must stay
  const std::set<ObjectId> changed = changed_in_place(slots);
  const std::vector<bool> begins_subvolume = subvolumes(slots);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    bool goes = is_doomed(slots[i], owner) && !begins_subvolume[i];
    if (goes && !changed.empty()) goes = !changed.contains(object_of(*slots[i].look->replica));
    others[i + 1] = others[i] + (goes ? 0 : 1);
  }
  std::vector<DoomedRange> ranges;
  for (std::size_t end = slots.size(); end > 0; --end) {
    const Action& top = slots[end - 1].action;
    if (!deletes_directory(top)) continue;
    std::size_t begin = end - 1;
    while (begin > 0 && removes_entry(slots[begin - 1].action) &&
           slots[begin - 1].action.path.is_within(top.path)) {
      --begin;
    }
    if (begin + 1 == end || others[begin] != others[end]) continue;
    ranges.push_back({begin, end});
    end = begin + 1;
  }
  std::reverse(ranges.begin(), ranges.end());
  return ranges;
}

}  // namespace foldersync
