# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a generation's state: each step is one transaction, recorded before it is done."""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...core.bounds import MAX_COST_USD, is_within
from ...core.constants import END_STATES, State
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Answer, Failure, Generation
from ...core.text import needs
from . import budget, changes, dependencies, ledger, records, states
from .database import Database

_UNSENT = "', '".join(sorted(states.NOT_SENT))
#: What becomes of one that is not sent and changes hands; a blocked one stays blocked.
_REQUEUED = {"state": State.QUEUED.value, "retry_at": 0.0}

#: A check, or a further record, in the transaction that records generations with these ids.
Guard = Callable[[sqlite3.Connection, Sequence[str]], None]


def add(
    database: Database,
    home: Path,
    requests: Sequence[tuple[GenerationRequest, float]],
    *,
    group: str,
    batch: str,
    client: str,
    budgets: Sequence[budget.Budget],
    only: bool = False,
    guard: Guard | None = None,
) -> tuple[list[str], list[str]]:
    """Record requests with their estimates as QUEUED, or BLOCKED by their needs, all or none.

    Returns their ids and warnings. Raises BUDGET when they would exceed a budget: checked in the same transaction, so
    that two Blenders cannot exceed it together. With `only` the history is of this batch: it is recorded once, whoever
    asks, and another one raises `InputError`. `guard` runs in that transaction, with the new ids; what it raises undoes
    all.
    """
    now = time.time()
    with database.transaction() as connection:
        if only and (recorded := _find_only_batch(connection, batch)):
            return recorded, []
        warnings = budget.check(connection, budgets, requests, now)
        ids: list[str] = []
        for request, estimate in requests:
            bound = needs.bind(request, ids)
            state = State.BLOCKED if bound.needs else State.QUEUED
            columns = {"state": state.value, "estimate": estimate, "grp": group, "batch": batch, "client": client}
            ids.append(changes.new_id(now))
            changes.insert(connection, home, bound, id=ids[-1], moment=now, **columns)
        if guard:
            guard(connection, ids)
    return ids, warnings


def _find_only_batch(connection: sqlite3.Connection, batch: str) -> list[str]:
    rows = connection.execute("SELECT id, batch FROM generations ORDER BY seq").fetchall()
    if any(row["batch"] != batch for row in rows):
        raise InputError(
            "The requests of this folder are not those that were recorded in it; nothing was sent.",
            next_step="Restore its job.json, or capture into a new folder.",
        )
    return [row["id"] for row in rows]


def advance(
    database: Database,
    home: Path,
    id: str,
    state: State,
    *,
    progress: float = 0.0,
    retry_at: float = 0.0,
    failure: Failure | None = None,
) -> None:
    """Record a step; for ends there are `finish` and `fail`. Raises INTERNAL for an illegal step.

    `failure` is why a generation is WAITING. GENERATING and RECEIVING set `sent`, if it is not set.
    """
    with database.transaction() as connection:
        before = changes.read(connection, home, id)
        states.check(id, before.state, state)
        columns: dict[str, Any] = {"state": state.value, "progress": progress, "place": 0, "retry_at": retry_at}
        if state in {State.GENERATING, State.RECEIVING} and not before.sent:
            columns["sent"] = time.time()
        if failure:
            columns["failure"] = records.clean(records.dump(failure))
        changes.change(connection, id, **columns)


def record_progress(database: Database, id: str, state: State, fraction: float, place: int) -> None:
    """Record the progress of a state, 0 ... 1, and the place in the service's queue, without waiting for the disk."""
    with database.transaction(durable=False) as connection:
        row = connection.execute("SELECT state FROM generations WHERE id = ?", (id,)).fetchone()
        if row is not None and row[0] == state.value:
            changes.change(connection, id, progress=fraction, place=place)


def claim(database: Database, id: str, owner: str, alive: Callable[[str], bool]) -> bool:
    """Take an unsent generation that no living worker process has; False if that is not possible."""
    with database.transaction() as connection:
        row = connection.execute(
            f"SELECT owner, state FROM generations WHERE id = ? AND state IN ('{_UNSENT}')",
            (id,),
        ).fetchone()
        if row is None or (row["owner"] != owner and alive(row["owner"])):
            return False
        changes.change(connection, id, owner=owner, **({} if row["state"] == State.BLOCKED else _REQUEUED))
        return True


def claim_open(database: Database, id: str, owner: str) -> bool:
    """Take one that is UNKNOWN, or that a worker process has left, to ask for its result; False if it is neither."""
    with database.transaction() as connection:
        row = connection.execute("SELECT state, owner FROM generations WHERE id = ?", (id,)).fetchone()
        is_left = row and row["state"] in states.PERHAPS_SENT and not row["owner"]
        if not row or not (is_left or row["state"] == State.UNKNOWN):
            return False
        columns = {"state": State.GENERATING.value, "failure": None, "ended": 0.0, "progress": 0.0}
        changes.change(connection, id, owner=owner, **columns)
        return True


def list_unowned(database: Database, ids: Sequence[str]) -> list[str]:
    """Those of some generations that have not ended and that no worker process has taken, in their order."""
    rows = database.rows(f"SELECT id FROM generations WHERE owner = '' AND state IN ({states.SQL_ACTIVE})")
    found = {row["id"] for row in rows}
    return [id for id in ids if id in found]


