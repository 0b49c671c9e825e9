# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries of the history: pages, search, filters, conversations."""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.constants import Kind, State
from ...core.request import GenerationRequest
from ...core.result import Generation
from . import records, search
from .database import Database

#: A word that is the beginning of an id (`changes.new_id`), as the details show it.
_AN_ID = re.compile(r"[0-9]{8}-[0-9a-f]{0,10}")


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """A query of the history. Empty values and None do not restrict it.

    `text` is searched word by word, case-insensitively, also within words: prompt, project, scene, shot, file, names of
    references.
    """

    text: str = ""
    project: str | None = None
    favourite: bool | None = None
    kind: Kind | None = None
    states: frozenset[State] = frozenset()
    refused: bool | None = None
    provider: str = ""
    group: str = ""
    blend_path: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A generation with its ancestors, the first one first, and all its descendants."""

    ancestors: tuple[Generation, ...]
    generation: Generation
    branches: tuple[Generation, ...]


def page(database: Database, home: Path, query: HistoryQuery, offset: int, limit: int) -> list[Generation]:
    """The newest first, `limit` of them after `offset`."""
    where, values = _where(database, query)
    # Chosen by the narrow rows first; only these few are read whole.
    sql = (
        f"{records.SELECT} WHERE seq IN (SELECT seq FROM generations {where}"
        " ORDER BY seq DESC LIMIT ? OFFSET ?) ORDER BY seq DESC"
    )
    return records.read_all(home, database.rows(sql, (*values, limit, offset)), database.damaged)


def count(database: Database, query: HistoryQuery) -> int:
    """The number of generations that a query finds."""
    where, values = _where(database, query)
    row = database.row(f"SELECT count(*) FROM generations {where}", values)
    return int(row[0]) if row else 0


def projects(database: Database) -> list[str]:
    """The names of all projects that have a history, sorted; "" is left out."""
    rows = database.rows("SELECT DISTINCT project FROM generations WHERE project <> '' ORDER BY 1")
    return [row[0] for row in rows]


def _where(database: Database, query: HistoryQuery) -> tuple[str, list[Any]]:
    """A WHERE clause over `generations`, and its values."""
    words = records.clean(query.text.casefold()).split()
    ids = [word for word in words if _AN_ID.fullmatch(word)]
    conditions, values = search.conditions(database, [word for word in words if word not in ids])
    conditions += ["id LIKE ?" for _ in ids]
    values += [f"{id}%" for id in ids]
    if query.states:
        conditions.append(f"state IN ({', '.join('?' * len(query.states))})")
        values += sorted(state.value for state in query.states)
    if query.refused is not None:
        conditions.append("state = 'REFUSED'" if query.refused else "state <> 'REFUSED'")
    if query.favourite is not None:
        conditions.append("favourite" if query.favourite else "NOT favourite")
    equal = (("project", query.project), ("kind", query.kind.value if query.kind else None))
    chosen = (("provider", query.provider), ("grp", query.group), ("blend_path", query.blend_path))
    for column, value in (*equal, *((name, text or None) for name, text in chosen)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(records.clean(value))
    return (f"WHERE {' AND '.join(conditions)}" if conditions else "", values)


def filter_known(database: Database, ids: Iterable[str]) -> set[str]:
    """Those of the ids that are in the history, were deleted from it, or were set aside."""
    wanted = list(ids)
    marks = ", ".join("?" * len(wanted))
    parts = (f"SELECT id FROM {table} WHERE id IN ({marks})" for table in ("generations", "deleted", "damaged"))
    return {row["id"] for row in database.rows(" UNION ".join(parts), wanted * 3)}


def find_same(database: Database, home: Path, digest: str) -> Generation | None:
    """The latest result of a fingerprint whose image still exists."""
    sql = f"{records.SELECT} WHERE digest = ? AND digest <> '' AND state = 'DONE' ORDER BY seq DESC"
    for found in records.read_all(home, database.rows(sql, (digest,)), database.damaged):
        if found.picture and Path(found.picture.path).is_file():
            return found
    return None


def is_painted(database: Database, like: GenerationRequest) -> bool:
    """Whether there is a result for this prompt by this model: only then can an identical request have one."""
    sql = (
        "SELECT 1 FROM generations JOIN details USING (seq) WHERE state = 'DONE'"
        " AND provider = ? AND model = ?"
        " AND CASE WHEN json_valid(request) THEN json_extract(request, '$.prompt') END = ? LIMIT 1"
    )
    values = (like.provider, records.clean(like.model), records.clean(like.prompt))
    return database.row(sql, values) is not None


def find_undelivered(database: Database, home: Path, blend_path: str, file_session: str) -> list[Generation]:
    """Results that were neither delivered nor dismissed, oldest first; "" does not restrict."""
    conditions = ["state = 'DONE' AND NOT delivered AND NOT dismissed"]
    values: list[str] = []
    for column, value in (("blend_path", blend_path), ("file_session", file_session)):
        if value:
            conditions.append(f"{column} = ?")
            values.append(records.clean(value))
    sql = f"{records.SELECT} WHERE {' AND '.join(conditions)} ORDER BY seq"
    return records.read_all(home, database.rows(sql, values), database.damaged)


def thread(database: Database, home: Path, id: str) -> Conversation | None:
    """The conversation around a generation, or None when there is no such generation."""
    ancestors = _walk(database, home, id, up=True)
    if not ancestors:
        return None
    branches = _walk(database, home, id, up=False)
    return Conversation(tuple(reversed(ancestors[1:])), ancestors[0], tuple(b for b in branches if b.id != id))


def _walk(database: Database, home: Path, id: str, *, up: bool) -> list[Generation]:
    """From a generation to its ancestors or descendants, nearest first.

    UNION, not UNION ALL: a cycle in imported data ends.
    """
    step = (
        "SELECT parent.id FROM generations child JOIN chain ON child.id = chain.id"
        " JOIN generations parent ON parent.id = child.continues"
        if up
        else "SELECT child.id FROM generations child JOIN chain ON child.continues = chain.id"
    )
    order = "DESC" if up else "ASC"
    sql = (
        f"WITH RECURSIVE chain(id) AS (SELECT ? UNION {step})"
        f" {records.SELECT} JOIN chain USING (id) ORDER BY seq {order}"
    )
    return records.read_all(home, database.rows(sql, (id,)), database.damaged)
