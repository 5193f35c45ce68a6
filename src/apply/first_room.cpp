#include "apply/first_room.h"

#include <string>
#include <utility>
#include <vector>

#include "apply/stage/barrier.h"
#include "apply/stage/space.h"
#include "core/text.h"
#include "fs/place.h"
#include "fs/stop.h"

namespace foldersync {
namespace {

// Where less is free, folders and records may not be made.
constexpr std::uint64_t kEnoughBytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t kEnoughInodes = 64;

struct Amount {
  std::uint64_t bytes = 0;
  std::uint64_t inodes = 0;

  void add(const FileStatus& file) {
    bytes += file.blocks * kBlockUnit;
    ++inodes;
  }
};

class Remover {
 public:
  Remover(const ApplyRequest& request, const LookContext& looks, std::size_t max_open,
          const FileSystemFacts& facts)
      : request_(request),
        looker_(looks, max_open, true),
        free_(facts),
        wind_up_(request.stop, 0) {}

  // Whether there will be when what was chosen is gone.
  [[nodiscard]] bool is_enough() const {
    return is_enough(free_.free_bytes, freed_.bytes + chosen_amount_.bytes, kEnoughBytes) &&
           is_enough(free_.free_inodes, freed_.inodes + chosen_amount_.inodes, kEnoughInodes);
  }
  [[nodiscard]] bool has_chosen() const { return !chosen_.empty(); }

  // Where the action removes a file whose room is free then.
  void choose(const Action& action, std::uint64_t seq) {
    if (!removes_entry(action) || action.before->type != FileType::kFile) return;
    const LookResult look = looker_.look(action);
    if (look.finding != Finding::kHolds || !look.replica || look.replica->links != 1 ||
        look.replica->mount != request_.replica.status.mount) {
      return;
    }
    chosen_.push_back({action, seq, *look.replica});
    chosen_amount_.add(*look.replica);
  }

  // What was chosen is in the backup, where one is wanted, and then gone, where it is still that.
  Status remove_chosen(FirstRoom& made) {
    if (request_.backup) TRY(keep_chosen(made.backup));
    for (const Chosen& file : chosen_) {
      if (remove(file)) made.gone.insert(file.seq);
    }
    chosen_.clear();
    chosen_amount_ = {};
    return success();
  }

  // What is gone stays gone, and what was opened up for it is closed.
  Status end() {
    SyncContext syncing{request_.fs, request_.durable, false, request_.observer};
    const Touched touched{.directories = emptied_, .files = {}};
    Status synced =
        Barrier(syncing).touched_alone(request_.replica.fd.get(), touched, looker_.replica());
    ReplicaAccess& replica = looker_.replica();
    for (const Error& error : replica.close_again(std::exchange(replica.opened_up(), {}))) {
      request_.observer.warn(left_open(error));
    }
    OpenedNotes* const notes = request_.replica.notes.get();
    if (notes != nullptr && !emptied_.empty()) notes->keep_only(replica.opened_up());
    return synced;
  }

 private:
  struct Chosen {
    Action action;
    std::uint64_t seq;
    FileStatus seen;
  };

  Status keep_chosen(std::shared_ptr<Backup>& backup) {
    if (!backup) {
      auto begun = TRY(Backup::begin(request_.fs, *request_.backup, request_.plan, request_.policy,
                                     {looker_.replica(), request_.replica.status.mtime, wind_up_},
                                     request_.durable));
      backup = std::make_shared<Backup>(std::move(begun));
    }
    for (const Chosen& file : chosen_) {
      const int parent = TRY(looker_.replica_parent(file.action.path));
      const Place place{parent, std::string(file.action.path.name())};
      TRY(backup->keep_in_its_place(file.action, place, file.seen));
    }
    return backup->keep_what_was_noted();
  }

  bool remove(const Chosen& file) {
    const RelPath& path = file.action.path;
    const auto parent = looker_.replica_parent(path);
    if (!parent) return false;
    const Place place{*parent, std::string(path.name())};
    const auto removed =
        looker_.replica().with_write_access(place.directory, path.parent(), [&]() -> Status {
          const auto now = TRY(status_at(request_.fs, place));
          if (!now || !is_untouched(*now, file.seen)) return changed_error("look");
          return request_.fs.remove_file(place.directory, place.name.c_str());
        });
    if (!removed) return false;
    emptied_.insert(path.parent());
    freed_.add(file.seen);
    return true;
  }

  // What is free may be the largest number there is.
  static bool is_enough(std::uint64_t free, std::uint64_t freed, std::uint64_t enough) {
    return free >= enough || freed >= enough - free;
  }

  const ApplyRequest& request_;
  Looker looker_;
  FileSystemFacts free_;
  const WindUp wind_up_;
  std::set<RelPath> emptied_;
  std::vector<Chosen> chosen_;
  Amount chosen_amount_;
  Amount freed_;
};

Status remove_until_enough(const ApplyRequest& request, Remover& remover, FirstRoom& made) {
  ActionCursor actions(request.plan.actions);
  std::uint64_t at = 0;
  for (bool is_at_end = false; !is_at_end && !remover.is_enough();) {
    for (; !is_at_end && !remover.is_enough(); ++at) {
      is_at_end = at == request.plan.actions.size() || is_told_to_stop(request.stop);
      if (is_at_end) break;
      const auto action = TRY(actions.at(at));
      is_at_end = action->phase != Phase::kClear;
      if (!is_at_end) remover.choose(*action, at + 1);
    }
    if (!remover.has_chosen()) break;
    Status removed = remover.remove_chosen(made);
    if (!removed && removed.error().code == ErrorCode::kStopped) break;
    TRY(std::move(removed));
  }
  return success();
}

void tell(const ApplyRequest& request, const FirstRoom& made) {
  request.observer.warn(
      "the replica's disk is too full even for the staging folder: " +
      human_count(made.gone.size()) +
      (made.gone.size() == 1 ? " file that goes was" : " files that go were") +
      " removed before it was made" +
      (made.backup ? ", and kept in '" + escaped(made.backup->path()) + "'" : std::string()));
}

}  // namespace

Result<FirstRoom> make_first_room(const ApplyRequest& request, const LookContext& looks,
                                  std::size_t max_open, Lack lack) {
  FirstRoom made;
  if (!request.plan.options.delete_first || request.atomic) return made;
  auto facts = request.fs.facts(request.replica.fd.get());
  if (!facts) return made;
  if (lack == Lack::kSeen) facts->free_bytes = facts->free_inodes = 0;
  Remover remover(request, looks, max_open, *facts);
  if (remover.is_enough()) return made;
  // What stays on the disk frees nothing.
  if (request.backup && keeps_beside(request.fs, request.backup->folder, request.replica)) {
    return made;
  }
  Status removed = remove_until_enough(request, remover, made);
  if (made.gone.empty() && made.backup) {
    made.backup->discard();
    made.backup.reset();
  }
  TRY(remover.end());
  if (!removed) return std::move(removed).error();
  if (!made.gone.empty()) tell(request, made);
  return made;
}

}  // namespace foldersync
