#include "apply/transaction.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "apply/recovery/window_replay.h"
#include "apply/stage/remove_tree.h"
#include "core/heeding_sort.h"
#include "core/program_name.h"
#include "fs/boot.h"
#include "fs/denial.h"
#include "fs/stop.h"

namespace foldersync {
namespace {

constexpr const char* kReserve = "reserve";
constexpr std::size_t kReservedEach = 1024;  // bytes of record for one action, generously
constexpr std::uint64_t kPlenty = std::uint64_t{3} << 30U;

ActionRecord action_record(const Slot& slot, const std::vector<std::string>& folders) {
  const Action& action = slot.action;
  ActionRecord record;
  record.seq = slot.seq;
  if (!slot.look || slot.error) return record;
  const Finding finding = slot.look->finding;
  const bool finishes = is_finish(action);
  const bool is_there = slot.look->replica && (!finishes || slot.look->replica->is_directory());
  // The renames of the window make or touch the directories that are finished.
  const bool is_touched = finishes && (finding == Finding::kAlready || !is_there);
  // A name of the right file is none any more when the window has put another in that one's place.
  const bool is_link = adds_name(action) && finding == Finding::kAlready;
  record.is_due = finding == Finding::kHolds || is_touched || is_link;
  if (!record.is_due) return record;
  record.folder = slot.staged ? folders[slot.folder] : kCommitFolder;
  if (slot.staged) record.made = slot.staged->status;
  if (is_there) record.old = slot.look->replica;
  if (moves_entry(action)) record.made = record.old;
  record.old_xattrs = slot.old_xattrs;
  record.new_xattrs = slot.new_xattrs;
  return record;
}

// The object that the action gives one more name.
std::optional<FileStatus> leader_of(const Action& action, const std::map<RelPath, FileStatus>& made,
                                    Looker& looker) {
  const auto fresh = made.find(*action.other);
  if (fresh != made.end()) return fresh->second;
  const auto found = looker.replica_status(*action.other);
  return found ? *found : std::nullopt;
}

}  // namespace

void Transaction::reserve() {
  const int area = job_.area.fd();
  const auto facts = fs_.facts(area);
  if (!facts || facts->free_bytes > kPlenty) return;
  const auto file = fs_.create_file(area, kReserve, 0600);
  if (!file) return;
  const std::vector<std::byte> zeros(std::size_t{64} << 10U);
  for (std::size_t left = (slots_.size() + 16) * kReservedEach; left > 0;) {
    const auto piece = std::span(zeros).first(std::min(left, zeros.size()));
    const auto count = fs_.write(file->get(), piece);
    if (!count) return;
    left -= *count;
  }
}

Status Transaction::begin() {
  (void)fs_.remove_file(job_.area.fd(), kReserve);
  auto record = TRY(record_of_window());
  record_ = std::move(record);
  Status ready = write_down();
  if (ready) return ready;
  TRY(withdraw());
  if (job_.request.atomic) return ready;
  discard_staged(ready.error());
  if (!is_full_disk(ready.error())) return ready;
  // There may still be deletions that make room.
  record = TRY(record_of_window());
  record_ = std::move(record);
  if (write_down()) return success();
  TRY(withdraw());
  // What is deleted is kept by the record.
  if (!job_.backup.empty()) return ready;
  // CRASH: without a record, what others put in the place of what is deleted in the moment of the
  // kill can't be told from it.
  (void)remove_record(fs_, job_.area.fd());
  record_.reset();
  return success();
}

Status Transaction::write_down() {
  const auto status = TRY(fs_.status(job_.area.fd()));
  const RecordFolder folder{job_.area.fd(), status.device, job_.area.key(),
                            job_.request.atomic ? job_.request.stop : nullptr};
  TRY(write_record(fs_, folder, *record_, barrier_.syncs_each()));
  TRY(barrier_.before_commit(job_.area, job_.folders));
  return mark(Marker::kCommit, std::nullopt);
}

// The marker may be set although it could not be made durable.
Status Transaction::withdraw() {
  Status removed = fs_.remove_file(job_.area.fd(), file_name(Marker::kCommit));
  if (!removed && removed.error().error_number == ENOENT) return success();
  return removed;
}

void Transaction::discard_staged(const Error& why) {
  for (Slot& slot : slots_) {
    if (!slot.staged) continue;
    const int folder = job_.folders[slot.folder].get();
    const bool directory = slot.staged->status.is_directory();
    // What can't be removed now goes with the staging folder.
    if (!slot.is_inside && directory) (void)remove_tree(fs_, folder, slot.name());
    if (!slot.is_inside && !directory) (void)fs_.remove_file(folder, slot.name().c_str());
    slot.staged.reset();
    slot.error = why;
  }
}

// Windows of what is not all or nothing are small.
Status Transaction::heed() const {
  return job_.request.atomic ? foldersync::heed(job_.request.stop, "record") : success();
}

Result<std::vector<const Slot*>> Transaction::in_order_of_the_plan() const {
  std::vector<const Slot*> order;
  order.reserve(slots_.size());
  for (const Slot& slot : slots_) order.push_back(&slot);
  TRY(sort_heeding(
      order, [](const Slot* a, const Slot* b) { return a->seq < b->seq; },
      [this] { return heed(); }));
  return order;
}

Result<WindowRecord> Transaction::record_of_window() const {
  const PlanHeader& plan = job_.request.plan;
  WindowRecord record;
  record.plan.kind = plan.kind;
  record.plan.tool_version = plan.tool_version;
  record.plan.plan_id = plan.plan_id;
  record.plan.created = plan.created;
  record.plan.source = plan.source;
  record.plan.replica = plan.replica;
  record.plan.options = plan.options;
  record.atomic = job_.request.atomic;
  record.durable = barrier_.is_wanted();
  record.owners = job_.request.policy.mirrors_owners;
  record.boot = boot_id();
  record.backup = job_.backup;
  for (Looker& looker : job_.lookers) {
    for (const auto& [path, opened_up] : looker.replica().opened_up())
      record.opened_up.push_back({path, opened_up.mode, opened_up.seen});
  }
  const bool has_links = std::any_of(slots_.begin(), slots_.end(),
                                     [](const Slot& slot) { return adds_name(slot.action); });
  Made made;
  for (const Slot& slot : slots_) {
    if (has_links && slot.staged) made[slot.action.path] = slot.staged->status;
  }
  const auto order = TRY(in_order_of_the_plan());
  for (const Slot* const slot : order) TRY(record_action(*slot, made, record));
  return record;
}

Status Transaction::record_action(const Slot& slot, const Made& made, WindowRecord& record) const {
  TRY(heed());
  Action action = slot.action;
  if (slot.look && slot.look->after) action.after = slot.look->after;
  // What is staged is staged; what goes from where it came from may be in another window.
  if (takes_file_over(action)) action.other.reset();
  count(action, record.plan.summary);
  record.actions.push_back(action_record(slot, job_.folder_names));
  if (adds_name(action)) record.actions.back().made = leader_of(action, made, job_.lookers.front());
  record.plan.actions.push_back(std::move(action));
  return success();
}

Status Transaction::mark(Marker marker, std::optional<Marker> from) {
  const int area = job_.area.fd();
  Status set = set_marker(fs_, area, marker, from);
  return set ? barrier_.opened(area) : set;
}

// A window whose actions are all stale, say, leaves no trace.
bool Transaction::changes_anything() const {
  if (!record_) return true;
  return std::any_of(record_->actions.begin(), record_->actions.end(),
                     [](const ActionRecord& action) { return action.is_due; });
}

Status Transaction::end() {
  Status done = record_ ? mark(Marker::kDone, Marker::kCommit) : success();
  if (done && changes_anything()) job_.area.forget_home_mtime();
  return done;
}

Status Transaction::roll_back() {
  TRY(mark(Marker::kRollback, Marker::kCommit));
  WindowReplay replay(
      {fs_, job_.request.replica, job_.request.policy, job_.observer, job_.book, job_.wind_up},
      job_.area, *record_);
  TRY(replay.backward());
  if (!replay.result().errors.empty()) {
    Error error = replay.result().errors.front();
    error.detail =
        "not everything could be taken back; " + our_command("recover") + " goes on with it";
    return error;
  }
  TRY(replay.sync());
  TRY(mark(Marker::kUndone, Marker::kRollback));
  final_ = Marker::kUndone;
  TRY(replay.purge());
  conflicts_ = replay.result().conflicts;
  return success();
}

Status Transaction::forget() {
  if (!record_) return success();
  const int area = job_.area.fd();
  TRY(remove_record(fs_, area));
  return fs_.remove_file(area, file_name(final_));
}

}  // namespace foldersync
