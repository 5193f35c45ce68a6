#include "cli/cycle/at_rest.h"

#include <algorithm>
#include <array>
#include <utility>

#include "apply/recovery/lock.h"
#include "cli/console/console.h"
#include "cli/kept/opened_notes.h"
#include "cli/planning/limits_check.h"
#include "cli/planning/plan_maker.h"
#include "core/program_name.h"
#include "core/text.h"
#include "fs/clock.h"
#include "fs/directory_cursor.h"

namespace foldersync {
namespace {

// Is told what recovery has to say.
class Warner final : public ApplyObserver {
 public:
  explicit Warner(Log& log) : log_(log) {}
  void report(const ActionReport&) override {}
  void warn(const std::string& sentence) override { log_.warn(sentence); }

 private:
  Log& log_;
};

// By Recovered::What.
constexpr std::array<const char*, 4> kSentences{
    nullptr, "an earlier run was stopped in the middle: what it had staged is removed",
    "an earlier run was killed while it changed the replica: what it had begun is finished",
    "an earlier run was killed while it changed the replica: what it had begun is taken back"};

}  // namespace

Status AtRest::lock(Root& replica) {
  note_opened(tools_.state, replica);
  look_as_known(tools_.state, replica);
  const double until = monotonic_seconds() + lock_wait_seconds_;
  for (;;) {
    const auto locked = lock_replica(*replica.fs, replica, tools_.state.folder());
    if (locked) {
      if (*locked == LockKind::kStandIn && tools_.state.carried().is_first("stand-in lock")) {
        tools_.log.warn(
            "the replica's file system knows no locks: a file in the state folder is locked in its "
            "place, which keeps out only runs on this machine with the same state folder");
      }
      return success();
    }
    if (locked.error().code != ErrorCode::kLocked) return locked.error();
    const double left = until - monotonic_seconds();
    if (left <= 0 || tools_.signals.stop()) return locked_out(*replica.fs, replica);
    tools_.signals.wait(std::min(left, 0.1));
  }
}

Result<Recovered> AtRest::recover(const Root& replica, RecoveryWish wish) {
  Log& log = tools_.log;
  Warner warner(log);
  const Policy policy = policy_for(tools_.state.known_limits(replica));
  auto recovered = foldersync::recover({.fs = *replica.fs,
                                        .replica = replica,
                                        .policy = policy,
                                        .observer = warner,
                                        .keys = tools_.state.staging_keys(),
                                        .wanted = wish.wanted,
                                        .drop_conflicts = wish.drop_conflicts,
                                        .run_follows = wish.run_follows,
                                        .stop = &tools_.signals.stop()});
  if (!recovered && recovered.error().code == ErrorCode::kStopped) {
    log.warn(
        "told to stop while what an earlier run had begun was brought to rest: the next run, or " +
        our_command("recover") + ", goes on with it");
  }
  if (!recovered) return recovered;
  for (const Error& error : recovered->unread) {
    log.error("the staging folder '" + escaped(error.path) +
              "' of a run that was killed can't be looked at (" + describe(error) +
              "): it is kept as it is" +
              (wish.run_follows ? ", and this run uses another"
                                : "; try again, or let a run go on "
                                  "without it"));
  }
  close_what_was_left_open(replica);
  const char* const sentence = kSentences[static_cast<std::size_t>(recovered->what)];
  if (recovered->lacking > 0) {
    log.warn("an earlier run was killed while it changed the replica: metadata of " +
             human_count(recovered->lacking) +
             " of its changes could not be set, all else of it is at rest");
  } else if (sentence != nullptr) {
    log.warn(sentence);
  }
  if (recovered->overtaken > 0) {
    log.warn(human_count(recovered->overtaken) +
             " of its changes were left as they are: others have changed these paths since");
  }
  if (recovered->conflicts) {
    log.warn("the replica's '" + recovered->folder +
             "/conflict' keeps what others wrote in the middle of an earlier run: save what is "
             "needed of it, then remove it with " +
             our_command("recover --drop-conflicts"));
  }
  return recovered;
}

void AtRest::close_what_was_left_open(const Root& replica) {
  if (!replica.notes) return;
  OpenedNotes& notes = *replica.notes;
  AllOpenedUp open = notes.known();
  if (open.empty()) return;
  ReplicaAccess access(*replica.fs, replica.fd.get(), {}, descriptors_per_cursor(3));
  access.note_in(&notes);
  for (const Error& error : access.close_again(std::move(open))) tools_.log.warn(left_open(error));
  notes.keep_only(access.opened_up());
}

}  // namespace foldersync
