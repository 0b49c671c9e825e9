# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts have submitted and is not sent yet: it is captured, or waits for the artist's consent.

Each is recorded under its key before anything else is done. It becomes a `ScriptJob` in the transaction that records
its images, or ends with an error, which costs nothing.
"""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
import time
from dataclasses import astuple, dataclass, fields
from enum import StrEnum

from ..core.errors import NanoBananaError
from . import script_jobs
from .database.database import Database
from .script_jobs import KeyUsedError
from .store import Store

_KEPT_SECONDS = 90 * 24 * 3600.0


class SubmissionState(StrEnum):
    """What a submission can be."""

    CAPTURING = "CAPTURING"
    NEEDS_CONSENT = "NEEDS_CONSENT"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class ScriptSubmission:
    """What one key stands for until it is sent; `kind` and `message` are of the error that it ended with."""

    id: str
    key: str
    caller: str
    task: str
    digest: str
    created: float
    request: str  # JSON
    max_usd: float
    blend_path: str
    client: str
    state: str = SubmissionState.CAPTURING.value
    estimate: float = 0.0  # US dollars, known once it is captured
    kind: str = ""
    message: str = ""


_COLUMNS = ", ".join(field.name for field in fields(ScriptSubmission))
_MARKS = ", ".join("?" for _ in fields(ScriptSubmission))


def record(database: Database, submission: ScriptSubmission) -> ScriptSubmission:
    """Record a submission, durably. Returns the earlier one of the same key if there is one.

    Raises `KeyUsedError` where that is a job already.
    """
    with database.transaction() as connection:
        if (job := script_jobs.find_by_key(database, submission.key)) is not None:
            raise KeyUsedError(job)
        connection.execute("DELETE FROM script_submissions WHERE created < ?", (time.time() - _KEPT_SECONDS,))
        statement = f"INSERT OR IGNORE INTO script_submissions ({_COLUMNS}) VALUES ({_MARKS})"
        if connection.execute(statement, astuple(submission)).rowcount:
            return submission
        return find_by_key(database, submission.key) or submission


def find_by_key(database: Database, key: str) -> ScriptSubmission | None:
    """The submission of a key."""
    return _read(database.row(f"SELECT {_COLUMNS} FROM script_submissions WHERE key = ?", (key,)))


def find(database: Database, id: str) -> ScriptSubmission | None:
    """The submission of an id."""
    return _read(database.row(f"SELECT {_COLUMNS} FROM script_submissions WHERE id = ?", (id,)))


def is_left(store: Store, submission: ScriptSubmission) -> bool:
    """Whether the Blender that was to capture it has ended."""
    is_mine = submission.client == store.identity().id
    return submission.state != SubmissionState.FAILED and not is_mine and not store.lives(submission.client)


def take_over(store: Store, submission: ScriptSubmission) -> ScriptSubmission | None:
    """The submission of a Blender that has ended, now this one's; None if another was quicker."""
    with store.database.transaction() as connection:
        changed = connection.execute(
            "UPDATE script_submissions SET client = ?, state = ? WHERE id = ? AND client = ? AND kind = ''",
            (store.identity().id, SubmissionState.CAPTURING.value, submission.id, submission.client),
        ).rowcount
    return find(store.database, submission.id) if changed else None


def ask(database: Database, submission: ScriptSubmission, estimate: float) -> None:
    """Record that the artist is asked for consent to an estimate in US dollars."""
    with database.transaction() as connection:
        connection.execute(
            "UPDATE script_submissions SET state = ?, estimate = ? WHERE id = ? AND client = ? AND kind = ''",
            (SubmissionState.NEEDS_CONSENT.value, estimate, submission.id, submission.client),
        )


def end(database: Database, id: str, error: NanoBananaError) -> bool:
    """End a submission with an error; whether it was still to be sent."""
    with database.transaction() as connection:
        return bool(
            connection.execute(
                "UPDATE script_submissions SET state = ?, kind = ?, message = ?, request = ''"
                " WHERE id = ? AND kind = ''",
                (SubmissionState.FAILED.value, error.kind.value, error.to_sentence(), id),
            ).rowcount
        )


def _read(row: sqlite3.Row | None) -> ScriptSubmission | None:
    return ScriptSubmission(*row) if row is not None else None
