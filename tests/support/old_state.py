"""The state folder as earlier versions had it: one database, hashes.db."""
import contextlib
import os
import shutil
import sqlite3

TABLES = (
    'CREATE TABLE facts(key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL,'
    ' checksum INTEGER NOT NULL) WITHOUT ROWID',
    'CREATE TABLE hashes(tree INTEGER NOT NULL, directory BLOB NOT NULL,'
    ' name BLOB NOT NULL, size INTEGER NOT NULL,'
    ' mtime_seconds INTEGER NOT NULL, mtime_nanoseconds INTEGER NOT NULL,'
    ' ctime_seconds INTEGER NOT NULL, ctime_nanoseconds INTEGER NOT NULL,'
    ' inode INTEGER NOT NULL, md5 BLOB NOT NULL, checksum INTEGER NOT NULL,'
    ' PRIMARY KEY(tree, directory, name)) WITHOUT ROWID',
    'CREATE TABLE limits(identity BLOB NOT NULL PRIMARY KEY, granularity INTEGER NOT NULL,'
    ' two_seconds INTEGER NOT NULL,'
    ' earliest_seconds INTEGER, earliest_nanoseconds INTEGER,'
    ' latest_seconds INTEGER, latest_nanoseconds INTEGER,'
    ' holds_owners INTEGER NOT NULL, holds_modes INTEGER NOT NULL,'
    ' holds_xattrs INTEGER NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID',
    'CREATE TABLE trees(id INTEGER PRIMARY KEY, identity BLOB NOT NULL UNIQUE)',
    'PRAGMA user_version = 1',
)


def make_old(folder):
    """Puts what is in the databases of today into hashes.db, most of it still in its log.

    A hash of a tree that is gone is in it too: no run would remember what is as new as the files of
    a test.
    """
    rows = {}
    for name, tables in (('memory.db', ('facts', 'limits')), ('cache.db', ('trees', 'hashes'))):
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            continue
        with contextlib.closing(sqlite3.connect(path)) as database:
            rows.update({table: database.execute(f'SELECT * FROM {table}').fetchall()
                         for table in tables})
        os.remove(path)
    kept = os.path.join(folder, 'hashes.db')
    made = kept + '.made'
    with contextlib.closing(sqlite3.connect(made, isolation_level=None)) as database:
        for sql in TABLES:
            database.execute(sql)
        database.execute('PRAGMA journal_mode = WAL')
        for table, values in rows.items():
            for row in values:
                marks = ', '.join('?' * len(row))
                database.execute(f'INSERT INTO {table} VALUES({marks})', row)
        database.execute("INSERT INTO trees VALUES(77, x'01')")
        database.execute("INSERT INTO hashes VALUES(77, x'01', x'61', 1, 1, 1, 1, 1, 1, x'01', 1)")
        # Closing would put the log into the file.
        shutil.copyfile(made, kept)
        shutil.copyfile(f'{made}-wal', f'{kept}-wal')
    for name in (made, kept, f'{kept}-wal'):
        if os.path.exists(name):
            os.chmod(name, 0o600)
    os.remove(made)
