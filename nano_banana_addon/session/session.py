# SPDX-License-Identifier: GPL-3.0-or-later
"""The store and the worker process of this Blender, opened when first needed and closed with the add-on."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

from ..blender.host import folders
from ..blender.host.package import ROOT_FOLDER
from ..core.constants import State
from ..core.result import Generation
from ..storage.store import Store
from ..wire.providers import Endpoint
from ..worker.client import WorkerClient
from . import budget_sync

#: Records read, and shown, in one turn: each takes 0.2 ms, and the shots of a storyboard change all at once.
READ_AT_ONCE = 8


class Session:
    """The generations that this process started. No Blender data is kept here."""

    def __init__(self, home: Path) -> None:
        """Open the store. Raises a DISK error when its folder cannot be used."""
        self.home, self.opened = home, time.time()
        self.store = Store(home)
        self.link = WorkerClient(home, package_root=ROOT_FOLDER, paths=tuple(sys.path))
        self.revision = self.store.revision()
        self.under_way: dict[str, State] = {}  # ids in the order of their start, with the state that was shown last
        self.batched: dict[str, bool] = {}  # of these, those that go in batches, and whether each is in one
        self.to_deliver: list[str] = []
        self._unread: list[str] = []

    def submit(self, ids: Iterable[str], *, key: str, endpoint: Endpoint) -> None:
        """Pass recorded generations to the worker process, with the concurrency set in the preferences."""
        self.link.set_limit(budget_sync.max_concurrent_requests())
        for generation_id in ids:
            self.under_way[generation_id] = State.QUEUED
            self.link.submit(generation_id, key=key, endpoint=endpoint)

    def poll_changes(self) -> tuple[list[Generation], list[str]]:
        """Generations of this process that changed, some at a time, and the ids of deleted ones.

        They may have been deleted here or in another Blender; no more changes of them follow.
        """
        self.revision, ids = self.store.changes_since(self.revision)
        changed = dict.fromkeys([*self._unread, *ids])
        own_ids = [i for i in changed if i in self.under_way]
        own_ids, self._unread = own_ids[:READ_AT_ONCE], own_ids[READ_AT_ONCE:]
        generations = self.store.many(own_ids)
        deleted = set(own_ids) - {generation.id for generation in generations}
        for generation_id in deleted:
            del self.under_way[generation_id]
        return generations, sorted(deleted)

    @property
    def has_unread(self) -> bool:
        """Whether more changes are known than `poll_changes` has given."""
        return bool(self._unread)

    def close(self) -> None:
        """Let the worker process finish what is in progress, and close the store. Returns at once."""
        self.link.close()
        self.store.close()


_sessions: list[Session] = []


def current() -> Session:
    """The session, opened now if it is not. A changed folder in the preferences opens a new one."""
    home = folders.home()
    if _sessions and _sessions[0].home != home:
        close()
    if not _sessions:
        _sessions.append(Session(home))
        budget_sync.apply_budgets(_sessions[0].store)
    return _sessions[0]


def find_open() -> Session | None:
    """The session if it is open; panels and the pump never open it."""
    return _sessions[0] if _sessions else None


def close() -> None:
    """End the session; called when the add-on is disabled or Blender quits."""
    while _sessions:
        _sessions.pop().close()
