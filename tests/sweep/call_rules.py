"""What the program may ask of the system: the rules, and where a call breaks them.

A call is a dict as call_stopper writes it (tests/tools/call_trace.h).
"""
import os
import re

AT_SYMLINK_NOFOLLOW, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH = 0x100, 0x200, 0x400, 0x1000
KEEP_SIZE = 1  # of fallocate
O_TMPFILE = 0o20000000 | os.O_DIRECTORY
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

# These act on the last name itself, whatever their flags.
NEVER_FOLLOW = {'mkdirat', 'mknodat', 'symlinkat', 'unlinkat', 'renameat', 'renameat2',
                'readlinkat'}
FOLLOW_UNLESS_TOLD = {'statx', 'newfstatat', 'fchownat', 'utimensat', 'fchmodat2', 'faccessat2'}
LOOKING = {'stat', 'lstat', 'statx', 'newfstatat', 'access', 'faccessat', 'faccessat2', 'statfs',
           'readlink', 'readlinkat', 'getxattr', 'lgetxattr', 'listxattr', 'llistxattr'}
# What has no form that takes a descriptor of O_PATH goes through the kernel's name for it.
BY_DESCRIPTOR_NAME = {'chmod', 'fchmodat', 'setxattr', 'removexattr', 'getxattr', 'listxattr',
                      'linkat'}
DESCRIPTOR_NAME = re.compile(r'/proc/self/fd/\d+')
FILLING = {'write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'ftruncate', 'fallocate'}
STAGING = '.sync-txn'


def _below(path, folder):
    return path == folder or path.startswith(folder + '/')


class Rules:
    """`trees`: the folders that are mirrored. `own`: folders and files that are the program's own
    (log, state, output) and may be used by any path. `cwd`: the working directory."""

    def __init__(self, trees, own, cwd):
        self.trees, self.own, self.cwd = trees, own, cwd

    def violation(self, call):
        """Why the call must not be made; None where it may."""
        flags = call.get('flags', 0)
        for name, directory in zip(call.get('names', ()), call.get('dirs', ())):
            reason = self._name_violation(call['call'], name, directory, flags)
            if reason:
                return f'{reason}: {call}'
        return self._content_violation(call)

    def _name_violation(self, call, name, directory, flags):
        if name is None or name == '':
            # The open file itself: the kernel refuses an empty name without AT_EMPTY_PATH.
            return None if directory else 'an empty name, and no directory'
        where = os.path.normpath(os.path.join(directory or self.cwd, name))
        if any(_below(where, own) for own in self.own):
            return None
        if directory is None:
            return self._path_violation(call, name, where, flags)
        if '/' in name:
            return 'more than one component'
        is_nameless = name == '.' and flags & O_TMPFILE == O_TMPFILE
        if name in ('.', '..') and not is_nameless and (call != 'openat' or flags & WRITING):
            return 'a name that is not an entry'
        if name not in ('.', '..') and self._follows(call, flags):
            return 'a link would be followed'
        return None

    def _path_violation(self, call, name, where, flags):
        """A path instead of a directory and a name."""
        if call in BY_DESCRIPTOR_NAME and DESCRIPTOR_NAME.fullmatch(name):
            return None
        if where in self.trees:
            opened = call in ('open', 'openat') and flags & os.O_DIRECTORY and not flags & WRITING
            return None if opened or call == 'readlink' else 'the root by its path'
        if any(_below(where, tree) for tree in self.trees):
            return 'a path'
        reads = call in LOOKING or (call in ('open', 'openat') and not flags & WRITING)
        return None if reads else 'something else is changed by its path'

    @staticmethod
    def _follows(call, flags):
        if call in NEVER_FOLLOW:
            return False
        if call == 'openat':
            new = flags & os.O_CREAT and flags & os.O_EXCL
            return not (flags & os.O_NOFOLLOW or new)
        if call == 'linkat':
            return bool(flags & AT_SYMLINK_FOLLOW)
        return not (call in FOLLOW_UNLESS_TOLD and flags & AT_SYMLINK_NOFOLLOW)

    def _content_violation(self, call):
        """What is filled in the trees must be in a staging folder still, where nobody sees it."""
        if call['call'] not in FILLING | {'copy_file_range', 'sendfile'}:
            return None
        # copy_file_range names the file that it reads first, sendfile the one that it fills.
        path = call['files'][1 if call['call'] == 'copy_file_range' else 0]
        inside = any(_below(path, tree) for tree in self.trees)
        own = any(_below(path, own) for own in self.own)
        if inside and call['call'] == 'fallocate' and not call.get('flags', 0) & KEEP_SIZE:
            return f'after a power cut it has its full size, and zeros: {call}'
        if inside and not own and STAGING not in path.split('/'):
            return f'content is written where everybody sees it: {call}'
        return None


def is_changing(call):
    """Whether the call changes names, content or attributes, as opposed to looking."""
    name, flags = call['call'], call.get('flags', 0)
    if name in ('open', 'openat', 'openat2'):
        return bool(flags & WRITING) or flags & O_TMPFILE == O_TMPFILE
    return name not in LOOKING | {'close', 'read', 'pread64', 'lseek', 'getdents64', 'fstat',
                                  'fstatfs', 'flock', 'fcntl', 'ioctl', 'fgetxattr', 'flistxattr',
                                  'landlock_create_ruleset', 'landlock_add_rule',
                                  'landlock_restrict_self'}
