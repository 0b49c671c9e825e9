# SPDX-License-Identifier: GPL-3.0-or-later
"""How a generation goes from state to state: each step one transaction, recorded before it is
done."""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import END_STATES, Answer, Failure, Generation, State
from . import budget, ledger, records, states
from .database import Database

_UNSENT = "', '".join(sorted(states.NOT_SENT))


def next_revision(connection: sqlite3.Connection) -> int:
    """The number of this change; whoever remembers one can ask for what came after it."""
    row = connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision' RETURNING value").fetchone()
    return int(row[0])


def change(connection: sqlite3.Connection, id: str, **columns: Any) -> None:
    """Set columns of one generation, with the time and the number of the change."""
    columns |= {"changed": time.time(), "revision": next_revision(connection)}
    details = {name: columns.pop(name) for name in records.DETAILS if name in columns}
    _update(connection, "generations", columns, "id = ?", id)
    if details:
        where = "seq = (SELECT seq FROM generations WHERE id = ?)"
        _update(connection, "details", details, where, id)


def _update(connection: sqlite3.Connection, table: str, columns: dict[str, Any], where: str, id: str) -> None:
    assignments = ", ".join(f"{name} = ?" for name in columns)
    sql = f"UPDATE {table} SET {assignments} WHERE {where}"
    connection.execute(sql, (*columns.values(), id))


def new_id(moment: float) -> str:
    """Unique, and sorted by the day: "20261122-0123456789"."""
    return f"{time.strftime('%Y%m%d', time.localtime(moment))}-{uuid.uuid4().hex[:10]}"


def insert(
    connection: sqlite3.Connection,
    home: Path,
    request: GenerationRequest,
    *,
    id: str,
    moment: float,
    **columns: Any,
) -> None:
    """A new row, with its details and the text that the search looks at."""
    details = (records.dump_request(home, request), columns.pop("answer", None))
    details = (*details, columns.pop("failure", None))
    clean = records.clean
    columns |= {
        **{"id": id, "created": moment, "changed": moment, "kind": request.kind.value},
        **{"provider": request.provider, "model": clean(request.model)},
        **{"project": clean(request.project), "blend_path": clean(request.blend_path)},
        **{"file_session": records.file_session(request), "continues": request.continues},
        **{"revision": next_revision(connection)},
    }
    marks = ", ".join("?" * len(columns))
    cursor = connection.execute(
        f"INSERT INTO generations ({', '.join(columns)}) VALUES ({marks})",
        tuple(columns.values()),
    )
    connection.execute("INSERT INTO details VALUES (?, ?, ?, ?)", (cursor.lastrowid, *details))
    text = records.build_search_text(request)
    connection.execute("INSERT INTO words VALUES (?, ?)", (cursor.lastrowid, text))


def add(
    database: Database,
    home: Path,
    requests: Sequence[tuple[GenerationRequest, float]],
    *,
    group: str,
    client: str,
    budgets: Sequence[budget.Budget],
) -> tuple[list[str], list[str]]:
    """Record requests with their estimates as QUEUED, all or none; returns their ids and warnings.

    Raises BUDGET when they would pass a budget: checked in the same transaction, so that two
    Blenders cannot pass it together.
    """
    now = time.time()
    with database.transaction() as connection:
        warnings = budget.check(connection, budgets, requests, now)
        ids: list[str] = []
        for request, estimate in requests:
            ids.append(new_id(now))
            insert(
                connection,
                home,
                request,
                id=ids[-1],
                moment=now,
                state=State.QUEUED.value,
                estimate=estimate,
                grp=group,
                client=client,
            )
    return ids, warnings


def read(connection: sqlite3.Connection, home: Path, id: str) -> Generation:
    """The generation of an id inside a transaction. Raises INTERNAL when there is none."""
    row = connection.execute(
        f"{records.SELECT} WHERE id = ?",
        (id,),
    ).fetchone()
    if row is None:
        raise NanoBananaError(ErrorKind.INTERNAL, f"There is no generation {id} in the history.")
    return records.read(home, row)


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
    """Record a step on the way; for ends there are `finish` and `fail`. Raises INTERNAL if it is
    not legal.

    `failure` is why a generation is WAITING. GENERATING and RECEIVING set `sent`, if it is not set.
    """
    with database.transaction() as connection:
        before = read(connection, home, id)
        states.check(id, before.state, state)
        columns: dict[str, Any] = {"state": state.value, "progress": progress, "retry_at": retry_at}
        if state in {State.GENERATING, State.RECEIVING} and not before.sent:
            columns["sent"] = time.time()
        if failure:
            columns["failure"] = records.clean(records.dump(failure))
        if state in END_STATES and before.state not in END_STATES:
            columns["ended"] = time.time()
        change(connection, id, **columns)