def release(database: Database, id: str) -> None:
    """Return an unsent generation to the queue."""
    with database.transaction() as connection:
        row = connection.execute(
            f"SELECT owner, state FROM generations WHERE id = ? AND state IN ('{_UNSENT}')",
            (id,),
        ).fetchone()
        if row and (row["owner"] or row["state"] == State.WAITING):
            changes.change(connection, id, owner="", **({} if row["state"] == State.BLOCKED else _REQUEUED))


def begin_sending(
    database: Database,
    home: Path,
    id: str,
    *,
    owner: str,
    budgets: Sequence[budget.Budget],
    pacing: budget.Pacing,
) -> float:
    """Make a generation SENDING, durably, if budget and pacing allow it; else the seconds to wait first.

    After this returned 0 the request may be sent, once. Raises BUDGET, and INTERNAL when it is sent already or another
    has claimed it.
    """
    now = time.time()
    with database.transaction() as connection:
        before = changes.read(connection, home, id)
        request, estimate = before.request, before.estimate_usd
        _check_unsent(connection, before, owner)
        budget.still_allowed(connection, budgets, request.project, estimate, now)
        seconds = budget.pause(connection, pacing, request.provider, estimate, now)
        if seconds > 0:
            if before.state is not State.WAITING or abs(before.retry_at - now - seconds) > 1.0:
                until = {"retry_at": now + seconds, "failure": None}
                changes.change(connection, id, state=State.WAITING.value, **until)
            return seconds
        changes.change(
            connection,
            id,
            state=State.SENDING.value,
            tries=before.tries + 1,
            sent=0.0,
            progress=0.0,
            retry_at=0.0,
            failure=None,
        )
    return 0.0


def _check_unsent(connection: sqlite3.Connection, generation: Generation, owner: str) -> None:
    """The last check before money is spent."""
    row = connection.execute("SELECT owner FROM generations WHERE id = ?", (generation.id,)).fetchone()
    if generation.state not in states.SENDABLE or row["owner"] not in ("", owner):
        raise NanoBananaError(ErrorKind.INTERNAL, f"The generation {generation.id} is being sent already.")
    if generation.request.needs:
        raise NanoBananaError(ErrorKind.INTERNAL, f"The generation {generation.id} still needs others.")


def finish(database: Database, home: Path, id: str, answer: Answer, usd: float | None, thumbnail: str) -> None:
    """Record an answer: DONE with a result, else REFUSED; the ledger's entry in the same transaction.

    Recording it twice changes nothing.
    """
    answer, usd = answer.limit_counts(), usd if is_within(usd, MAX_COST_USD) else None
    state = State.DONE if answer.result else State.REFUSED
    now = time.time()
    with database.transaction() as connection:
        before = changes.read(connection, home, id)
        if before.state is State.DONE:
            return
        states.check(id, before.state, state)
        # The other images that were asked for with it have come: it is sent alone when it is sent again.
        is_left_out = state is State.REFUSED and bool(answer.pictures) and before.request.count > 1
        changes.change(
            connection,
            id,
            **(dependencies.make_alone(before.request, home) if is_left_out else {}),
            state=state.value,
            ended=now,
            progress=1.0,
            retry_at=0.0,
            answer=records.dump_answer(home, answer),
            failure=None,
            cost=usd,
            thumbnail=records.inside(home, thumbnail),
            sent=before.sent or now,
        )
        if not before.request.shared:  # the answer that it shares stands there
            ledger.write_answer(connection, before, answer, usd, now)


def record_refusal(database: Database, home: Path, id: str, answer: Answer, usd: float | None) -> None:
    """Record the cost of a refusal that will be repeated, and make the generation WAITING."""
    now = time.time()
    with database.transaction() as connection:
        before = changes.read(connection, home, id)
        states.check(id, before.state, State.WAITING)
        ledger.write_answer(connection, before, answer, usd, now)
        changes.change(connection, id, state=State.WAITING.value, retry_at=now)


def fail(
    database: Database,
    home: Path,
    id: str,
    failure: Failure,
    state: State,
    pictures: Answer | None = None,
) -> None:
    """Record an end without an answer: FAILED, CANCELLED (with all that need it) or UNKNOWN.

    What may have been billed gets a line in the ledger; `pictures` are what had arrived before the answer broke off.
    """
    now = time.time()
    with database.transaction() as connection:
        before = changes.read(connection, home, id)
        states.check(id, before.state, state)
        columns: dict[str, Any] = {"state": state.value, "ended": now, "retry_at": 0.0}
        columns["failure"] = records.clean(records.dump(failure))
        if pictures:
            columns["answer"] = records.dump_answer(home, pictures)
        changes.change(connection, id, **columns)
        if state is State.CANCELLED and before.state not in END_STATES:
            dependencies.cancel_dependents(connection, home, id)
        # A try that was never begun (tries 0, or ended while WAITING) costs nothing.
        if before.state in states.PERHAPS_SENT:
            if states.perhaps_billed(state, before.sent, failure.kind, failure.http_status):
                ledger.write_lost(connection, before, state.value, now)
            else:
                ledger.forget_lost(connection, before)
