#include "cli/planning/limits_check.h"

#include <utility>

#include "apply/ask_limits.h"
#include "cli/planning/plan_maker.h"
#include "cli/walls/rights.h"
#include "core/text.h"
#include "show/render.h"

namespace foldersync {
namespace {

bool are_any(FileSystemLimits limits) {
  limits.numbers = Numbers::kNotAsked;
  return limits != FileSystemLimits{};
}

void tell(const Tools& tools, const FileSystemLimits& known, const FileSystemLimits& now) {
  const std::string before = limits_text(known);
  const std::string after = limits_text(now);
  if (before == after) return;
  if (before.empty()) {
    tools.log.warn("the replica's file system does not hold everything: " + after +
                   " are not mirrored");
  } else {
    tools.log.info("the replica's file system holds something else than it did: " + before +
                   " could not be mirrored, and now " +
                   (after.empty() ? "all can" : after + " can't"));
  }
}

}  // namespace

void look_as_known(KeptState& state, Root& replica) {
  const Numbers numbers = state.known_limits(replica).numbers;
  if (numbers == Numbers::kKept) replica.fs = &replica.fs->by_number();
  if (numbers == Numbers::kPassing) replica.fs = &replica.fs->by_path();
}

void tell_how_looked_at(const Tools& tools, const Root& replica) {
  const Numbers numbers = tools.state.known_limits(replica).numbers;
  if (numbers == Numbers::kNotAsked) return;
  tools.log.detail(std::string("the replica's file system ") +
                   (numbers == Numbers::kKept ? "keeps inode numbers: it is looked at by number"
                                              : "does not keep inode numbers: it is looked at by "
                                                "path"));
}

bool ask_limits_again(const Tools& tools, Root& replica, const LimitsDoubt& doubt) {
  const FileSystemLimits known = tools.state.known_limits(replica);
  const bool is_new = replica.sharing == Sharing::kShared && known.numbers == Numbers::kNotAsked;
  if (!is_new && !are_any(known)) return false;
  const bool is_due = doubt.hides && tools.state.is_time_to_ask(replica);
  if (!doubt.has_actions && !is_due) return false;
  const Policy policy = policy_for(known);
  const FileSystemLimits now = ask_limits({.fs = *replica.fs,
                                           .replica = replica,
                                           .keys = tools.state.staging_keys(),
                                           .policy = policy});
  tools.state.note_question(replica);
  if (now == known) return false;
  tools.state.set_limits(replica, now);
  look_as_known(tools.state, replica);
  tell(tools, known, now);
  return true;
}

void forget_limits(const Tools& tools, const Root& replica, bool for_good) {
  tools.state.set_limits(replica, {});
  // Where this fails, what is saved of the run takes it along, or says that it can't.
  if (for_good && tools.state.memory() != nullptr) (void)tools.state.memory()->save();
}

void tell_what_root_leaves_out(KeptState& state) {
  std::string sentence = what_root_leaves_out();
  if (!sentence.empty()) state.warn_once(std::move(sentence));
}

void tell_unheld(KeptState& state, const Planned& planned) {
  if (planned.untold_target) {
    state.warn_once("the replica's file system does not say where some symbolic links lead ('" +
                    escaped(planned.untold_target->shown()) +
                    "', for one): they are compared by length (sshfs says it when it is mounted "
                    "with -o no_contain_symlinks)");
  }
  if (!planned.unheld_xattrs) return;
  const RelPath& path = *planned.unheld_xattrs;
  state.warn(
      "--xattrs: the replica's file system holds no extended attributes or ACLs, or not of every "
      "kind: those of '" +
      escaped(path.is_root() ? "." : path.shown()) + "', for one, are not mirrored");
}

}  // namespace foldersync