def record_progress(database: Database, id: str, state: State, fraction: float) -> None:
    """Record how far a state is, 0 ... 1, without waiting for the disk."""
    with database.transaction(durable=False) as connection:
        row = connection.execute("SELECT state FROM generations WHERE id = ?", (id,)).fetchone()
        if row is not None and row[0] == state.value:
            change(connection, id, progress=fraction)


def claim(database: Database, id: str, owner: str, alive: Callable[[str], bool]) -> bool:
    """Take a generation that is not sent and that no living courier has; False if that is not
    so."""
    with database.transaction() as connection:
        row = connection.execute(
            f"SELECT owner FROM generations WHERE id = ? AND state IN ('{_UNSENT}')",
            (id,),
        ).fetchone()
        if row is None or (row["owner"] != owner and alive(row["owner"])):
            return False
        change(connection, id, owner=owner, state=State.QUEUED.value, retry_at=0.0)
        return True


def release(database: Database, id: str) -> None:
    """Give a generation that is not sent back to the queue, for whoever may take it."""
    with database.transaction() as connection:
        row = connection.execute(
            f"SELECT owner, state FROM generations WHERE id = ? AND state IN ('{_UNSENT}')",
            (id,),
        ).fetchone()
        if row and (row["owner"] or row["state"] != State.QUEUED.value):
            change(connection, id, owner="", state=State.QUEUED.value, retry_at=0.0)


def begin_sending(
    database: Database,
    home: Path,
    id: str,
    *,
    owner: str,
    budgets: Sequence[budget.Budget],
    pacing: budget.Pacing,
) -> float:
    """Make a generation SENDING, durably, if budget and pacing let it; else the seconds to wait
    first.

    After this returned 0 the request may be sent, once. Raises BUDGET, and INTERNAL when it is
    sent already or another has claimed it.
    """
    now = time.time()
    with database.transaction() as connection:
        before = read(connection, home, id)
        request, estimate = before.request, before.estimate_usd
        _check_unsent(connection, before, owner)
        budget.still_allowed(connection, budgets, request.project, estimate, now)
        seconds = budget.pause(connection, pacing, request.provider, estimate, now)
        if seconds > 0:
            if before.state is not State.WAITING or abs(before.retry_at - now - seconds) > 1.0:
                until = {"retry_at": now + seconds, "failure": None}
                change(connection, id, state=State.WAITING.value, **until)
            return seconds
        change(
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
    """The guard before money is spent."""
    row = connection.execute("SELECT owner FROM generations WHERE id = ?", (generation.id,)).fetchone()
    if generation.state not in states.NOT_SENT or row["owner"] not in ("", owner):
        raise NanoBananaError(ErrorKind.INTERNAL, f"The generation {generation.id} is being sent already.")


def finish(database: Database, home: Path, id: str, answer: Answer, usd: float | None, thumbnail: str) -> None:
    """Record an answer: DONE with a result, else REFUSED; the ledger's line in the same
    transaction.

    Recording it twice changes nothing.
    """
    state = State.DONE if answer.result else State.REFUSED
    now = time.time()
    with database.transaction() as connection:
        before = read(connection, home, id)
        if before.state is State.DONE:
            return
        states.check(id, before.state, state)
        change(
            connection,
            id,
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
        ledger.write_answer(connection, before, answer, usd, now)


def record_refusal(database: Database, home: Path, id: str, answer: Answer, usd: float | None) -> None:
    """Record the bill of a refusal that will be asked about again, and make the generation
    WAITING."""
    now = time.time()
    with database.transaction() as connection:
        before = read(connection, home, id)
        states.check(id, before.state, State.WAITING)
        ledger.write_answer(connection, before, answer, usd, now)
        change(connection, id, state=State.WAITING.value, retry_at=now)


def fail(
    database: Database,
    home: Path,
    id: str,
    failure: Failure,
    state: State,
    pictures: Answer | None = None,
) -> None:
    """Record an end without an answer: FAILED, CANCELLED or UNKNOWN. What may have been billed
    gets a line in the ledger; `pictures` are what had arrived before the answer broke off."""
    now = time.time()
    with database.transaction() as connection:
        before = read(connection, home, id)
        states.check(id, before.state, state)
        columns: dict[str, Any] = {"state": state.value, "ended": now, "retry_at": 0.0}
        columns["failure"] = records.clean(records.dump(failure))
        if pictures:
            columns["answer"] = records.dump_answer(home, pictures)
        change(connection, id, **columns)
        # A try that was never begun (tries 0, or ended while WAITING) costs nothing.
        if before.state in states.PERHAPS_SENT and states.perhaps_billed(
            state, before.sent, failure.kind, failure.http_status
        ):
            ledger.write_lost(connection, before, state.value, now)
