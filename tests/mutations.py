"""The safety checks that scripts/mutate takes out, each with the test that fails without it.

`text` stands exactly once in `file`; `instead` takes its place. `test` is a regular expression of
ctest names: the smallest test that has to fail. Where the file `needs` does not exist, the mutation
is left out.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Mutation:
    name: str
    file: str
    text: str
    instead: str
    test: str
    needs: str = ''


MUTATIONS = [
    # Names in open directories, and no links

    Mutation('a directory is opened through a link', 'src/fs/posix_file_system.cpp',
             'O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC', 'O_RDONLY | O_DIRECTORY | O_CLOEXEC',
             '^fault/DirectoryRace'),
    Mutation('a file is opened through a link', 'src/fs/posix_file_system.cpp',
             'O_RDONLY | O_NOFOLLOW | O_NONBLOCK', 'O_RDONLY | O_NONBLOCK',
             '^unit_fs/PosixFileSystemTest.LinksAreNeverFollowedInAName'),
    Mutation('a status is read through a link', 'src/fs/posix_file_system.cpp',
             'flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT', 'flags | AT_NO_AUTOMOUNT',
             '^unit_fs/PosixFileSystemTest.LinksAreNeverFollowedInAName'),
    Mutation('a FIFO is waited for', 'src/fs/posix_file_system.cpp',
             'O_RDONLY | O_NOFOLLOW | O_NONBLOCK', 'O_RDONLY | O_NOFOLLOW',
             '^unit_fs/PosixFileSystemTest.AFifoIsOpenedWithoutWaiting'),
    Mutation('descriptors are inherited', 'src/fs/posix_file_system.cpp',
             'O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC', 'O_RDWR | O_CREAT | O_EXCL',
             '^unit_fs/PosixFileSystemTest.DescriptorsAreNotInherited'),
    Mutation('a mount in the replica is entered', 'src/fs/directory_cursor.cpp',
             'if (rules_.only_mount && status->mount != *rules_.only_mount)', 'if (false)',
             '^unit_fs/DirectoryCursorTest.OtherMountsAreNotEntered'),
    Mutation('apply enters mounts that the plan does not', 'src/apply/look.cpp',
             'if (!context.options.cross_mounts) rules.only_mount', 'if (false) rules.only_mount',
             '^unit_apply/LookTest.AnotherMountInTheReplica'),
    Mutation('recovery enters mounts that the plan does not', 'src/apply/window_replay.cpp',
             'if (!record.plan.options.cross_mounts) rules.only_mount', 'if (false) rules.only_mount',
             '^unit_apply/RecoverTest.EntersNoOtherMount'),
    Mutation('the staging folder is emptied through a mount', 'src/apply/remove_tree.cpp',
             'if (entry.status.mount != self->mount)', 'if (false)',
             '^cli/mounts_test.*staging_folder'),
    Mutation('the other root is entered', 'src/fs/directory_cursor.cpp',
             'if (rules_.forbidden && same_object(*status, *rules_.forbidden))', 'if (false)',
             '^unit_fs/DirectoryCursorTest.TheForbiddenDirectory'),

    # Which folders may be a pair

    Mutation('a replica inside the source', 'src/scan/roots.cpp',
             'if (*in_source) {', 'if (false) {', '^unit_scan/OpenRoots.AReplicaInside'),
    Mutation('a source inside the replica', 'src/scan/roots.cpp',
             'if (*in_replica) {', 'if (false) {', '^unit_scan/OpenRoots.ASourceInside'),
    Mutation('one folder inside the other, seen by the walk', 'src/plan/admission.cpp',
             'if (meets(source, context_.replica_root) || meets(replica, context_.source_root)) {',
             'if (false) {', '^unit_plan/Planner.RefusesARoot'),
    Mutation('/ and the home folder as replica', 'src/scan/roots.cpp',
             'if (status && same_object(*status, replica.status)) {', 'if (false) {',
             '^unit_scan/OpenRoots.FoldersThatAreNever'),
    Mutation('a link of somebody else leads to the replica', 'src/scan/roots.cpp',
             'if (status->uid == 0 || status->uid == ::geteuid()) {', 'if (true) {',
             '^unit_scan/OpenRoots.AReplicaThroughALink'),
    Mutation('a log inside the replica', 'src/cli/session.cpp',
             'if ((itself && *itself) || (beside && *beside)) return misplaced(file);', '',
             '^cli/refusals_test.*log_inside'),
    Mutation('two runs at the same time', 'src/fs/posix_file_system.cpp',
             'return done(retried([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }), "flock");',
             '(void)fd;\n  return success();', '^cli/lock_test'),

    # What may be deleted

    Mutation('what the source has again is deleted', 'src/apply/look.cpp',
             'if (!may_go) stale(', 'if (false) stale(', '^fault/SourceRace.APathThatTheSource'),
    Mutation('what could not be read counts as missing', 'src/plan/arrange.cpp',
             'return action.op == Op::kDelete && kept_.contains(action.path);', 'return false;',
             '^unit_plan/PairPlanner.DeletesN'),
    Mutation('a directory that holds what is kept is replaced', 'src/plan/arrange.cpp',
             'if (kept_.contains(path)) blocked.push_back(path);', '',
             '^unit_plan/Arrange.Blocks'),
    Mutation('what is excluded is not protected', 'src/plan/admission.cpp',
             '    keep(entry.name);\n    return false;\n  }\n  ++findings_.replica_entries;',
             '    return false;\n  }\n  ++findings_.replica_entries;',
             '^unit_plan/PairPlanner.ProtectsWhatIsExcluded'),
    Mutation('a limit of deletions is not checked again by apply', 'src/cli/apply_command.cpp',
             'for (const Guard& guard : *counted) {\n      if (guard.refused)',
             'for (const Guard& guard : *counted) {\n      if (false && guard.refused)',
             '^cli/forged_plan_test.*limit'),
    Mutation('a plan that was refused is applied', 'src/cli/apply_command.cpp',
             '!settings_.check_space) continue;\n      if (guard.refused)',
             '!settings_.check_space) continue;\n      if (false && guard.refused)',
             '^cli/forged_plan_test.*rule_that_refuses'),
    Mutation('an emptied source on another disk', 'src/cli/session.cpp',
             'if (!why.empty()) return Error{ErrorCode::kRefused, "compare", roots.source.path',
             'if (false) return Error{ErrorCode::kRefused, "compare", roots.source.path',
             '^cli/.*source_whose_disk_is_not_mounted'),
    Mutation('a mount in the source that has gone', 'src/cli/session.cpp',
             'if (empty && !*empty) continue;', 'continue;',
             '^cli/.*mount_that_has_gone_is_refused'),

    # Whom apply believes

    Mutation('an edited plan', 'src/plan/document_schema.cpp',
             'if (to_string(draft.digest.finish(plan)) != draft.digest_value) {', 'if (false) {',
             '^unit_plan/RefusedText.HasADigest'),
    Mutation('roots named by a plan that others can write', 'src/cli/apply_command.cpp',
             'if (!read.from_stdin && !read.is_protected) {', 'if (false) {',
             '^cli/apply_test.*needs_roots'),
    Mutation('a source that changed since the plan', 'src/apply/look.cpp',
             'result.finding = Finding::kStale;\n}\n\n// Whether both',
             '}\n\n// Whether both', '^unit_apply/LookTest.EachFieldOfTheSource'),
    Mutation('content is taken for done by its stamps', 'src/apply/look.cpp',
             'has_same_content(action, result);', 'true;',
             '^unit_apply/LookTest.AnUpdateForItsContent'),

    # Copying

    Mutation('another file under the name', 'src/apply/stager.cpp',
             'if (!same_object(*now, seen)) return changed', 'if (false) return changed',
             '^fault/SourceRace.AFileThatBecomesAFifo'),
    Mutation('another file than the one that was reviewed', 'src/scan/content.cpp',
             'if (!same_content_stamps(*now, file.status)) return changed_meanwhile();\n'
             '  return OpenedFile', 'return OpenedFile', '^fault/SourceRace.AnotherFile'),
    Mutation('a file that holds less than it says', 'src/apply/stager.cpp',
             '} else if (*bytes != before.size) {', '} else if (false) {',
             '^fault/SourceRace.AFileThatHoldsLess'),
    Mutation('a file that changes while it is copied', 'src/apply/stager.cpp',
             'if (!same_content_stamps(*after, before) || after->ctime != before.ctime) {',
             'if (false) {', '^fault/SourceRace'),
    Mutation('... whose time was set back', 'src/apply/stager.cpp',
             ' || after->ctime != before.ctime', '', '^fault/SourceRace.*IsSetBack'),
    Mutation('a file that changes while it is compared', 'src/scan/content.cpp',
             'if (Status same = still_the_same(fs_, from->fd.get(), source.status); !same) '
             'return same.error();', '', '^unit_scan/Content.*Change'),
    Mutation('a hash is kept of what was just written', 'src/state/hash_cache.cpp',
             'return stamp.mtime <= latest && stamp.ctime <= latest;', 'return true;',
             '^unit_state/IsSettled'),
    Mutation('an error of a write is dropped', 'src/fs/copy.cpp',
             'if (!step) return step.error();', 'if (!step) break;',
             '^unit_fs/CopyContent.EveryCall'),
    Mutation('an error of closing is dropped', 'src/apply/stager.cpp',
             'return context_.fs.close(std::move(to));',
             '(void)context_.fs.close(std::move(to));\n  return success();',
             '^fault/Honesty.AnErrorOfClosing'),
    Mutation('the mode before the owner', 'src/apply/attributes.cpp',
             'if (uid != now->uid || gid != now->gid) before_mode.mode = ~mode;', '',
             '^unit_apply/SetAttributes.OfAFileThatHasTheMode'),

    # Renames, and the look after them

    Mutation('no look after the exchange', 'src/apply/publisher.cpp',
             'if (as_expected && *as_expected) return Published::kDisplaced;\n  auto back',
             'if (as_expected) return Published::kDisplaced;\n  auto back',
             '^fault/ReplicaRace.AFileSavedBetweenLookAndExchange'),
    Mutation('no second look when it goes back', 'src/apply/publisher.cpp',
             'return ours && same_object(*ours, staged.made) ? Published::kForeign : '
             'Published::kStranded;', 'return Published::kForeign;',
             '^fault/ReplicaRace.AFileSavedAgain'),
    Mutation('no look after a deletion', 'src/apply/publisher.cpp',
             'if (as_expected && *as_expected) return Published::kDisplaced;\n  // RACE',
             'if (as_expected) return Published::kDisplaced;\n  // RACE',
             '^fault/ReplicaRace.AFileSavedBetweenLookAndDeletion'),
    Mutation('a new name replaces what has it', 'src/apply/publisher.cpp',
             'target.name.c_str(), RenameMode::kNoReplace);\n  if (renamed) return Published::kDone;',
             'target.name.c_str(), RenameMode::kReplace);\n  if (renamed) return Published::kDone;',
             '^fault/ReplicaRace.ANameThatIsTaken'),
    Mutation('a directory that was filled is taken away', 'src/apply/publisher.cpp',
             'return listing.entries().empty();', 'return true;',
             '^unit_apply/PublisherTest.ReplacePutsBackADirectory'),
    Mutation('another object than the one in the record', 'src/apply/committer.cpp',
             'if (is_same) return true;', 'return true;',
             '^fault/ReplicaRace.AFileOfTheSameSizeAndTime'),
    Mutation('what is kept replaces what was kept before', 'src/apply/staging_area.cpp',
             'conflicts, kept.c_str(), RenameMode::kNoReplace);',
             'conflicts, kept.c_str(), RenameMode::kReplace);',
             '^unit_apply/StagingAreaTest.WhatEarlierRunsKept'),
    Mutation('a staging folder of another user', 'src/apply/staging_area.cpp',
             'if (status->uid != ::geteuid()) {', 'if (false) {',
             '^unit_apply/StagingAreaTest.AnotherUsers'),

    # Durability

    Mutation('a file is not synced', 'src/apply/stager.cpp',
             '  if (context_.sync_each) {\n    if (Status synced = context_.fs.sync(to.get())',
             '  if (false) {\n    if (Status synced = context_.fs.sync(to.get())',
             '^fault/Durability'),
    Mutation('an error of fsync is dropped', 'src/apply/stager.cpp',
             'if (Status synced = context_.fs.sync(to.get()); !synced) return synced;',
             '(void)context_.fs.sync(to.get());', '^fault/Durability'),
    Mutation('fsync is tried again', 'src/apply/barrier.cpp',
             'Status synced = fs_.sync(fd);\n', 'Status synced = fs_.sync(fd);\n'
             '  if (!synced) synced = fs_.sync(fd);\n', '^unit_apply/BarrierTest.AnError'),
    Mutation('no barrier before the commit', 'src/apply/transaction.cpp',
             'Status synced = context_.barrier.before_commit(context_.area, context_.folders);',
             'Status synced = success();', '^fault/Durability'),
    Mutation('no barrier after the commit', 'src/apply/engine.cpp',
             'Status settled =\n        window.barrier().after_commit(shop.area, shop.folders, touched, '
             'shop.looker.replica());', 'Status settled = success();', '^fault/Durability'),
    Mutation('no barrier before the commit, by a power cut', 'src/apply/transaction.cpp',
             'Status synced = context_.barrier.before_commit(context_.area, context_.folders);',
             'Status synced = success();', '^sweep/power_test', 'tests/sweep/power_test.py'),
    Mutation('no barrier after the commit, by a power cut', 'src/apply/engine.cpp',
             'Status settled =\n        window.barrier().after_commit(shop.area, shop.folders, touched, '
             'shop.looker.replica());', 'Status settled = success();', '^sweep/power_test',
             'tests/sweep/power_test.py'),
    Mutation('the marker DONE before the barrier', 'src/apply/engine.cpp',
             'Status settled =\n        window.barrier().after_commit(shop.area, shop.folders, touched, '
             'shop.looker.replica());\n    if (settled) settled = transaction.end();',
             'Status settled = transaction.end();\n    if (settled) settled = '
             'window.barrier().after_commit(shop.area, shop.folders, touched, '
             'shop.looker.replica());',
             '^fault/Durability'),
    Mutation('the marker COMMIT before the record', 'src/apply/transaction.cpp',
             '  const int area = context_.area.fd();\n  const auto status = fs_.status(area);',
             '  const int area = context_.area.fd();\n'
             '  (void)mark(Marker::kCommit, std::nullopt);\n'
             '  (void)withdraw();\n  const auto status = fs_.status(area);', '^fault/Durability'),
    Mutation('hashes of what has just been changed are trusted', 'src/state/hash_cache.cpp',
             'kSettledSeconds = 60;', 'kSettledSeconds = 0;',
             '^cli/file_systems_test.*(20000|mapping)', 'tests/cli/file_systems_test.py'),
    Mutation('the marker is not made durable', 'src/apply/transaction.cpp',
             'return set ? context_.barrier.opened(area) : set;', 'return set;',
             '^fault/Durability'),
    Mutation("the staging folder's own name is not made durable", 'src/apply/barrier.cpp',
             'Status entered = opened(area.home());', 'Status entered = success();',
             '^fault/Durability'),
    Mutation('done is told before it is durable', 'src/apply/engine.cpp',
             '    const auto touched = shop.committer.take_touched();',
             '    held_.release();\n    const auto touched = shop.committer.take_touched();',
             '^fault/Durability'),

    # Recovery

    Mutation('no record', 'src/apply/transaction.cpp',
             'Status ready = write_down();\n  if (ready) return ready;',
             'Status ready = success();\n  record_.reset();\n  if (ready) return ready;',
             '^fault/Durability'),
    Mutation('a damaged record', 'src/apply/record.cpp',
             'if (to_string(hasher.finish()) != bytes.substr(bytes.size() - kDigest)) {',
             'if (false) {', '^unit_apply/RecordTest.ABit'),
    Mutation('a record of other actions', 'src/apply/record.cpp',
             ' || record.actions.size() != record.plan.actions.size()', '',
             '^unit_apply/RecordTest.Halves'),
    Mutation('what lies there without a readable record is removed', 'src/apply/recover.cpp',
             '    if (marker != Marker::kDone) {\n      request_.observer.warn(\n'
             '          "what a killed run had recorded',
             '    if (false) {\n      request_.observer.warn(\n'
             '          "what a killed run had recorded',
             '^unit_apply/RecoverTest.ARecordThat'),
    Mutation('what came out is not looked at by recovery', 'src/apply/window_replay.cpp',
             'if (step.record.old && is_still(*step.there, *step.record.old)) return success();\n'
             '  return give_back(step);', 'return success();',
             '^unit_apply/RecoverTest.WhatCameOut'),
    Mutation('what was deleted is not looked at by recovery', 'src/apply/window_replay.cpp',
             'return is_still(*step.there, *step.record.old) ? success() : give_back(step);',
             'return success();', '^unit_apply/RecoverTest.WhatWasTakenAway'),
    Mutation('what others made since is taken back', 'src/apply/window_replay.cpp',
             'if (!same_object(**now, ours)) {\n    ++result_.overtaken;\n    return success();\n  }\n'
             '  Status renamed', 'Status renamed', '^unit_apply/RecoverTest.WhatOthersWroteAfter'),
    Mutation('a way back that was begun is forgotten', 'src/apply/recover.cpp',
             'if (Status turned = turn(area, record, marker, back); !turned) return turned.error();',
             '', '^unit_apply/RecoverTest.*Back'),
    Mutation('what was not durable is finished after a power cut', 'src/apply/recover.cpp',
             'if (record.durable || record.boot == boot_id()) return false;', 'return false;',
             '^unit_apply/RecoverTest.TakesBackWhatWasNotDurable'),
    Mutation('all or nothing is done in part', 'src/apply/engine.cpp',
             'if (request_.atomic && held_.has_trouble()) return roll_back(shop, transaction);',
             '', '^cli/atomic_test'),
    Mutation('all or nothing of what could not be read', 'src/cli/cycle.cpp',
             'if (session.settings().atomic && !plan.complete() && '
             '!session.settings().allow_incomplete) {', 'if (false) {', '^cli/atomic_test'),

    # Backups

    Mutation('the old is not kept', 'src/apply/engine.cpp',
             'Status kept = goes_back ? success() : keep_old();', 'Status kept = success();',
             '^fault/Windows/Undo.TakesBackWhatManyWindowsDid/'),
    Mutation('directories are not noted before the first window', 'src/apply/backup.cpp',
             'if (opened) opened = backup.remember_directories(plan.actions, before);', '',
             '^fault/Windows/Undo.TakesBackWhatManyWindowsDid/'),
    Mutation('recovery keeps nothing', 'src/apply/recover.cpp',
             'if (record.backup.empty()) return success();', 'return success();',
             '^fault/Windows/Undo.TakesBackARunThat'),
    Mutation("an undo takes its content from somebody else's folder", 'src/cli/apply_command.cpp',
             'if (!lies_beside(roots->source, read)) return not_believed;', '',
             '^cli/undo_test.TrustTest.*tree'),
    Mutation('an undo that others can write is believed', 'src/cli/apply_command.cpp',
             'if (!read.is_protected) return not_believed;', '',
             '^cli/undo_test.TrustTest.*document_that_others'),

    # What a person sees and says

    Mutation('a no is taken for a yes', 'src/cli/confirm.cpp',
             'if (answer == "n" || answer == "no") return Answer::kNo;',
             'if (answer == "n" || answer == "no") return Answer::kYes;',
             '^cli/confirm_test.*no_changes_nothing'),
    Mutation('the end of input is taken for a yes', 'src/cli/confirm.cpp',
             '(void)put("\\n");\n      return Answer::kNo;', 'return Answer::kYes;',
             '^cli/confirm_test.*end_of_input'),
    Mutation('what was typed before the question is its answer', 'src/cli/confirm.cpp',
             '::tcflush(terminal_.get(), TCIFLUSH);', '', '^cli/confirm_test.*typed_before'),
    Mutation('a stop at the question is taken for a no', 'src/cli/confirm.cpp',
             'if (signals.stop()) return Answer::kStopped;', '', '^cli/confirm_test.*stop_at'),
    Mutation('a replica is made before the answer', 'src/cli/run_command.cpp',
             'if (!settings_.dry_run && (roots->replica || !person_)) {',
             'if (!settings_.dry_run) {', '^cli/confirm_test.*replica_is_made'),
    Mutation('a backup folder is made before the answer', 'src/cli/run_command.cpp',
             'if (!settings_.dry_run && !person_) {', 'if (!settings_.dry_run) {',
             '^cli/confirm_test.*undo_is_kept'),
    Mutation('a yes is said to whatever the source has become', 'src/cli/run_command.cpp',
             'const bool follow_source = !person_;', 'const bool follow_source = true;',
             '^cli/confirm_test.*after_the_question'),
    Mutation('names are tags in the page', 'src/plan/render_html.cpp',
             'return html_escaped(escaped(text));', 'return escaped(text);', '^unit_plan/Html'),
    Mutation('a difference of entries is left out', 'src/plan/render_diff.cpp',
             'note_entry(words, "after", before.after, after.after);', '', '^unit_plan/Diff'),
    Mutation('the largest writes are any writes', 'src/plan/render_review.cpp',
             'return a.bytes != b.bytes ? a.bytes > b.bytes : a.number < b.number;',
             'return a.number < b.number;', '^unit_plan/Review.GivesEachPart'),
]
