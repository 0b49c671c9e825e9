# SPDX-License-Identifier: GPL-3.0-or-later
"""Export, import and clean-up of the history, as work that can be done in a thread, and its words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..core.errors import InputError
from ..jobs import exchange, prune
from ..jobs.query import HistoryQuery
from . import history, session

_TENTH = 10**8  # bytes


def exporter(folder: Path, project: str | None) -> Callable[[], str]:
    """Copy a project's history (None: all) into a folder. Raises `InputError` when there is none."""
    store = history.store_if_any()
    query = HistoryQuery(project=project)
    if store is None or not store.count(query):
        whose = f"the project {project!r}" if project else "this project"
        raise InputError(
            "There is no history yet."
            if project is None
            else f"There is no history of {whose} yet.",
            next_step="Choose All Projects, or generate something first.",
        )

    def work() -> str:
        count = exchange.export(store, folder, query)
        return f"{count} generations were copied to {folder}, with the ledger."

    return work


def importer(folder: Path) -> Callable[[], str]:
    """Take in an exported folder. Raises `InputError` if it is none."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.")
    store = session.current().store

    def work() -> str:
        count = exchange.adopt(store, folder)
        return f"{count} generations were taken in from {folder}."

    return work


def rehearsed(days: int, tenths: int) -> str:
    """What cleaning up would delete; nothing is changed."""
    return _pruned(days, tenths, rehearse=True)


def clean_up(days: int, tenths: int) -> str:
    """Delete what is older than `days`, then the oldest beyond `tenths` of a gigabyte; 0 does not limit."""
    return _pruned(days, tenths, rehearse=False)


def _pruned(days: int, tenths: int, *, rehearse: bool) -> str:
    store = history.store_if_any()
    if store is None or not (days or tenths):
        return "Nothing to delete."
    pruned = prune.prune(
        store,
        older_than_days=days or None,
        keep_bytes=tenths * _TENTH or None,
        rehearse=rehearse,
    )
    verb = "would be" if rehearse else "were"
    return (
        f"{pruned.generations} generations with {pruned.bytes / 1e6:,.0f} MB of pictures {verb} deleted.\n"
        "Favourites, delivered and continued pictures stay, and the ledger."
    )
