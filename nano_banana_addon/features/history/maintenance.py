# SPDX-License-Identifier: GPL-3.0-or-later
"""Export, import and clean-up of the history, as work that can be done in a thread, and its words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...core.errors import InputError
from ...session import session
from ...storage import archive, prune
from ...storage.database.query import HistoryQuery
from . import gallery

_GIGABYTE = 10**9


def exporter(folder: Path, project: str | None) -> Callable[[], str]:
    """Copy a project's history (None: all) into a folder. Raises `InputError` when there is none."""
    store = gallery.store_if_any()
    query = HistoryQuery(project=project)
    if store is None or not store.count(query):
        whose = f"the project {project!r}" if project else "this project"
        raise InputError(
            "There is no history yet." if project is None else f"There is no history of {whose} yet.",
            next_step="Choose All Projects, or generate something first.",
        )

    def work() -> str:
        count = archive.export(store, folder, query)
        return f"Copied to {folder}, with the ledger: {_counted(count)}."

    return work


def importer(folder: Path) -> Callable[[], str]:
    """Take in an exported folder. Raises `InputError` if it is none."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.")
    store = session.current().store

    def work() -> str:
        count = archive.adopt(store, folder)
        return f"Taken in from {folder}: {_counted(count)}."

    return work


def rehearsed(days: int, gigabytes: float) -> str:
    """What cleaning up would delete; nothing is changed."""
    return _pruned(days, gigabytes, rehearse=True)


def clean_up(days: int, gigabytes: float) -> str:
    """Delete what is older than `days`, then the oldest beyond `gigabytes`; 0 does not limit."""
    return _pruned(days, gigabytes, rehearse=False)


def _pruned(days: int, gigabytes: float, *, rehearse: bool) -> str:
    store = gallery.store_if_any()
    if store is None or not (days or gigabytes):
        return "Nothing to delete."
    pruned = prune.prune(
        store,
        older_than_days=days or None,
        keep_bytes=int(gigabytes * _GIGABYTE) or None,
        rehearse=rehearse,
    )
    were = "were" if pruned.generations != 1 else "was"
    verb = "would be" if rehearse else were
    return (
        f"{_counted(pruned.generations)} with {pruned.bytes / 1e6:,.0f} MB of pictures {verb} deleted.\n"
        "Favourites, delivered and continued pictures stay, and the ledger."
    )


def _counted(count: int) -> str:
    return f"{count:,} generation{'' if count == 1 else 's'}"
