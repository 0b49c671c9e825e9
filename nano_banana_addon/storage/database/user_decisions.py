# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions that only the user makes: to resend, and to delete."""

from __future__ import annotations

from pathlib import Path

from ...core.constants import END_STATES, State
from ...core.errors import InputError
from ...core.result import Generation
from . import changes, dependencies, states
from .database import Database


def resend(database: Database, home: Path, id: str) -> None:
    """Queue an ended generation once more, on the user's decision; BLOCKED until its needs are settled.

    Raises INTERNAL for one that is DONE, `InputError` for one in progress.
    """
    with database.transaction() as connection:
        before = changes.read(connection, home, id)
        state = State.BLOCKED if before.request.needs else State.QUEUED
        if before.state not in END_STATES:  # another process may be about to send it
            raise InputError("This generation is still in progress.", next_step="Cancel it first.")
        if connection.execute("SELECT 1 FROM jobs WHERE id = ? AND NOT closed", (before.job,)).fetchone():
            message = "The batch that holds this is not done; its result may still come."
            raise InputError(message, next_step="Wait for it, or press Send Rest Now.")
        states.check(id, before.state, state)
        changes.change(
            connection,
            id,
            state=state.value,
            owner="",
            job="",
            failure=None,
            answer=None,
            ended=0.0,
            sent=0.0,
            progress=0.0,
            retry_at=0.0,
            dismissed=0,
            imported=0,  # what it costs now is this user's
        )


def delete(database: Database, home: Path, id: str) -> Generation | None:
    """Take a generation out of the history and return what it was; what needs one that was never sent is cancelled.

    Raises `InputError` while it is in progress.
    """
    with database.transaction() as connection:
        if not connection.execute("SELECT 1 FROM generations WHERE id = ?", (id,)).fetchone():
            return None
        before = changes.read(connection, home, id)
        if before.state not in END_STATES and before.state not in states.NOT_SENT:
            raise InputError("A generation that is in progress cannot be deleted.", next_step="Cancel it first.")
        if before.state in states.NOT_SENT:
            dependencies.cancel_dependents(connection, home, id)
        changes.remove(connection, id)
        return before
