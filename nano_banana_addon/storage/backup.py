# SPDX-License-Identifier: GPL-3.0-or-later
"""Checked copies of the history's database, and the way back to the newest one when it is damaged."""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from ..core.constants import State
from ..core.errors import ErrorKind, NanoBananaError
from ..core.files import copy_whole, open_private, put_in_place
from . import archive, process_locks
from .database import changes, states
from .database.changes import ID, ID_LENGTH
from .database.database import translate_errors
from .files.layout import Home, convert_home_errors
from .store import Store

_DAY = 86400.0
#: Seconds between two copies, and how many are kept.
_EVERY, _KEPT = 7 * _DAY, 3
#: Seconds to wait for the worker process to end.
_PATIENCE = 10.0
_NAME = "%Y%m%d-%H%M%S"


def copy_when_due(store: Store) -> Path | None:
    """Copy the database if the newest copy is a week old; returns the copy. Takes seconds. Raises DISK.

    A copy is checked before it counts. When the database itself is damaged it is recorded, for `find_damage`.
    """
    copies = list_copies(store.places)
    if store.database.read_only or (copies and abs(time.time() - copies[0].stat().st_mtime) < _EVERY):
        return None
    folder = store.places.copies
    target = folder / f"history-{time.strftime(_NAME)}.sqlite"
    part = folder / f".{os.getpid()}-{os.urandom(12).hex()}.part"
    damage = _check(store.places.database)
    if not damage:
        with convert_home_errors(folder), translate_errors(part):
            folder.mkdir(exist_ok=True)
            open(part, "xb", opener=open_private).close()
            try:
                store.database.row("VACUUM INTO ?", (str(part),))
                damage = _check(part)
                if not damage:
                    put_in_place(part, target, durable=True)
            finally:
                part.unlink(missing_ok=True)
    with store.database.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('damage', ?)", (damage,))
    for old in list_copies(store.places)[_KEPT:]:
        with suppress(OSError):
            old.unlink()
    return None if damage else target


def list_copies(places: Home) -> list[Path]:
    """The copies, the newest first; those that a wrong clock dated into the future are last."""
    now = f"history-{time.strftime(_NAME)}.sqlite"
    return sorted(places.copies.glob("history-*.sqlite"), key=lambda copy: (copy.name <= now, copy.name), reverse=True)


def find_damage(store: Store) -> str:
    """A sentence when the last check found the database damaged; "" otherwise."""
    row = store.database.row("SELECT value FROM meta WHERE key = 'damage'")
    if not row or not row[0]:
        return ""
    return "The file of the history is damaged. Choose Restore History … in the menu of the History panel."


def describe_restore(home: Path) -> str:
    """What `restore` would do, in lines."""
    if copies := list_copies(Home(home)):
        day = time.strftime("%Y-%m-%d", time.localtime(copies[0].stat().st_mtime))
        return (
            f"The copy of {day} takes the place of the history.\nNewer images are added from their records.\n"
            "What was deleted since stays deleted, unless the damaged file cannot be read."
        )
    return "There is no copy. The history is made again from the records next to the images."


def restore(home: Path) -> str:
    """Put the newest sound copy in the place of the database, and add newer images from their records.

    The old file is kept in the folder `damaged`. No other process may use the history. Returns what was done. Raises
    INPUT when one does, DISK.
    """
    places = Home(home)
    deadline = time.monotonic() + _PATIENCE
    while process_locks.is_anyone_alive(places.alive):
        if time.monotonic() > deadline:
            said = "Another Blender, or the worker process, is using the history."
            raise NanoBananaError(ErrorKind.INPUT, said, next_step="Close the other Blenders, then try again.")
        time.sleep(0.1)
    copy = next((copy for copy in list_copies(places) if not _check(copy)), None)
    kept = places.root / "damaged" / time.strftime(_NAME)
    with convert_home_errors(home):
        kept.mkdir(parents=True, exist_ok=True)
        new = kept / "restored.sqlite"
        if copy:
            copy_whole(copy, new, private=True)  # may not fit on the disk: nothing was moved yet
        for suffix in ("-wal", "-shm", "-journal", ""):  # a new database must never meet an old log
            path = Path(f"{places.database}{suffix}")
            if path.exists():
                path.replace(kept / path.name)
        if copy:
            new.replace(places.database)
    with closing(Store(home)) as store:
        entries = _add_entries(store, kept / places.database.name)
        deleted = _delete_again(store, kept / places.database.name) if copy else ""
        _catch_up(store)
        report = archive.import_folder(store, places.results)
    source = f"the copy {copy.name}" if copy else "the records next to the images"
    return (
        f"The history was restored from {source}; images added from their records: {report.imported},"
        f" costs read from the damaged file: {entries}.\n{deleted}"
        f"Newer requests without an image are missing. The damaged file is kept in {kept}."
    )


def _add_entries(store: Store, damaged: Path) -> int:
    """Add what can be read of a damaged ledger, from both of its ends: no record beside an image has all of its costs.

    Returns how many entries were new. Raises DISK.
    """
    found: dict[tuple[object, object], dict[str, object]] = {}
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error), closing(_open(damaged)) as connection:
            connection.row_factory = sqlite3.Row
            for row in connection.execute(f"SELECT * FROM ledger ORDER BY generation {order}, try {order}"):
                found[row["generation"], row["try"]] = dict(row)
    count = 0
    with store.database.transaction() as connection:
        for row in found.values():
            sql = f"INSERT OR IGNORE INTO ledger ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
            count += connection.execute(sql, tuple(row.values())).rowcount
    return count


def _delete_again(store: Store, damaged: Path) -> str:
    """Delete what was deleted since the copy, by the damaged file; a line where that cannot be read. Raises DISK."""
    ids: set[str] = set()
    said = "What was deleted since that copy cannot be read: delete again what has come back.\n"
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error), closing(_open(damaged)) as connection:
            set_aside = {id for (id,) in connection.execute("SELECT id FROM damaged")}  # may be sound in the copy
            for (id,) in connection.execute(f"SELECT id FROM deleted ORDER BY id {order}"):
                ids |= {id} - set_aside
            said = ""
    with store.database.transaction() as connection:
        for id in ids:
            changes.remove(connection, id)
    return said


def _catch_up(store: Store) -> None:
    """Make what the copy says of unfinished generations true again.

    What waited when the copy was made may have been sent since, and what had failed may have been sent again.
    """
    unsent = ", ".join(f"'{state}'" for state in states.NOT_SENT)
    with store.database.transaction() as connection:
        connection.execute(
            "UPDATE generations SET owner = '', client = '', state = 'SENDING', tries = tries +"
            f" (state IN ({unsent})) WHERE state IN ({states.SQL_ACTIVE})"
        )
    ids = {path.name[:ID_LENGTH] for path in store.places.results.glob("*/*.json") if ID.match(path.name)}
    for generation in store.many(sorted(ids)):
        if generation.state is not State.DONE:
            archive.finish_from_record(store, generation)


def _open(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _check(path: Path) -> str:
    """What SQLite finds wrong in a database; "" for a sound one."""
    try:
        with closing(_open(path)) as connection:
            found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
            connection.execute("SELECT count(*) FROM generations").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return "" if found == "ok" else found
