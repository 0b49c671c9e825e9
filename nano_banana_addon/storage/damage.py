# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of the history that cannot be read: set aside with their reason, so that they stop no others."""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from ..core.constants import Kind, State
from ..core.request import GenerationRequest
from ..core.result import Generation
from .database import changes, ledger, records, states
from .files import pictures
from .files.layout import convert_home_errors
from .store import Store


@dataclass(frozen=True, slots=True)
class Damaged:
    """An entry that was set aside."""

    id: str
    reason: str


def list_damaged(store: Store) -> list[Damaged]:
    """Those that were set aside and not dismissed, the newest first."""
    rows = store.database.rows("SELECT id, reason FROM damaged WHERE NOT dismissed ORDER BY at DESC")
    return [Damaged(row["id"], row["reason"]) for row in rows]


def dismiss(store: Store, id: str) -> bool:
    """Do not show one any more; False if there is none of that id."""
    with store.database.transaction() as connection:
        sql = "UPDATE damaged SET dismissed = 1 WHERE id = ? AND NOT dismissed"
        return connection.execute(sql, (id,)).rowcount > 0


def note(store: Store, id: str, reason: str, *, adds: bool = False) -> None:
    """Record that a generation could not be read, once; `adds`: after what is recorded already. Raises DISK."""
    again = (
        "UPDATE SET reason = reason || '; ' || excluded.reason, dismissed = 0 WHERE NOT instr(reason, excluded.reason)"
    )
    with store.database.transaction() as connection:
        sql = (
            f"INSERT INTO damaged (id, reason, at) VALUES (?, ?, ?) ON CONFLICT (id) DO {again if adds else 'NOTHING'}"
        )
        connection.execute(sql, (id, reason, time.time()))


def is_deleted(store: Store, id: str) -> bool:
    """Whether the user deleted a generation; one that was set aside is not."""
    sql = "SELECT 1 FROM deleted WHERE id = ? AND id NOT IN (SELECT id FROM damaged)"
    return store.database.row(sql, (id,)) is not None


def set_aside(store: Store) -> list[str]:
    """Take the rows that could not be read out of the history; returns their ids. Raises DISK.

    What may have been billed stays in the ledger. `archive.import_own` restores those with a record beside an image.
    """
    found, store.database.damaged = store.database.damaged, set()
    return [] if store.database.read_only else [id for id in sorted(found) if _take_out(store, id)]


def _take_out(store: Store, id: str) -> bool:
    with store.database.transaction() as connection:
        row = connection.execute(f"{records.SELECT} WHERE id = ?", (id,)).fetchone()
        if row is None:
            return False  # another was quicker
        try:
            records.read_plain(store.home, row)
            return False
        except records.UNREADABLE as error:
            reason = records.describe(error)
        content = json.dumps(dict(row), default=repr)
        connection.execute("INSERT OR REPLACE INTO damaged VALUES (?, ?, ?, 0, ?)", (id, reason, time.time(), content))
        if row["state"] in states.PERHAPS_SENT:
            _keep_cost(connection, row)
        changes.remove(connection, id)
    return True


def _keep_cost(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
    """An entry in the ledger for what may have been billed and cannot be recovered any more."""
    request = GenerationRequest("", kind=Kind.RESTYLE, project=row["project"], provider=row["provider"])
    lost = Generation(row["id"], request, tries=row["tries"], estimate_usd=row["estimate"])  # counted as damaged
    ledger.write_lost(connection, lost, State.UNKNOWN.value, time.time())


def find_strays(store: Store) -> list[Path]:
    """The folders of what arrived for generations that the history does not have."""
    folders = sorted(store.places.receiving.glob("*"))
    sql = "SELECT 1 FROM generations WHERE id = ?"
    return [path for path in folders if changes.ID.fullmatch(path.name) and not store.database.row(sql, (path.name,))]


def set_stray_aside(store: Store, folder: Path) -> None:
    """Keep what arrived in such a folder, and note where; of a deleted generation nothing is kept. Raises DISK."""
    id, kept = folder.name, store.places.unreadable / folder.name / "received"
    with convert_home_errors(store.home):
        if any(folder.iterdir()) and not is_deleted(store, id):
            note(store, id, f"what was received is kept in {kept}", adds=True)
            kept.parent.mkdir(exist_ok=True)
            folder.replace(kept)
        pictures.clear_receiving(store.places, id)
