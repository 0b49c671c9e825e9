# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a Blender or a worker process is running, by file locks.

Each holds a lock on its own file, which the operating system releases when the process dies in any way: neither clocks
nor process numbers can mislead.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
import uuid
from pathlib import Path

from ..identity import VERSION
from .database.database import Database
from .files.layout import convert_home_errors

#: Where files cannot be locked, a process is taken for dead after so many seconds without a sign of life.
SILENCE = 180.0
#: Seconds between signs of life.
HEARTBEAT = 30.0
_CANNOT_LOCK = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}
_OPEN = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)


class Presence:
    """This process, visible to others. `role` is "blender" or "courier"."""

    def __init__(self, database: Database, folder: Path, role: str) -> None:
        """Register this process in `folder` and in the history. Raises DISK."""
        self.id = f"{role}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._database = database
        self._path = _lock_path(folder, self.id)
        with convert_home_errors(folder):
            folder.mkdir(exist_ok=True)
            self._handle = os.open(self._path, _OPEN | os.O_CREAT, 0o600)
        _try_lock(self._handle)
        now = time.time()
        record = (self.id, role, os.getpid(), socket.gethostname(), now, now, VERSION)
        with database.transaction() as connection:
            connection.execute("INSERT INTO processes VALUES (?, ?, ?, ?, ?, ?, ?)", record)

    def sign_of_life(self) -> None:
        """Update the heartbeat, for those who cannot see the lock."""
        with self._database.transaction(durable=False) as connection:
            connection.execute("UPDATE processes SET last_seen = ? WHERE id = ?", (time.time(), self.id))

    def end(self) -> None:
        """Release the lock: from here on this process counts as ended."""
        if self._handle < 0:
            return
        os.close(self._handle)
        self._handle = -1
        self._path.unlink(missing_ok=True)


def is_alive(database: Database, folder: Path, id: str) -> bool:
    """Whether the process of an id is running; False for "" and for unknown ids."""
    if not id:
        return False
    held = _is_held(_lock_path(folder, id))
    return _was_seen_lately(database, id) if held is None else held


def is_anyone_alive(folder: Path) -> bool:
    """Whether any process holds its lock; those that cannot be asked count as ended. Needs no history."""
    return any(_is_held(path) for path in folder.glob("*.lock"))


def _is_held(path: Path) -> bool | None:
    """Whether a process holds its lock; None where that cannot be known."""
    try:
        handle = os.open(path, _OPEN)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        taken = _try_lock(handle)
    finally:
        os.close(handle)
    return None if taken is None else not taken


def find_living(database: Database, folder: Path) -> list[int]:
    """The process numbers of the Blenders and worker processes that are running."""
    return [
        row["pid"] for row in database.rows("SELECT id, pid FROM processes") if is_alive(database, folder, row["id"])
    ]


def forget_the_dead(database: Database, folder: Path) -> None:
    """Remove the traces of processes that have ended."""
    for row in database.rows("SELECT id FROM processes"):
        if not is_alive(database, folder, row["id"]):
            _lock_path(folder, row["id"]).unlink(missing_ok=True)
            with database.transaction(durable=False) as connection:
                connection.execute("DELETE FROM processes WHERE id = ?", (row["id"],))


def _lock_path(folder: Path, id: str) -> Path:
    return folder / f"{id}.lock"


def _was_seen_lately(database: Database, id: str) -> bool:
    row = database.row("SELECT last_seen FROM processes WHERE id = ?", (id,))
    return row is not None and abs(time.time() - row["last_seen"]) < SILENCE


def _try_lock(handle: int) -> bool | None:
    """True: it was free and is ours now. False: another process holds it. None: files cannot be locked here."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return None if error.errno in _CANNOT_LOCK else False
    return True
