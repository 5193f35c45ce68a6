#include "apply/stage/in_place.h"

#include <memory>
#include <string>
#include <utility>

#include "fs/xattrs.h"
#include "plan/compare.h"

namespace foldersync {
namespace {

std::string name_of(const RelPath& path) { return path.is_root() ? "." : std::string(path.name()); }

RelPath above(const RelPath& path) { return path.is_root() ? path : path.parent(); }

class Preparation {
 public:
  Preparation(const Job& job, Looker& looker, Slot& slot)
      : job_(job), fs_(job.request.fs), looker_(looker), slot_(slot), look_(*slot.look) {}

  Status run() {
    if (slot_.action.reasons.has(Reason::kXattrs)) {
      TRY(read_attributes());
    } else if (takes_rights_along()) {
      TRY(read_rights());
    }
    if (!has_proof(*look_.replica)) TRY(learn_incarnation());
    const bool is_file = look_.replica->is_file();
    const bool is_anew = is_file && TRY(has_to_be_written_anew());
    if (is_anew) write_anew();
    return success();
  }

 private:
  // The bits of the group in a mode are the mask of the ACL, if there is one: alone they say less
  // than they did, or more. Of a directory whose entries change nothing else does.
  [[nodiscard]] bool takes_rights_along() const {
    const Action& action = slot_.action;
    if (job_.looks.is_undo || !job_.policy.limits.holds_xattrs) return false;
    if (job_.policy.fields.no_perms) return false;
    if (look_.replica->type == FileType::kSymlink) return false;
    if (!look_.replica->is_directory()) return changes_anything();
    return sets_metadata(action) && (action.path.is_root() || action.reasons.has(Reason::kMode) ||
                                     action.reasons.has(Reason::kOwner));
  }

  Result<Fd> open_replica() {
    const auto directory = TRY(looker_.replica_directory(above(old_path(slot_.action))));
    return fs_.open_entry(directory, name_of(old_path(slot_.action)).c_str());
  }

  Result<std::unique_ptr<ReadableEntry>> open_source() {
    const RelPath& path = slot_.action.path;
    auto* const directory = TRY(looker_.source_directory(above(path)));
    return directory->open_entry(name_of(path).c_str());
  }

  Status read_attributes() {
    const auto wanted = TRY(open_source());
    const auto found = TRY(open_replica());
    const bool as_root = job_.policy.as_root;
    slot_.new_xattrs = TRY(wanted->xattrs(as_root));
    slot_.old_xattrs = TRY(read_xattrs(fs_, {found.get(), true}, as_root));
    if (job_.policy.fields.no_perms) {
      slot_.new_xattrs = with_acls_of(std::move(*slot_.new_xattrs), *slot_.old_xattrs);
    }
    return success();
  }

  // Those of the source, where they are others, with all that the replica's entry has besides.
  Status read_rights() {
    const bool as_root = job_.policy.as_root;
    const auto source = TRY(open_source());
    const auto wanted = TRY(source->rights(as_root));
    const auto entry = TRY(open_replica());
    const Handle replica{entry.get(), true};
    const auto found = TRY(foldersync::read_rights(fs_, replica, as_root));
    is_capable_ = has_capability(wanted) || has_capability(found);
    if (with_acls_of(found, wanted) == found) return success();
    slot_.old_xattrs = TRY(read_xattrs(fs_, replica, as_root));
    slot_.new_xattrs = with_acls_of(*slot_.old_xattrs, wanted);
    slot_.action.reasons.add(Reason::kXattrs);
    return success();
  }

  // Where it can't be asked, nothing tells: a recovery leaves the entry as it is then.
  Status learn_incarnation() {
    if (!look_.replica->is_file() && !look_.replica->is_directory()) return success();
    const auto entry = TRY(open_replica());
    const auto now = TRY(fs_.status(entry.get()));
    if (!same_object(now, *look_.replica)) return success();  // the next look finds that, too
    look_.replica->incarnation = TRY(fs_.incarnation(entry.get())).value_or(0);
    return success();
  }

  [[nodiscard]] bool changes_anything() const {
    if (sets_metadata(slot_.action)) return true;
    const Policy& policy = job_.policy;
    return !differences(*look_.after, found_facts(*look_.replica, {}, policy), policy.limits)
                .empty();
  }

  [[nodiscard]] bool has_set_ids() const {
    const FileStatus& found = *look_.replica;
    const std::uint32_t wanted = wanted_mode(look_.wanted, found, job_.policy);
    return ((wanted | found.mode) & kSetIds) != 0;
  }

  Result<bool> has_to_be_written_anew() {
    if (!changes_anything()) return false;
    // What an undo takes back, this program has given there.
    const bool may_be_changed =
        job_.looks.is_undo ? !has_set_ids()
                           : may_change_in_place(look_.wanted, *look_.replica, job_.policy);
    if (!may_be_changed) return true;
    if (is_capable_) return true;
    if (slot_.new_xattrs)
      return has_capability(*slot_.new_xattrs) || has_capability(*slot_.old_xattrs);
    if (!job_.looks.is_undo) return false;
    // A change of owner takes it away.
    const bool has_new_owner = job_.policy.owners() && (look_.wanted.uid != look_.replica->uid ||
                                                        look_.wanted.gid != look_.replica->gid);
    if (!has_new_owner || !job_.policy.limits.holds_xattrs) return false;
    const auto entry = TRY(open_replica());
    return fs_.get_xattr({entry.get(), true}, kCapability, {}).ok();
  }

  void write_anew() {
    Action& action = slot_.action;
    const bool is_move = moves_entry(action);
    // Of an undo the content is the replica's own, which another may have written.
    const bool is_foreign =
        job_.looks.is_undo && !may_change_hands(look_.wanted, *look_.replica, job_.policy);
    if (is_move || is_foreign) {
      stale(look_,
            {Side::kReplica,
             {"attributes", "some that can be given in place", "some that only a new file gets"}});
      return;
    }
    action.op = Op::kUpdate;
    action.before->links.reset();
    slot_.old_xattrs.reset();
    slot_.new_xattrs.reset();
    look_.keeps_content = job_.looks.is_undo;
    if (job_.looks.is_undo) return;
    look_.wanted = looker_.wanted_of(action, look_);
  }

  const Job& job_;
  FileSystem& fs_;
  Looker& looker_;
  Slot& slot_;
  LookResult& look_;
  bool is_capable_ = false;  // it, or the source's, runs with rights of its own
};

}  // namespace

void prepare_in_place(const Job& job, Looker& looker, Slot& slot) {
  Status prepared = Preparation(job, looker, slot).run();
  if (!prepared) slot.error = std::move(prepared).error();
}

}  // namespace foldersync
