# SPDX-License-Identifier: GPL-3.0-or-later
"""Generations that need the results of others: released when those have ended, ended with them, and found together."""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

from ...core import cost
from ...core.constants import State
from ...core.errors import InputError
from ...core.request import GenerationRequest
from ...core.result import Failure, Generation
from ...core.text import needs, prompts
from . import changes, records, states
from .database import Database


def list_batch(database: Database, home: Path, batch: str) -> list[Generation]:
    """The generations of a batch in the order in which they were recorded; none for ""."""
    sql = f"{records.SELECT} WHERE batch = ? AND batch <> '' ORDER BY seq"
    return records.read_all(home, database.rows(sql, (batch,)), database.damaged)


def count_states(database: Database, batch: str) -> Counter[State]:
    """How many generations of a batch are in each state, damaged ones left out; none for "".

    Reads no requests: with hundreds of shots `list_batch` would take Blender's main thread tens of milliseconds.
    """
    rows = database.rows("SELECT id, state FROM generations WHERE batch = ? AND batch <> ''", (batch,))
    known = set(State)
    return Counter(State(row["state"]) for row in rows if row["state"] in known and row["id"] not in database.damaged)


def unblock(database: Database, home: Path, id: str) -> State | None:
    """Queue a BLOCKED generation once all that it needs has ended, with the results among its references.

    If one that it requires has no result, end it. Returns its state then, None if it no longer exists. One for which
    Blender has to draw stays BLOCKED.
    """
    if _is_pending(database, id):
        return State.BLOCKED
    with database.transaction() as connection:
        row = connection.execute(f"{records.SELECT} WHERE id = ?", (id,)).fetchone()
        generation = records.read(home, row) if row else None
        if generation is None or generation.state is not State.BLOCKED:
            return generation.state if generation else None
        columns = _settle(generation.request, _read_needed(connection, home, generation.request), home)
        if columns:
            changes.change(connection, id, **columns)
        return State(columns.get("state", State.BLOCKED))


def _is_pending(database: Database, id: str) -> bool:
    """Whether something that a generation needs has not ended; without a transaction, because it is called often."""
    sql = (
        "SELECT 1 FROM generations blocked JOIN details USING (seq), json_each(details.request, '$.needs') need"
        " JOIN generations needed ON needed.id = json_extract(need.value, '$.generation')"
        f" WHERE blocked.id = ? AND blocked.state = 'BLOCKED' AND needed.state IN ({states.SQL_ACTIVE})"
    )
    return database.row(sql, (id,)) is not None


def _read_needed(connection: sqlite3.Connection, home: Path, request: GenerationRequest) -> dict[str, Generation]:
    ids = [need.generation for need in request.needs]
    sql = f"{records.SELECT} WHERE id IN ({', '.join('?' * len(ids))})"
    return {g.id: g for g in records.read_all(home, connection.execute(sql, ids), set())}


def _settle(request: GenerationRequest, needed: dict[str, Generation], home: Path) -> dict[str, Any]:
    """The columns of a blocked generation that change by what it needs; none while it stays BLOCKED."""
    if needs.is_pending(request, needed):
        return {}
    if obstacle := needs.find_obstacle(request, needed):
        return {**_end(*obstacle), **_let_go(request, needed, home)}
    if any(need.drawn for need in request.needs):
        return {}
    paths = {id: g.picture.path for id, g in needed.items() if g.picture and Path(g.picture.path).is_file()}
    try:
        joined = needs.join_results(request, paths)
    except InputError as error:
        return _end(State.FAILED, Failure.from_error(error))
    return {"state": State.QUEUED.value, "request": records.dump_request(home, joined)}


def _let_go(request: GenerationRequest, needed: dict[str, Generation], home: Path) -> dict[str, Any]:
    """The columns that make a request one of its own, once the answer that it shares has come without its image."""
    shared = request.shared
    if shared is None or shared.generation not in needed or not needs.find_answer(needed[shared.generation]):
        return {}
    return make_alone(request, home)


def make_alone(request: GenerationRequest, home: Path) -> dict[str, Any]:
    """The columns of a request for its own image alone, and of its price."""
    alone = needs.make_alone(request)
    return {"request": records.dump_request(home, alone), "estimate": cost.estimate(alone, len(prompts.compose(alone)))}


def _end(state: State, failure: Failure) -> dict[str, Any]:
    return {"state": state.value, "ended": time.time(), "failure": records.clean(records.dump(failure))}


def cancel_dependents(connection: sqlite3.Connection, home: Path, id: str) -> None:
    """Cancel what needs a generation, and what needs that in turn."""
    cancelled = {id}
    # In the order of their recording: what is needed is always the older one.
    rows = connection.execute(f"{records.SELECT} WHERE state = 'BLOCKED' ORDER BY seq").fetchall()
    for blocked in records.read_all(home, rows, set()):
        if cancelled & {need.generation for need in blocked.request.needs}:
            cancelled.add(blocked.id)
            changes.change(connection, blocked.id, **_end(State.CANCELLED, needs.CANCELLED_WITH))


def find_needed(database: Database) -> set[str]:
    """The ids that something BLOCKED needs."""
    sql = (
        "SELECT json_extract(need.value, '$.generation') FROM generations JOIN details USING (seq),"
        " json_each(CASE WHEN json_valid(request) THEN request ELSE '{}' END, '$.needs') need WHERE state = 'BLOCKED'"
    )
    return {row[0] for row in database.rows(sql)}
