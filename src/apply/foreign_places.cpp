#include "apply/foreign_places.h"

#include <cerrno>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "fs/privilege.h"
#include "fs/replica_access.h"
#include "fs/stop.h"

namespace foldersync {
namespace {
constexpr const char* kReadOnly = "its metadata can't be set, for it is mounted read-only";

bool lacks_rights(const Error& error) { return is_one_of(error, {EPERM, EACCES, EROFS}); }

CursorRules rules_of(const LookContext& looks) {
  CursorRules rules;
  rules.other_root = looks.source_root;
  if (!looks.options.cross_mounts) rules.only_mount = looks.replica.status.mount;
  return rules;
}

class ForeignPlaces {
 public:
  ForeignPlaces(const ApplyRequest& request, const LookContext& looks, std::size_t max_open)
      : fs_(request.fs),
        uid_(request.policy.uid),
        access_(request.fs, looks.replica.fd.get(), rules_of(looks), max_open, false) {}

  Status check(const Action& action) {
    if (is_finish(action)) return check_directory(action.path);
    if (action.path.is_root()) return success();
    const bool is_move = moves_entry(action);
    if (gives_metadata(action)) {
      TRY(check_entry(is_move ? *action.other : action.path));
      if (!is_move) return success();
    }
    TRY(check_place(action.path, !is_move && action.before.has_value()));
    return is_move ? check_place(*action.other, true) : success();
  }

 private:
  // A directory in which entries come or go, and whether they can.
  struct Place {
    RelPath path;
    FileStatus status;
    std::optional<Error> closed;
  };

  static Error refused(const RelPath& path, const std::string& why, int error_number) {
    Error error = refused_error(
        "apply", "refused, nothing was changed: all or nothing was asked for, and " + why +
                     ". Make it changeable for who runs this, leave it out "
                     "(--exclude), or go without --atomic");
    error.error_number = error_number;
    return std::move(error).at(path.bytes());
  }

  static std::string owner_of(const FileStatus& status) {
    if (status.immutable) return "it is append-only or immutable (chattr)";
    return "it belongs to user " + std::to_string(status.uid);
  }

  // By the rules of the kernel, for to try it would turn back the time of what others write
  // meanwhile. A file system that refuses root all the same is found out later.
  bool may_set_time(const FileStatus& status) {
    if (status.immutable) return false;
    if (status.uid == uid_) return true;
    const auto known = acts_for_.find(status.uid);
    if (known != acts_for_.end()) return known->second;
    return acts_for_.emplace(status.uid, may_act_for(status.uid)).first->second;
  }

  bool is_read_only(int directory) {
    const Status open = fs_.may_add_entries(directory);
    return !open && open.error().error_number == EROFS;
  }

  Status check_directory(const RelPath& path) {
    const auto directory = access_.directory(path);
    if (!directory) return success();
    const auto status = fs_.status(*directory);
    if (!status) return success();
    if (is_read_only(*directory)) return refused(path, kReadOnly, EROFS);
    if (may_set_time(*status)) return success();
    return refused(path, "mode and time of this directory can't be set, for " + owner_of(*status),
                   EPERM);
  }

  // To a leaf that stays: not to what is written anew, as prepare_in_place() decides, as far as the
  // plan tells.
  static bool gives_metadata(const Action& action) {
    if (!changes_leaf_in_place(action)) return false;
    const Facts& before = *action.before;
    const Facts& after = *action.after;
    if (moves_entry(action) && differences(after, before, {}).empty()) return false;
    const std::uint32_t modes = before.mode.value_or(0) | after.mode.value_or(0);
    return before.type != FileType::kFile || (modes & kSetIds) == 0;
  }

  Status check_entry(const RelPath& path) {
    const auto parent = access_.parent(path);
    if (!parent) return success();
    const auto status = fs_.status_at(*parent, std::string(path.name()).c_str());
    if (!status) return success();
    if (is_read_only(*parent)) return refused(path, kReadOnly, EROFS);
    if (may_set_time(*status)) return success();
    return refused(path, "its metadata can't be set, for " + owner_of(*status), EPERM);
  }

  // Whether an entry can get the path, and where `old` one has it, whether that can go.
  Status check_place(const RelPath& path, bool old) {
    const Place* const place = enter(path.parent());
    if (place == nullptr) return success();
    if (place->closed) {
      return refused(place->path, "entries of this directory can't be made or removed",
                     place->closed->error_number);
    }
    if (place->status.immutable) {
      return refused(place->path,
                     "what is made in this directory could not be removed again, for " +
                         owner_of(place->status),
                     EPERM);
    }
    return old ? check_old(*place, path) : success();
  }

  Status check_old(const Place& place, const RelPath& path) {
    const auto status = access_.status(path);
    if (!status || !*status) return success();
    const FileStatus& old = **status;
    if (old.immutable) return refused(path, "it can't be removed, for " + owner_of(old), EPERM);
    if (old.uid == uid_ || (place.status.mode & kSticky) == 0 || may_set_time(place.status))
      return success();
    return refused(path,
                   "it can't be removed, for " + owner_of(old) +
                       ", and so it is for the directory that holds it, which is sticky",
                   EPERM);
  }

  // Null where it is not there yet, or can't be seen. Valid until the next call.
  const Place* enter(const RelPath& path) {
    if (place_ && place_->path == path) return &*place_;
    const auto directory = access_.directory(path);
    const auto status = directory ? fs_.status(*directory) : Result<FileStatus>(directory.error());
    if (!status) return nullptr;
    place_ = Place{path, *status, std::nullopt};
    const Status open = fs_.may_add_entries(*directory);
    // A directory of one's own is opened up.
    const bool is_opened_up = status->uid == uid_ && !open && open.error().error_number == EACCES;
    if (!open && lacks_rights(open.error()) && !is_opened_up) place_->closed = open.error();
    return &*place_;
  }

  FileSystem& fs_;
  std::uint32_t uid_;
  std::map<std::uint32_t, bool> acts_for_;  // other users
  ReplicaAccess access_;
  std::optional<Place> place_;  // the last one
};

}  // namespace

Status refuse_foreign_places(const ApplyRequest& request, const LookContext& looks,
                             std::size_t max_open) {
  ForeignPlaces places(request, looks, max_open);
  return for_each_action(request.plan.actions, [&](const Action& action, std::uint64_t) -> Status {
    TRY(heed(request.stop, "look at"));
    return places.check(action);
  });
}

}  // namespace foldersync
