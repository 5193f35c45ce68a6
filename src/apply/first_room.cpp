#include "apply/first_room.h"

#include <string>
#include <utility>

#include "apply/stage/barrier.h"
#include "core/text.h"
#include "fs/place.h"
#include "fs/stop.h"

namespace foldersync {
namespace {

// Where less is free, folders and records may not be made.
constexpr std::uint64_t kEnoughBytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t kEnoughInodes = 64;
constexpr std::uint64_t kBlockUnit = 512;

class FirstRoom {
 public:
  FirstRoom(const ApplyRequest& request, const LookContext& looks, std::size_t max_open,
            const FileSystemFacts& facts)
      : request_(request), looker_(looks, max_open, true), free_(facts) {}

  [[nodiscard]] bool is_enough() const {
    return is_enough(free_.free_bytes, freed_bytes_, kEnoughBytes) &&
           is_enough(free_.free_inodes, freed_inodes_, kEnoughInodes);
  }

  // Whether it is gone now.
  bool remove(const Action& action) {
    if (action.op != Op::kDelete || action.before->type != FileType::kFile) return false;
    const LookResult look = looker_.look(action);
    if (look.finding != Finding::kHolds || !look.replica || look.replica->links != 1 ||
        look.replica->mount != request_.replica.status.mount) {
      return false;
    }
    const auto parent = looker_.replica_parent(action.path);
    if (!parent) return false;
    const Place place{*parent, std::string(action.path.name())};
    const auto removed =
        looker_.replica().with_write_access(place.directory, action.path.parent(), [&]() -> Status {
          const auto now = TRY(status_at(request_.fs, place));
          if (!now || !is_untouched(*now, *look.replica))
            return Error{ErrorCode::kChanged, "look", {}, 0, {}};
          return request_.fs.remove_file(place.directory, place.name.c_str());
        });
    if (!removed) return false;
    emptied_.insert(action.path.parent());
    freed_bytes_ += look.replica->blocks * kBlockUnit;
    ++freed_inodes_;
    return true;
  }

  // What is gone stays gone, and what was opened up for it is closed.
  Status end() {
    Status synced = sync();
    ReplicaAccess& replica = looker_.replica();
    for (const Error& error : replica.close_again(std::exchange(replica.loosened(), {}))) {
      request_.observer.warn(left_open(error));
    }
    OpenedNotes* const notes = request_.replica.notes.get();
    if (notes != nullptr && !emptied_.empty()) notes->keep_only(replica.loosened());
    return synced;
  }

 private:
  Status sync() {
    SyncContext syncing{request_.fs, request_.durable, false, request_.observer};
    const Touched touched{.directories = emptied_, .files = {}};
    return Barrier(syncing).touched_alone(request_.replica.fd.get(), touched, looker_.replica());
  }

  // What is free may be the largest number there is.
  static bool is_enough(std::uint64_t free, std::uint64_t freed, std::uint64_t enough) {
    return free >= enough || freed >= enough - free;
  }

  const ApplyRequest& request_;
  Looker looker_;
  FileSystemFacts free_;
  std::set<RelPath> emptied_;
  std::uint64_t freed_bytes_ = 0;
  std::uint64_t freed_inodes_ = 0;
};

}  // namespace

Result<std::set<std::uint64_t>> make_first_room(const ApplyRequest& request,
                                                const LookContext& looks, std::size_t max_open) {
  std::set<std::uint64_t> gone;
  if (!request.plan.options.delete_first || request.atomic || request.backup) return gone;
  const auto facts = request.fs.facts(request.replica.fd.get());
  if (!facts) return gone;
  FirstRoom room(request, looks, max_open, *facts);
  ActionCursor actions(request.plan.actions);
  for (std::uint64_t at = 0; at < request.plan.actions.size() && !room.is_enough(); ++at) {
    if (is_told_to_stop(request.stop)) break;
    const auto action = TRY(actions.at(at));
    if (action->phase != Phase::kClear) break;
    if (room.remove(*action)) gone.insert(at + 1);
  }
  TRY(room.end());
  if (gone.empty()) return gone;
  request.observer.warn(
      "the replica's disk is too full even for the staging folder: " + human_count(gone.size()) +
      (gone.size() == 1 ? " file that goes was" : " files that go were") +
      " removed before it was made");
  return gone;
}

}  // namespace foldersync
