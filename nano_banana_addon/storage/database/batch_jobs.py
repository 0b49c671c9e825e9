# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches at a service, as jobs: what each holds, and how far it is.

A job is recorded before the service is asked to take it, and is its own ticket: its id is the display name by which the
service knows it. Its generations are SENDING until the service has named it, then GENERATING, and nobody owns them; so
neither the end of a Blender nor that of a worker process concerns them.
"""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...core import cost
from ...core.constants import END_STATES, State
from ...core.errors import ERROR_TEXTS, ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Failure, Generation
from ...core.text import prompts
from . import budget, changes, ledger, records, states, transitions
from .database import Database

#: Hours after which the rest of a batch is offered at full price: those within which the service means to be done.
DEADLINE_HOURS = 24.0
_IN_JOB = "state IN ('SENDING', 'GENERATING')"
_FAILED = "state = 'FAILED' AND NOT dismissed"


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A batch at a service. `open` of its generations wait for it; of `failed` ones it brought nothing."""

    id: str
    provider: str
    model: str
    account: str
    created: float
    posted: float
    name: str
    done: int
    cancelled: float
    closed: float
    resends: bool
    problem: str
    count: int = 0
    open: int = 0
    failed: int = 0
    estimate: float = 0.0  # US dollars of these in a batch

    @property
    def is_late(self) -> bool:
        """Whether the service has had more time than it means to need."""
        return not self.closed and time.time() - self.created > DEADLINE_HOURS * 3600


_COLUMNS = "id, provider, model, account, created, posted, name, done, cancelled, closed, resends, problem"


def list_jobs(database: Database, *, closed: bool = False) -> list[BatchJob]:
    """The jobs that are open, the oldest first; with `closed` those too whose rest was not sent nor dismissed."""
    sql = (
        f"SELECT {', '.join(f'jobs.{name}' for name in _COLUMNS.split(', '))}, count(seq),"
        f" count(seq) FILTER (WHERE {_IN_JOB}), count(seq) FILTER (WHERE {_FAILED}) AS failed,"
        f" total(estimate) FILTER (WHERE {_IN_JOB} OR {_FAILED})"
        " FROM jobs LEFT JOIN generations ON generations.job = jobs.id GROUP BY jobs.id"
        f" HAVING NOT closed{' OR failed' if closed else ''} ORDER BY jobs.created"
    )
    return [BatchJob(*row) for row in map(tuple, database.rows(sql))]


def count_unsubmitted(database: Database, ids: Iterable[str]) -> int:
    """How many of some generations are in no job."""
    sql = "SELECT count(*) FROM generations WHERE job = '' AND id IN (SELECT value FROM json_each(?))"
    row = database.row(sql, (json.dumps(list(ids)),))
    return int(row[0]) if row else 0


def find(database: Database, id: str) -> BatchJob | None:
    """A job that is open."""
    return next((job for job in list_jobs(database) if job.id == id), None)


def list_members(database: Database, home: Path, id: str) -> list[Generation]:
    """The generations of a job, in the order in which they were recorded."""
    sql = f"{records.SELECT} WHERE job = ? AND job <> '' ORDER BY seq"
    return records.read_all(home, database.rows(sql, (id,)), database.damaged)


def begin(
    database: Database,
    home: Path,
    ids: Iterable[str],
    *,
    owner: str,
    account: str,
    budgets: Sequence[budget.Budget],
) -> tuple[str, list[str]]:
    """Record a job of unsent generations, durably, before anything is sent: its id, and theirs.

    Those that were cancelled meanwhile or are over a budget are left out; these end with that error.
    """
    now, job, taken = time.time(), uuid.uuid4().hex, list[str]()
    with database.transaction() as connection:
        for id in ids:
            before = changes.read(connection, home, id)
            row = connection.execute("SELECT owner FROM generations WHERE id = ?", (id,)).fetchone()
            if before.state not in states.SENDABLE or before.request.needs or row["owner"] not in ("", owner):
                continue
            columns: dict[str, Any] = {"state": State.SENDING.value, "tries": before.tries + 1, "job": job}
            columns |= {"owner": "", "sent": 0.0, "progress": 0.0, "retry_at": 0.0, "failure": None}
            try:
                budget.still_allowed(connection, budgets, before.request.project, before.estimate_usd, now)
                taken.append(id)
            except NanoBananaError as error:
                columns = {"state": State.FAILED.value, "ended": now, "failure": _dump(Failure.from_error(error))}
            changes.change(connection, id, **columns)
        if taken:
            request = changes.read(connection, home, taken[0]).request
            sql = "INSERT INTO jobs (id, provider, model, account, created, owner) VALUES (?, ?, ?, ?, ?, ?)"
            connection.execute(sql, (job, request.provider, request.model, account, now, owner))
    return job, taken


def adopt(database: Database, id: str, client: str, alive: Callable[[str], bool]) -> bool:
    """Become the Blender that asked for what a job holds; False while the one that did is running."""
    with database.transaction() as connection:
        rows = connection.execute("SELECT id, client FROM generations WHERE job = ?", (id,)).fetchall()
        others = {row["client"] for row in rows} - {client}
        if any(alive(other) for other in others):
            return False
        for row in rows:
            if row["client"] != client:
                changes.change(connection, row["id"], client=client)
    return True


