# SPDX-License-Identifier: GPL-3.0-or-later
"""The history: every request and its outcome, shared by all Blenders and their worker processes."""

# SQL here is put together from fixed parts only; every value is bound.

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..core import serial
from ..core.constants import State
from ..core.errors import NanoBananaError
from ..core.request import GenerationRequest
from ..core.result import Answer, Failure, Generation
from . import process_locks
from .database import budget, changes, dependencies, query, records, schema, transitions, user_decisions
from .database.budget import Budget, Pacing
from .database.database import Database
from .database.query import Conversation, HistoryQuery
from .files.layout import open_home

_MANY = 500  # values in one question; SQLite takes more


class Store:
    """One process's access to the history. Thread-safe.

    Everything that writes raises `NanoBananaError` (DISK) when the disk fails; nothing is half written then.
    """

    def __init__(self, home: Path, *, role: str = "blender") -> None:
        """Open the history in a folder, new if there is none. `role` is "blender" or "courier".

        Raises a DISK error that names the folder when it cannot be used.
        """
        self.places = open_home(Path(home).absolute())
        self.home = self.places.root
        self.role = role
        self.database = Database(self.places.database, background=role == "courier")
        self._presence: process_locks.Presence | None = None
        self._seen: tuple[tuple[int, int], int] | None = None
        try:
            schema.migrate(self.database)
        except NanoBananaError:
            self.database.close()
            raise

    def close(self) -> None:
        """Close the history. Unclaimed requests of this process are then offered to others."""
        if self._presence:
            self._presence.end()
            self._presence = None
        self.database.close()

    # -- this process

    def identity(self) -> process_locks.Presence:
        """This process, as visible to others; created at the first call."""
        with self.database.lock:
            if self._presence is None:
                process_locks.forget_the_dead(self.database, self.places.alive)
                self._presence = process_locks.Presence(self.database, self.places.alive, self.role)
            return self._presence

    def lives(self, process_id: str) -> bool:
        """Whether the Blender or worker process of an id is running."""
        return process_locks.is_alive(self.database, self.places.alive, process_id)

    # -- asking

    def add(self, request: GenerationRequest, *, group: str = "", estimate: float = 0.0) -> str:
        """Record one request as QUEUED; it is on the disk when this returns. Raises BUDGET, DISK."""
        ids, _ = self.add_group([(request, estimate)], group=group)
        return ids[0]

    def add_group(
        self,
        requests: Sequence[tuple[GenerationRequest, float]],
        *,
        group: str = "",
        batch: str = "",
        budgets: Sequence[Budget] = (),
        guard: transitions.Guard | None = None,
    ) -> tuple[list[str], list[str]]:
        """Record requests with their estimates in dollars, all or none: their ids, and warnings to show.

        One that needs others is BLOCKED, the rest are QUEUED.

        `group` is shared by the variants of one request, `batch` by what makes one thing. `budgets` hold beside those
        of the history, for this call; `guard` is that of `transitions.add`. Raises BUDGET, DISK.
        """
        return transitions.add(
            self.database,
            self.home,
            requests,
            group=group,
            batch=batch,
            client=self.identity().id,
            budgets=(*self.get_budgets(), *budgets),
            guard=guard,
        )

    def resend(self, id: str) -> None:
        """Queue (or block) an ended generation once more: the user's decision, never taken by itself."""
        mine = self.identity().id  # writes when it is made: not inside the transaction below
        user_decisions.resend(self.database, self.home, id)
        with self.database.transaction() as connection:
            changes.change(connection, id, client=mine)

    # -- reading

    def get(self, id: str) -> Generation | None:
        """The generation of an id."""
        return next(iter(self.many([id])), None)

    def many(self, ids: Iterable[str]) -> list[Generation]:
        """Those of the ids that exist, in the given order."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Generation] = {}
        for start in range(0, len(wanted), _MANY):
            some = wanted[start : start + _MANY]
            marks = ", ".join("?" * len(some))
            sql = f"{records.SELECT} WHERE id IN ({marks})"
            rows = self.database.rows(sql, some)
            found |= {g.id: g for g in records.read_all(self.home, rows, self.database.damaged)}
        return [found[id] for id in wanted if id in found]

    def list_batch(self, batch: str) -> list[Generation]:
        """The generations that make one thing, in the order in which they were recorded; none for ""."""
        return dependencies.list_batch(self.database, self.home, batch)

    def revision(self) -> int:
        """The number of the latest change."""
        row = self.database.row("SELECT value FROM meta WHERE key = 'revision'")
        return int(row[0]) if row else 0

    def changes_since(self, revision: int) -> tuple[int, list[str]]:
        """The number of the latest change, and the ids changed (or deleted) after `revision`, oldest first.

        When nothing was committed since the last call it costs microseconds.
        """
        commits = self.database.commits()
        if self._seen and self._seen == (commits, revision):
            return revision, []
        sql = (
            "SELECT id, revision FROM generations WHERE revision > ?1"
            " UNION ALL SELECT id, revision FROM deleted WHERE revision > ?1 ORDER BY 2"
        )
        rows = self.database.rows(sql, (revision,))
        latest = max((row["revision"] for row in rows), default=revision)
        self._seen = (commits, latest)
        return latest, [row["id"] for row in rows]

    def page(self, query_: HistoryQuery, offset: int = 0, limit: int = 24) -> list[Generation]:
        """A page of the history, the newest first."""
        return query.page(self.database, self.home, query_, offset, limit)

    def count(self, query_: HistoryQuery) -> int:
        """How many generations a query finds."""
        return query.count(self.database, query_)

    def projects(self) -> list[str]:
        """The names of the projects in the history."""
        return query.projects(self.database)

    def thread(self, id: str) -> Conversation | None:
        """The conversation around a generation: what it continues, and what continues it."""
        return query.thread(self.database, self.home, id)

    def find_same(self, digest: str) -> Generation | None:
        """The latest result of an identical request whose picture is still there. See `fingerprint`."""
        return query.find_same(self.database, self.home, digest)

    def find_undelivered(self, *, blend_path: str = "", file_session: str = "") -> list[Generation]:
        """Results that were never delivered nor dismissed: of a .blend, of one opening of it, or all."""
        return query.find_undelivered(self.database, self.home, blend_path, file_session)

    # -- the worker's steps

    def set_request(self, id: str, request: GenerationRequest, digest: str) -> None:
        """Record a request with its prepared references, and what identifies it."""
        with self.database.transaction() as connection:
            columns = {"request": records.dump_request(self.home, request), "digest": digest}
            changes.change(connection, id, **columns)

    def claim(self, id: str, owner: str) -> bool:
        """Take a generation that is not sent; False when it is, or another living worker process has it."""
        return transitions.claim(self.database, id, owner, self.lives)

    def is_taken(self, id: str) -> bool:
        """Whether another process has taken a generation over from this one, which seemed to be dead."""
        row = self.database.row("SELECT owner FROM generations WHERE id = ?", (id,))
        return row is not None and row["owner"] not in ("", self.identity().id)

    def release(self, id: str) -> None:
        """Return an unsent generation to the queue."""
        transitions.release(self.database, id)

    def unblock(self, id: str) -> State | None:
        """Queue a BLOCKED generation with the results that it needs, or end it without them, once those have ended.

        Returns its state then, None when it no longer exists.
        """
        return dependencies.unblock(self.database, self.home, id)

    def begin_sending(self, id: str) -> float:
        """Make a generation SENDING, durably, or say how many seconds pacing wants it to wait. Raises BUDGET."""
        return transitions.begin_sending(
            self.database,
            self.home,
            id,
            owner=self.identity().id,
            budgets=self.get_budgets(),
            pacing=self.get_pacing(),
        )

    def advance(self, id: str, state: State, **fields: Any) -> None:
        """Record a step: `progress`, `retry_at`, `failure`. Raises INTERNAL for one that is not legal."""
        transitions.advance(self.database, self.home, id, state, **fields)

    def record_progress(self, id: str, state: State, fraction: float, place: int = 0) -> None:
        """Record the progress of a state, 0 ... 1, and the place in the service's queue; nothing when it has ended."""
        transitions.record_progress(self.database, id, state, fraction, place)

    def finish(self, id: str, answer: Answer, cost: float | None, *, thumbnail: str = "") -> None:
        """Record an answer (DONE or REFUSED) and its entry in the ledger."""
        transitions.finish(self.database, self.home, id, answer, cost, thumbnail)

    def record_refusal(self, id: str, answer: Answer, cost: float | None) -> None:
        """Record the cost of a refusal that is repeated once, and that it is WAITING for that."""
        transitions.record_refusal(self.database, self.home, id, answer, cost)

    def fail(self, id: str, failure: Failure, state: State = State.FAILED, pictures: Answer | None = None) -> None:
        """Record an end without an answer: FAILED, CANCELLED or UNKNOWN."""
        transitions.fail(self.database, self.home, id, failure, state, pictures)

    # -- the user's marks

    def mark_delivered(self, id: str) -> None:
        """The result is in the user's file. Not waited for: after a power cut that may not be true either."""
        self._mark(id, durable=False, delivered=1)

    def set_favourite(self, id: str, favourite: bool = True) -> None:
        """Favourites are never pruned."""
        self._mark(id, favourite=int(favourite))

    def dismiss(self, ids: Iterable[str]) -> None:
        """Do not offer these after a start any more; they stay in the history."""
        for id in ids:
            self._mark(id, dismissed=1)

    def _mark(self, id: str, *, durable: bool = True, **columns: int | str) -> None:
        with self.database.transaction(durable=durable) as connection:
            changes.change(connection, id, **columns)

    def delete(self, id: str) -> None:
        """Remove a generation and its pictures; its cost stays in the ledger. Raises InputError in progress."""
        from .files.pictures import remove_files

        gone = user_decisions.delete(self.database, self.home, id)
        if gone:
            remove_files(self.places, gone)

    # -- budget

    def get_budgets(self) -> tuple[Budget, ...]:
        """The budgets of all users of this history."""
        return tuple(serial.from_plain(Budget, plain) for plain in self._read_setting("budgets", []))

    def set_budgets(self, budgets: Sequence[Budget]) -> None:
        """Set them; they also apply to what is queued."""
        self._set("budgets", [serial.to_plain(b) | {"limit_usd": b.limit_usd} for b in budgets])

    def get_pacing(self) -> Pacing:
        """The service's own spending limit, as set by the user."""
        return serial.from_plain(Pacing, self._read_setting("pacing", {}))

    def set_pacing(self, pacing: Pacing) -> None:
        """Set it; `limit_usd` 0 switches it off."""
        self._set("pacing", serial.to_plain(pacing))

    def read_spending(self, of: Budget) -> budget.Spending:
        """The state of a budget this month."""
        with self.database.lock:
            return budget.read_spending(self.database.connection, of, time.time())

    def _read_setting(self, key: str, default: Any) -> Any:
        row = self.database.row("SELECT value FROM meta WHERE key = ?", (key,))
        return json.loads(row[0]) if row else default

    def _set(self, key: str, value: object) -> None:
        if self._read_setting(key, None) == value:
            return
        with self.database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))
