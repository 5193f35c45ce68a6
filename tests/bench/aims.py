"""What the program is meant to reach, and whether the measurements say that it does."""
import dataclasses

QUIET = 'sync'
FAST = 'sync --durability none'
RSYNC = 'rsync -a --delete'
WALK = 'limit: walk, 2 threads'


@dataclasses.dataclass(frozen=True)
class Aim:
    """`ours` against `other` at a job of a data set: at most `within` times its seconds, or at
    least `times` as fast as it (exactly one of the two is given)."""
    set: str
    job: str
    ours: str
    other: str
    within: float = None
    times: float = None

    def reached(self, ours, other):
        return ours <= other * self.within if self.within else other >= ours * self.times

    def wanted(self):
        return f'at most {self.within:g} times the seconds' if self.within else \
            f'{self.times:g} times as fast'

    def found(self, ours, other):
        return f'{ours / other:.2f} times the seconds' if self.within else \
            f'{other / ours:.1f} times as fast'


AIMS = (
    Aim('a', 'nothing', QUIET, WALK, within=1.15),
    Aim('a', 'nothing', QUIET, RSYNC, times=5),
    Aim('a', 'nothing', QUIET, 'rclone sync', times=4),
    Aim('small', 'nothing', QUIET, WALK, within=1.15),
    Aim('a', 'first', FAST, 'limit: copy, 2 threads', within=1.25),
    Aim('a', 'first', FAST, RSYNC, times=2.5),
    Aim('a', 'first', FAST, 'cp -a', times=1),
    Aim('a', 'durable', QUIET, RSYNC, times=1),
    Aim('a', 'durable', QUIET, f'{RSYNC}, then sync -f', times=2),
    Aim('a', 'touched', FAST, f'{RSYNC} -c', within=0.6),
    Aim('a', 'delete', FAST, 'limit: delete, 2 threads', within=1.5),
    Aim('a', 'percent', FAST, RSYNC, times=4),
    Aim('large', 'large', FAST, 'cp -a', times=1.5),
    Aim('large', 'large', FAST, RSYNC, times=8),
    Aim('a', 'cold', QUIET, RSYNC, times=2.2),
    Aim('small', 'cold', QUIET, RSYNC, times=2.2),
)
WARM_CHECKSUM_WITHIN = 2
QUIET_PEAK_MIB = 16
GROWTH_WITHIN = 1.3


def row_of(results, set_name, job, contender):
    """The row of a contender, or None where it was not measured."""
    for result in results:
        if result['set'] == set_name and result['job'] == job:
            return next((row for row in result['rows'] if row['contender'] == contender), None)
    return None


def compared(results):
    """The aims that compare two rows: (what, wanted, found, reached)."""
    for aim in AIMS:
        ours = row_of(results, aim.set, aim.job, aim.ours)
        other = row_of(results, aim.set, aim.job, aim.other)
        if ours and other:
            walls = ours['wall'], other['wall']
            yield (f'{aim.set}, {aim.job}: {aim.ours} against {aim.other}', aim.wanted(),
                   aim.found(*walls), aim.reached(*walls))


def remembered(results):
    quiet = row_of(results, 'a', 'nothing', QUIET)
    warm = row_of(results, 'a', 'checksum', f'{QUIET} --checksum=cached')
    if quiet and warm:
        ratio = warm['wall'] / quiet['wall']
        yield ('a: --checksum=cached with remembered hashes against nothing changed',
               f'at most {WARM_CHECKSUM_WITHIN} times the seconds', f'{ratio:.2f} times the seconds',
               ratio <= WARM_CHECKSUM_WITHIN)


def memory(results):
    """The peak of the quiet case on trees of up to a million files in many directories."""
    for result in results:
        is_growth = (result['job'] == 'growth_nothing' and result['files'] <= 10**6
                     and result['directories'] > 1)
        if result['job'] == 'nothing' or is_growth:
            row = next((row for row in result['rows'] if row['contender'] == QUIET), None)
            if row:
                yield (f'{result["data"]}: memory, nothing changed', f'below {QUIET_PEAK_MIB} MiB',
                       f'{row["peak_mib"]:.1f} MiB', row['peak_mib'] < QUIET_PEAK_MIB)


def growth(results, wide=False):
    """Microseconds of a contender for each file, by job: {job: [(files, contender, us, MiB)]}.

    In the order in which they were measured; of the trees, or of the one directory (`wide`).
    """
    points = {}
    for result in results:
        if result['set'] == 'growth' and (result['directories'] == 1) == wide:
            for row in result['rows']:
                points.setdefault(result['job'], []).append(
                    (result['files'], row['contender'], row['wall'] / result['files'] * 1e6,
                     row['peak_mib']))
    return points


def steady(results):
    for job, points in growth(results).items():
        ours = [us for _, contender, us, _ in points if contender.startswith(QUIET)]
        if len(ours) > 1:
            spread = max(ours) / min(ours)
            yield (f'{job}: time for each file, largest against smallest',
                   f'at most {GROWTH_WITHIN:g} times', f'{spread:.2f} times',
                   spread <= GROWTH_WITHIN)


def table(results):
    """A table of all aims that these measurements can judge; nothing where there is none."""
    lines = []
    for judge in (compared, remembered, memory, steady):
        for what, wanted, found, reached in judge(results):
            lines.append(f'| {what} | {wanted} | {found} | {"yes" if reached else "**no**"} |')
    if not lines:
        return ''
    return '\n'.join(['### Aims', '', '| | aim | came out | reached |', '|---|---|---|---|',
                      *lines]) + '\n'