def claim(database: Database, id: str, owner: str, alive: Callable[[str], bool]) -> bool:
    """Become the process that follows an open job; False while another one that lives does."""
    row = database.row("SELECT owner FROM jobs WHERE id = ? AND NOT closed", (id,))
    if row is None or (row["owner"] != owner and alive(row["owner"])):
        return False
    if row["owner"] == owner:
        return True
    with database.transaction() as connection:
        sql = "UPDATE jobs SET owner = ? WHERE id = ? AND owner = ? AND NOT closed"
        return connection.execute(sql, (owner, id, row["owner"])).rowcount == 1


def update(database: Database, id: str, **columns: Any) -> None:
    """Set columns of a job, durably."""
    with database.transaction() as connection:
        assignments = ", ".join(f"{name} = ?" for name in columns)
        connection.execute(f"UPDATE jobs SET {assignments} WHERE id = ?", (*columns.values(), id))


def name(database: Database, id: str, name: str) -> None:
    """Record the service's name of a job: its generations are GENERATING from here on."""
    now = time.time()
    with database.transaction() as connection:
        connection.execute("UPDATE jobs SET name = ?, problem = '' WHERE id = ?", (name, id))
        for row in connection.execute("SELECT id FROM generations WHERE job = ? AND state = 'SENDING'", (id,)):
            changes.change(connection, row["id"], state=State.GENERATING.value, sent=now)


def undo(database: Database, id: str, failure: Failure | None = None, retry_at: float = 0.0) -> list[str]:
    """Forget a job that the service never took; its generations are queued again. Returns their ids."""
    columns = {"owner": "", "job": "", "sent": 0.0, "retry_at": retry_at}
    columns |= {"state": State.WAITING.value, "failure": _dump(failure)} if failure else {"state": State.QUEUED.value}
    with database.transaction() as connection:
        rows = connection.execute(f"SELECT id FROM generations WHERE job = ? AND {_IN_JOB} ORDER BY seq", (id,))
        ids = [row["id"] for row in rows.fetchall()]
        for each in ids:
            changes.change(connection, each, **columns)
        connection.execute("DELETE FROM jobs WHERE id = ?", (id,))
    return ids


def close(database: Database, home: Path, id: str, *, unbilled: bool) -> list[str]:
    """End a job. Where its rest is to be sent, that is queued at full price: returns the ids.

    `unbilled`: the service generated nothing of what was cancelled here.
    """
    with database.transaction() as connection:
        row = connection.execute("SELECT resends FROM jobs WHERE id = ?", (id,)).fetchone()
        rows = connection.execute(f"{records.SELECT} WHERE job = ? ORDER BY seq", (id,)).fetchall()
        members = records.read_all(home, rows, database.damaged)
        for generation in members:
            if unbilled and generation.state is State.CANCELLED:
                ledger.forget_lost(connection, generation)
        ids = [g.id for g in members if g.in_batch] if row["resends"] else []
        for generation in members:
            if generation.id in ids:
                if not unbilled:
                    ledger.write_lost(connection, generation, State.UNKNOWN.value, time.time())
                changes.change(connection, generation.id, **_make_full_price(generation.request, home))
        connection.execute("UPDATE jobs SET closed = ?, problem = '' WHERE id = ?", (time.time(), id))
    return ids


def send_rest(database: Database, home: Path, id: str) -> list[str]:
    """Let the rest of a job be sent at full price: the user's decision.

    What it still holds follows when the service has let it go (`close`); returns the ids of what may be sent now.
    """
    with database.transaction() as connection:
        connection.execute("UPDATE jobs SET resends = 1 WHERE id = ? AND NOT closed", (id,))
        sql = f"{records.SELECT} WHERE job = ? AND {_FAILED} ORDER BY seq"
        failed = records.read_all(home, connection.execute(sql, (id,)).fetchall(), database.damaged)
        for generation in failed:
            changes.change(connection, generation.id, **_make_full_price(generation.request, home))
    return [generation.id for generation in failed]


def _make_full_price(request: GenerationRequest, home: Path) -> dict[str, Any]:
    """The columns that queue a request once more, on its own."""
    alone = replace(request, service_tier="")
    estimate = cost.estimate(alone, len(prompts.compose(alone)))
    columns = {"state": State.QUEUED.value, "owner": "", "job": "", "failure": None, "answer": None, "digest": ""}
    times = {"ended": 0.0, "sent": 0.0, "progress": 0.0, "retry_at": 0.0}
    return {"request": records.dump_request(home, alone), "estimate": estimate, **columns, **times}


def cancel_member(database: Database, home: Path, id: str) -> bool:
    """Cancel a generation that is in a batch; False for any other. The batch itself ends when all of it are cancelled.

    If its result comes all the same, it is kept: it is paid for.
    """
    row = database.row(f"SELECT 1 FROM generations WHERE id = ? AND job <> '' AND {_IN_JOB}", (id,))
    if row is None:
        return False
    words = ERROR_TEXTS[ErrorKind.CANCELLED]
    transitions.fail(database, home, id, Failure(ErrorKind.CANCELLED, words.message, words.next_step), State.CANCELLED)
    return True


def is_settled(generation: Generation) -> bool:
    """Whether the answer to a generation is recorded."""
    return generation.state in END_STATES - {State.CANCELLED, State.UNKNOWN, State.FAILED}


def _dump(failure: Failure) -> str:
    return records.clean(records.dump(failure))
