"""Runs a command as a unit of systemd would let it run, where no systemd is at hand:

    /usr/bin/python3 unit_sandbox.py UNIT COMMAND...

Applied are the bounding set, no new privileges and what becomes a filter of system calls. What that
filter denies ends the process, so that nothing is denied unseen; what the unit denies by its family
or its argument is an error, as there. Imports nothing of the tests, since Debian's python runs it.
"""
import errno
import os
import socket
import subprocess
import sys

PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
CLONE_NEW = 0x7E020080  # every kind of namespace


def settings(unit):
    """The values of each key of the service section, in order."""
    found = {}
    with open(unit, encoding='utf-8') as lines:
        for line in lines:
            key, mark, value = line.strip().partition('=')
            if mark and not line.startswith('#'):
                found.setdefault(key, []).append(value)
    return found


def system_calls(names):
    """What these names and sets of systemd-analyze's come to."""
    said = subprocess.run(['systemd-analyze', 'syscall-filter'], check=True, capture_output=True,
                          text=True).stdout
    sets, current = {}, None
    for line in said.splitlines():
        if line.startswith('@'):
            current = sets.setdefault(line.strip(), [])
        elif line.startswith('    ') and not line.strip().startswith('#') and current is not None:
            current.append(line.strip())
    found, known = set(), set()
    names = list(names)
    while names:
        name = names.pop()
        if name in known:
            continue
        known.add(name)
        if name.startswith('@'):
            names += sets[name]
        else:
            found.add(name)
    return found


def apply_filter(unit):
    import seccomp  # only Debian's python has it
    names = ' '.join(unit['SystemCallFilter']).split()
    filtered = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
    denied = seccomp.ERRNO(errno.EPERM)
    families = {getattr(socket, name) for name in unit['RestrictAddressFamilies'][0].split()}
    conditional = {'socket', 'mmap', 'mprotect', 'clone', 'clone3', 'personality', 'pkey_mprotect'}
    for name in sorted(system_calls(names) - conditional):
        try:
            filtered.add_rule(seccomp.ALLOW, name)
        except RuntimeError:
            pass  # no call of this machine
    for family in families:
        filtered.add_rule(seccomp.ALLOW, 'socket', seccomp.Arg(0, seccomp.EQ, family))
    for family in set(range(46)) - families:
        filtered.add_rule(seccomp.ERRNO(errno.EAFNOSUPPORT), 'socket',
                          seccomp.Arg(0, seccomp.EQ, family))
    both = PROT_WRITE | PROT_EXEC
    for protection in (0, PROT_WRITE, PROT_EXEC):
        filtered.add_rule(seccomp.ALLOW, 'mmap', seccomp.Arg(2, seccomp.MASKED_EQ, both, protection))
    filtered.add_rule(denied, 'mmap', seccomp.Arg(2, seccomp.MASKED_EQ, both, both))
    for call in ('mprotect', 'pkey_mprotect'):
        filtered.add_rule(seccomp.ALLOW, call, seccomp.Arg(2, seccomp.MASKED_EQ, PROT_EXEC, 0))
        filtered.add_rule(denied, call, seccomp.Arg(2, seccomp.MASKED_EQ, PROT_EXEC, PROT_EXEC))
    filtered.add_rule(seccomp.ALLOW, 'clone', seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_NEW, 0))
    filtered.add_rule(seccomp.ERRNO(errno.ENOSYS), 'clone3')
    filtered.add_rule(seccomp.ALLOW, 'personality', seccomp.Arg(0, seccomp.EQ, 0))
    filtered.load()


def main():
    unit = settings(sys.argv[1])
    command = sys.argv[2:]
    if os.environ.get('UNIT_SANDBOX') == 'inside':
        del os.environ['UNIT_SANDBOX']
        apply_filter(unit)
        os.umask(int(unit['UMask'][0], 8))
        os.execvp(command[0], command)
    bounding = []
    if 'CapabilityBoundingSet' in unit:
        kept = unit['CapabilityBoundingSet'][0].lower().replace('cap_', '+').split()
        bounding = ['--bounding-set', ','.join(['-all', *kept])]
    os.environ['UNIT_SANDBOX'] = 'inside'
    os.execvp('setpriv', ['setpriv', '--no-new-privs', *bounding, '--inh-caps=-all', sys.executable,
                          __file__, *sys.argv[1:]])


if __name__ == '__main__':
    main()
