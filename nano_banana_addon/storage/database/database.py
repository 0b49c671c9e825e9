# SPDX-License-Identifier: GPL-3.0-or-later
"""One SQLite connection: how it is opened, and transactions whose errors the user can read."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from ...core.errors import ErrorKind, NanoBananaError
from ...core.text.search_text import fold
from .filesystems import on_network

#: Seconds to wait for another process's transaction; they last milliseconds.
PATIENCE = 10.0
#: Pages in the write-ahead log after which a commit copies them back: more than SQLite's 1000, so that this falls to
#: the worker process (which uses the default) and not to Blender's main thread.
_UNHURRIED_CHECKPOINT = 4000


class Database:
    """A connection that any thread of this process may use, one at a time."""

    def __init__(self, path: Path, *, background: bool = False) -> None:
        """Open or create the file. `background` is for the worker process, which need not be fast.

        Raises a DISK error when the file cannot be used.
        """
        self.path = path
        self.lock = threading.RLock()
        self.own_commits = 0
        self.read_only = False
        #: Ids of generations whose rows could not be read; `damage.set_aside` takes them out.
        self.damaged: set[str] = set()
        with translate_errors(path):
            # Private: SQLite gives the mode of this file to those beside it. An existing one is not opened here:
            # closing it again would release the locks that another connection of this process has on it.
            with suppress(OSError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self.connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            try:
                self._configure(background)
            except BaseException:
                self.connection.close()
                raise

    def _configure(self, background: bool) -> None:
        self.connection.row_factory = sqlite3.Row
        # A flipped bit must not make all other rows of a query unreadable.
        self.connection.create_function("fold", 1, fold, deterministic=True)
        self.connection.text_factory = partial(str, encoding="utf-8", errors="replace")
        wanted = "delete" if on_network(self.path.parent) else "wal"
        _set_journal(self.connection, wanted)
        # FULL: a committed state is on the disk, also after a power cut (with NORMAL the last commits may go).
        self.connection.execute("PRAGMA synchronous=FULL")
        self.connection.execute("PRAGMA foreign_keys=ON")
        if not background:
            self.connection.execute(f"PRAGMA wal_autocheckpoint={_UNHURRIED_CHECKPOINT}")

    def close(self) -> None:
        """Close the connection; closing twice is harmless."""
        with self.lock:
            self.connection.close()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Generator[sqlite3.Connection]:
        """One transaction: committed at the end, rolled back when an error leaves the block.

        With `durable` False it does not wait for the disk (progress, heartbeats): such a commit may be lost in a power
        cut, never in a crash, and the next durable one includes it.
        """
        if self.read_only:
            raise NanoBananaError(
                ErrorKind.DISK,
                "The history was written by a newer version of the add-on.",
                next_step="Update the add-on; until then the history is read-only.",
            )
        with self.lock, translate_errors(self.path):
            if not durable:
                self.connection.execute("PRAGMA synchronous=NORMAL")
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield self.connection
                self.connection.execute("COMMIT")
                self.own_commits += 1
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                if not durable:
                    self.connection.execute("PRAGMA synchronous=FULL")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self.lock, translate_errors(self.path):
            return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        with self.lock, translate_errors(self.path):
            found: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
            return found

    def commits(self) -> tuple[int, int]:
        """A pair that changes with every commit of anyone; costs microseconds."""
        with self.lock, translate_errors(self.path):
            others = self.connection.execute("PRAGMA data_version").fetchone()[0]
            return int(others), self.own_commits


def _set_journal(connection: sqlite3.Connection, wanted: str) -> None:
    """Switch the journal mode if it differs.

    Two programs that open a new file at the same time block each other here without SQLite waiting by itself, so this
    waits.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
                connection.execute(f"PRAGMA journal_mode={wanted}")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextmanager
def translate_errors(path: Path) -> Generator[None]:
    """Convert SQLite's errors, and those of values that it cannot hold, into DISK errors with a next step."""
    try:
        yield
    except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
        raise _disk_error(path, error) from error


def _disk_error(path: Path, error: Exception) -> NanoBananaError:
    said = str(error)
    if "locked" in said or "busy" in said:
        happened = f"The history is in use by another program: {path}."
        next_step = "Close the program that uses it, then try again."
    elif "full" in said:
        happened = f"The disk is full; the history could not be written: {path}."
        next_step = "Free some disk space, then try again."
    elif "malformed" in said or "not a database" in said:
        happened = f"The file of the history is damaged: {path}."
        next_step = "Choose Restore History … in the menu of the History panel."
    else:
        happened = f"The history could not be read or written: {path}."
        next_step = "Check the folder in the add-on's preferences and the free disk space."
    return NanoBananaError(ErrorKind.DISK, happened, next_step=next_step, detail=said)
