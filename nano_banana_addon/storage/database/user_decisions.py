# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the user decides: to ask once more, and to forget."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import InputError
from ...core.result import END_STATES, Generation, State
from . import states, transitions
from .database import Database


def resend(database: Database, home: Path, id: str) -> None:
    """Queue an ended generation once more, because the user said so. Raises INTERNAL for one that
    is DONE."""
    with database.transaction() as connection:
        before = transitions.read(connection, home, id)
        states.check(id, before.state, State.QUEUED)
        transitions.change(
            connection,
            id,
            state=State.QUEUED.value,
            owner="",
            failure=None,
            answer=None,
            ended=0.0,
            sent=0.0,
            progress=0.0,
            retry_at=0.0,
            dismissed=0,
        )


def delete(database: Database, home: Path, id: str) -> Generation | None:
    """Take a generation out of the history and return what it was. Raises `InputError` while it is
    under way."""
    with database.transaction() as connection:
        row = connection.execute("SELECT seq FROM generations WHERE id = ?", (id,)).fetchone()
        if row is None:
            return None
        before = transitions.read(connection, home, id)
        if before.state not in END_STATES and before.state not in states.NOT_SENT:
            raise InputError("A generation that is under way cannot be deleted.", next_step="Cancel it first.")
        for table in ("words", "details", "generations"):
            connection.execute(f"DELETE FROM {table} WHERE seq = ?", (row["seq"],))  # noqa: S608
        connection.execute(
            "INSERT OR REPLACE INTO deleted VALUES (?, ?)",
            (id, transitions.next_revision(connection)),
        )
        return before
