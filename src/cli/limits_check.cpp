#include "cli/limits_check.h"

#include <utility>

#include "apply/ask_limits.h"
#include "cli/plan_maker.h"
#include "cli/rights.h"
#include "core/text.h"
#include "show/render.h"

namespace foldersync {

bool ask_limits_again(const Tools& tools, const Root& replica, const LimitsDoubt& doubt) {
  const FileSystemLimits known = tools.state.known_limits(replica);
  if (known == FileSystemLimits{}) return false;
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
  const std::string left = limits_text(now);
  tools.log.info("the replica's file system holds more than it did: " + limits_text(known) +
                 " could not be mirrored, and now " + (left.empty() ? "all can" : left + " can't"));
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

void tell_unheld_xattrs(KeptState& state, const Planned& planned) {
  if (!planned.unheld_xattrs) return;
  const RelPath& path = *planned.unheld_xattrs;
  state.warn(
      "--xattrs: the replica's file system holds no extended attributes or ACLs, or not of every "
      "kind: those of '" +
      escaped(path.is_root() ? "." : path.shown()) + "', for one, are not mirrored");
}

}  // namespace foldersync
