# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes rows of generations and numbers the changes; all within the caller's transaction."""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import re
import sqlite3
import time
import uuid
from pathlib import Path
from typing import Any

from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Generation
from . import records


def next_revision(connection: sqlite3.Connection) -> int:
    """The number of this change, by which later changes can be queried."""
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


#: The ids that `new_id` makes; files of a generation begin with its id.
ID, ID_LENGTH = re.compile(r"[0-9]{8}-[0-9a-f]{10}"), 19


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
    """Insert a row, with its details and the text for the search."""
    details = (records.dump_request(home, request), columns.pop("answer", None))
    details = (*details, columns.pop("failure", None))
    columns |= {
        **{"id": id, "created": moment, "changed": moment, "kind": request.kind.value},
        **{"provider": request.provider, "model": request.model},
        **{"project": request.project, "blend_path": request.blend_path, "caller": request.caller},
        **{"file_session": records.file_session(request), "continues": request.continues},
        **{"revision": next_revision(connection)},
    }
    marks = ", ".join("?" * len(columns))
    cursor = connection.execute(
        f"INSERT INTO generations ({', '.join(columns)}) VALUES ({marks})",
        tuple(records.clean(value) if isinstance(value, str) else value for value in columns.values()),
    )
    connection.execute("INSERT INTO details VALUES (?, ?, ?, ?)", (cursor.lastrowid, *details))
    text = records.build_search_text(request)
    connection.execute("INSERT INTO words VALUES (?, ?)", (cursor.lastrowid, text))


def remove(connection: sqlite3.Connection, id: str) -> None:
    """Delete a generation's rows and note that it is gone."""
    chosen = "seq = (SELECT seq FROM generations WHERE id = ?)"
    for table in ("words", "folded", "details", "generations"):
        connection.execute(f"DELETE FROM {table} WHERE {chosen}", (id,))
    connection.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?)", (id, next_revision(connection)))


def read(connection: sqlite3.Connection, home: Path, id: str) -> Generation:
    """The generation of an id inside a transaction. Raises INTERNAL when there is none."""
    row = connection.execute(
        f"{records.SELECT} WHERE id = ?",
        (id,),
    ).fetchone()
    if row is None:
        raise NanoBananaError(ErrorKind.INTERNAL, f"There is no generation {id} in the history.")
    return records.read(home, row)
