"""Groups, of those who may give their own files to some groups only."""
import os
import stat
import unittest

from tests.cli.rights_test import ACCESS, acl
from tests.support import trees
from tests.support.program import DONE, ProgramTest, as_root, with_acls
from tests.support.trees import SECOND, fifo, file, folder, same_inode_as, symlink

THEN = 1_000_000_000 * SECOND
USER, OWN, SHARED, FOREIGN = 1001, 1001, 2000, 3000


@as_root
class GroupsTest(ProgramTest):
    in_memory = True
    member = {'uid': USER, 'extra_groups': [SHARED]}

    def settle(self):
        self.live_as(USER, self.replica)

    def run_as_member(self, *options, quiet=((), ('--xattrs',))):
        result = self.sync('run', *options, **self.member)
        for other in quiet:
            self.assertEqual([], self.operations(*other, **self.member))
        return result

    def owner_of(self, *names):
        status = os.lstat(self.in_replica(*names))
        return status.st_gid, stat.S_IMODE(status.st_mode)

    def given_to_user(self, source, replica):
        self.given(source, replica)
        trees.give_to(USER, self.replica)
        self.settle()

    def test_a_group_of_the_caller_is_given(self):
        theirs = {'owner': (USER, SHARED)}
        self.given_to_user(folder({'f': file('x', mode=0o660, **theirs),
                                   'd': folder({'g': file('y', mode=0o640, **theirs)}, mode=0o2775,
                                               **theirs),
                                   'p': fifo(mode=0o620, **theirs), 'l': symlink('f', **theirs),
                                   'h': same_inode_as('f'),
                                   's': file('x', mode=0o2755, **theirs)}, mode=0o2775, **theirs),
                           {})
        self.run_as_member()
        self.assert_mirrored()

    def test_a_replica_that_there_is_not_yet_has_the_group_of_the_source(self):
        self.given(folder({'a': 'x'}, mode=0o2770, owner=(USER, SHARED)))
        os.mkdir(self.at('home of it'))
        self.replica = self.at('home of it', 'replica')
        self.live_as(USER, self.at('home of it'))
        self.run_as_member()
        self.assertEqual((SHARED, 0o2770), self.owner_of())

    def test_a_group_is_put_right_where_the_file_is(self):
        theirs = {'owner': (USER, SHARED)}
        self.given_to_user(folder({'f': file('x', mode=0o660, mtime=THEN, **theirs),
                                   'd': folder({}, mode=0o2770, **theirs),
                                   'a': file('l', mtime=THEN, **theirs), 'b': same_inode_as('a'),
                                   'm': {'new': file('m' * 99, mtime=THEN, **theirs)}}),
                           {'f': file('x', mode=0o660, mtime=THEN), 'd': folder({}, mode=0o770),
                            'a': file('l', mtime=THEN), 'b': same_inode_as('a'),
                            'm': {}, 'old': file('m' * 99, mtime=THEN)})
        inodes = {name: trees.inode(self.in_replica(name)) for name in 'fdab'}
        self.assertIn(('move', 'm/new'), self.operations(**self.member))
        self.run_as_member()
        self.assertEqual((SHARED, 0o2770), self.owner_of('d'))
        for path in ('f', 'a', 'b', 'm/new'):
            self.assertEqual(SHARED, self.owner_of(path)[0])
        self.assertEqual(inodes, {name: trees.inode(self.in_replica(name)) for name in 'fdab'})

    def test_an_update_does_not_lose_a_right_group(self):
        self.given_to_user(folder({'f': file('new', mode=0o660, owner=(USER, SHARED))}),
                           {'f': file('older', mode=0o660)})
        os.chown(self.in_replica('f'), USER, SHARED)
        self.run_as_member()
        self.assertEqual((SHARED, 0o660), self.owner_of('f'))

    def test_another_group_gets_no_more_than_everybody(self):
        modes = {0o660: 0o600, 0o640: 0o600, 0o644: 0o644, 0o664: 0o644, 0o604: 0o604,
                 0o751: 0o711, 0o2755: 0o755}
        self.given_to_user(folder({**{f'{mode:04o}': file('x', mode=mode, owner=(USER, FOREIGN))
                                      for mode in modes},
                                   'd': folder({}, mode=0o2770, owner=(USER, FOREIGN))}), {})
        result = self.run_as_member()
        self.assertEqual(1, result.err.count('group that you can'), result)
        for mode, found in modes.items():
            self.assertEqual((OWN, found), self.owner_of(f'{mode:04o}'), oct(mode))
        self.assertEqual((OWN, 0o2700), self.owner_of('d'))

    def test_what_is_there_for_another_group_is_narrowed_in_place(self):
        self.given_to_user(folder({'f': file('x', mode=0o660, mtime=THEN, owner=(USER, FOREIGN))}),
                           {'f': file('x', mode=0o660, mtime=THEN)})
        self.run_as_member()
        self.assertEqual((OWN, 0o600), self.owner_of('f'))

    def test_a_right_group_that_the_caller_is_not_in_stays_with_its_bits(self):
        self.given_to_user(folder({'f': file('x', mode=0o640, mtime=THEN, owner=(USER, FOREIGN)),
                                   'd': folder({}, mode=0o2770, owner=(USER, FOREIGN))}),
                           {'f': file('x', mode=0o660, mtime=THEN), 'd': folder({}, mode=0o770)})
        os.chown(self.in_replica('f'), USER, FOREIGN)
        os.chown(self.in_replica('d'), USER, FOREIGN)
        os.chmod(self.in_replica('d'), 0o2770)
        self.run_as_member()
        self.assertEqual((FOREIGN, 0o640), self.owner_of('f'))
        self.assertEqual((FOREIGN, 0o2770), self.owner_of('d'))

    def test_a_setgid_staging_folder_hands_nothing_down(self):
        self.given_to_user(folder({'f': file('x', mode=0o644, owner=(USER, SHARED)),
                                   'd': folder({}, owner=(USER, FOREIGN))},
                                  mode=0o2775, owner=(USER, SHARED)), folder({}, mode=0o2775))
        os.chown(self.replica, USER, SHARED)
        os.chmod(self.replica, 0o2775)
        self.run_as_member()
        self.assertEqual((OWN, 0o755), self.owner_of('d'))

    @with_acls
    def test_the_mask_of_an_acl_is_narrowed_with_the_group(self):
        self.given_to_user(folder({'f': file('x', xattrs={ACCESS: acl(6, 4, 0, named=6)},
                                             owner=(USER, FOREIGN))}), {})
        self.run_as_member('--xattrs')
        self.assertEqual((OWN, 0o600), self.owner_of('f'))

    def test_whole_directories_still_move(self):
        self.given_to_user(folder({'one': folder({'f': file('x' * 99, mode=0o660,
                                                            owner=(USER, SHARED)),
                                                  'g': file('y' * 99, mode=0o640,
                                                            owner=(USER, FOREIGN))},
                                                 owner=(USER, FOREIGN))}), {})
        self.run_as_member()
        os.rename(self.in_source('one'), self.in_source('two'))
        self.assertIn(('move', 'two'), self.operations(**self.member))
        self.run_as_member()

    def test_the_document_holds_a_group_without_an_owner(self):
        self.given_to_user(folder({'f': file('x', mode=0o660, owner=(USER, SHARED)),
                                   'g': file('x', mode=0o660, owner=(USER, FOREIGN))}), {})
        plan = self.plan(**self.member)
        after = {action['path']: action['after'] for action in plan['actions']}
        self.assertEqual((SHARED, '0660'), (after['f']['gid'], after['f']['mode']))
        self.assertEqual((OWN, '0600'), (after['g']['gid'], after['g']['mode']))
        self.assertNotIn('uid', after['f'])
        text = self.plan_text(**self.member)
        self.execute('apply', '-', input=text, expect=DONE, **self.member)
        self.execute('apply', '-', input=text, expect=DONE, **self.member)
        self.assertEqual([], self.operations(**self.member))

    def test_who_applies_it_gives_what_he_may(self):
        self.given_to_user(folder({'g': file('x', mode=0o660, owner=(USER, FOREIGN))}), {})
        text = self.plan_text(**self.member)
        for _ in range(2):
            self.execute('apply', '-', '-s', self.source, '-r', self.replica, input=text,
                         expect=DONE)
        self.assert_mirrored()

    def test_the_undo_gives_the_old_group_back(self):
        self.given_to_user(folder({'f': file('x', mode=0o660, mtime=THEN, owner=(USER, SHARED))}),
                           {'f': file('x', mode=0o640, mtime=THEN)})
        backups = self.at('replica home')
        os.mkdir(backups)
        os.chown(backups, USER, OWN)
        self.run_as_member('--backup-dir', backups)
        undo = os.path.join(backups, os.listdir(backups)[0], 'undo.json')
        self.execute('apply', undo, expect=DONE, **self.member)
        self.assertEqual((OWN, 0o640), self.owner_of('f'))


if __name__ == '__main__':
    unittest.main()
