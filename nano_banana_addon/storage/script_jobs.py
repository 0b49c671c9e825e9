# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that scripts submitted: each under a key that pays once, within what scripts may spend in a day."""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core import cost
from ..core.errors import ErrorKind, NanoBananaError
from .database import states
from .database.database import Database
from .database.ledger import COST, ESTIMATE, day_of
from .store import Store

_CENT_FRACTION = 1e-9


@dataclass(frozen=True, slots=True)
class ScriptJob:
    """What one key stands for. `estimate` is in US dollars, `generations` are ids: those that existed come first."""

    id: str
    key: str
    caller: str
    task: str
    digest: str
    created: float
    estimate: float
    generations: tuple[str, ...]
    notes: tuple[str, ...] = ()


class SubmissionEndedError(Exception):
    """What was to be recorded was cancelled meanwhile, or another Blender goes on with it."""


class KeyUsedError(Exception):
    """Another process was quicker with the same key; `job` is what it recorded."""

    def __init__(self, job: ScriptJob) -> None:
        super().__init__(job.key)
        self.job = job


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is recorded together with a job's new generations, or not at all.

    `daily_usd` is what all scripts together may spend in a day, `allowed_usd` what the artist has allowed for this job
    alone. With a `client` the job was submitted earlier and is still that Blender's to record.
    """

    job: ScriptJob
    daily_usd: float
    allowed_usd: float = 0.0
    client: str = ""

    def record(self, connection: sqlite3.Connection, ids: Sequence[str]) -> None:
        """Record the job, in the transaction that records its new generations, which are `ids`.

        Raises `KeyUsedError`, `SubmissionEndedError`, and BUDGET beyond what scripts may spend.
        """
        if (earlier := _find(connection.execute(_BY_KEY, (self.job.key,)).fetchone())) is not None:
            raise KeyUsedError(earlier)
        if self.client and not connection.execute(_TAKE, (self.job.id, self.client)).rowcount:
            raise SubmissionEndedError
        # The generations in `ids` are under way already: their estimates are in the sum.
        total = _sum_today(connection, time.time())
        is_allowed = self.job.estimate <= self.allowed_usd + _CENT_FRACTION
        if ids and self.job.estimate > 0 and not is_allowed and total > self.daily_usd + _CENT_FRACTION:
            raise refuse(self.job.estimate, total - self.job.estimate, self.daily_usd)
        job = replace(self.job, generations=(*self.job.generations, *ids))
        values = (job.id, job.key, job.caller, job.task, job.digest, job.created, job.estimate)
        connection.execute(
            f"INSERT INTO script_jobs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, " ".join(job.generations), "\n".join(job.notes)),
        )


_COLUMNS = "id, key, caller, task, digest, created, estimate, generations, notes"
_BY_KEY = f"SELECT {_COLUMNS} FROM script_jobs WHERE key = ?"
_TAKE = "DELETE FROM script_submissions WHERE id = ? AND client = ? AND kind = ''"


def new_job(key: str, caller: str, task: str, digest: str, estimate: float, existing: Sequence[str]) -> ScriptJob:
    """A job that is not recorded yet."""
    return ScriptJob(new_id(), key, caller, task, digest, time.time(), estimate, tuple(existing))


def new_id() -> str:
    """The id of a job."""
    return f"job-{uuid.uuid4().hex}"


def refuse(dollars: float, spent: float, limit: float) -> NanoBananaError:
    """The error for a job beyond what scripts may spend, with what the artist can do."""
    return NanoBananaError(
        ErrorKind.BUDGET,
        f"This would cost {cost.format_dollars(dollars)}. Scripts may spend {cost.format_dollars(limit)} a day, of"
        f" which {cost.format_dollars(max(spent, 0.0))} are spent or in progress; nothing was sent.",
        next_step="Ask the artist to raise What Scripts May Spend in the add-on's preferences; do not change it"
        " yourself. The provider offline is free.",
    )


def record_free(database: Database, purchase: Purchase) -> None:
    """Record a job whose results all exist. Raises `KeyUsedError`."""
    with database.transaction() as connection:
        purchase.record(connection, ())


def find_by_key(database: Database, key: str) -> ScriptJob | None:
    """The job of a key."""
    return _find(database.row(_BY_KEY, (key,)))


def find(database: Database, id: str) -> ScriptJob | None:
    """The job of an id."""
    return _find(database.row(f"SELECT {_COLUMNS} FROM script_jobs WHERE id = ?", (id,)))


def sum_today(database: Database) -> float:
    """US dollars that scripts have spent today, with what is in progress; unknown prices count by their estimate."""
    with database.lock:
        return _sum_today(database.connection, time.time())


def list_idle(store: Store, ids: Sequence[str], under_way: Sequence[str]) -> list[str]:
    """Those of some generations that were recorded and that nobody will send.

    They are not sent, in no worker process, not `under_way` here, and the Blender that recorded them has ended.
    """
    mine = store.identity().id
    marks = ", ".join("?" * len(ids))
    rows = store.database.rows(
        f"SELECT id, owner, client FROM generations WHERE id IN ({marks}) AND state IN ({_NOT_SENT}) ORDER BY seq", ids
    )
    idle = [row for row in rows if row["id"] not in under_way and not (row["owner"] and store.lives(row["owner"]))]
    return [row["id"] for row in idle if row["client"] == mine or not store.lives(row["client"])]


_NOT_SENT = ", ".join(f"'{state.value}'" for state in sorted(states.NOT_SENT))


def _sum_today(connection: sqlite3.Connection, now: float) -> float:
    spent = connection.execute(
        f"SELECT sum({COST}) FROM ledger WHERE NOT imported AND caller <> '' AND day = ?", (day_of(now),)
    ).fetchone()[0]
    expected = connection.execute(
        f"SELECT sum({ESTIMATE}) FROM generations WHERE caller <> '' AND state IN ({states.SQL_ACTIVE})"
    ).fetchone()[0]
    return (spent or 0.0) + (expected or 0.0)


def _find(row: sqlite3.Row | None) -> ScriptJob | None:
    if row is None:
        return None
    values: dict[str, Any] = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a Row is no mapping
    values["generations"] = tuple(row["generations"].split())
    notes: str = row["notes"]
    values["notes"] = tuple(note for note in notes.split("\n") if note)
    return ScriptJob(**values)
