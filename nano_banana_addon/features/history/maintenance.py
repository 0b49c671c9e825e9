# SPDX-License-Identifier: GPL-3.0-or-later
"""Export, import and clean-up of the history, as tasks for a thread that return a message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...blender.host import folders
from ...core.errors import InputError
from ...session import session
from ...storage import archive, backup, prune
from ...storage.database.query import HistoryQuery
from . import gallery

_GIGABYTE = 10**9


def build_export_task(folder: Path, project: str | None) -> Callable[[], str]:
    """A task that copies a project's history (None: all) to a folder. Raises `InputError` when there is none."""
    store = gallery.find_store()
    query = HistoryQuery(project=project)
    if store is None or not store.count(query):
        owner = f"the project {project!r}" if project else "this project"
        raise InputError(
            "There is no history yet." if project is None else f"There is no history of {owner} yet.",
            next_step="Choose All Projects, or generate something first.",
        )

    def work() -> str:
        count = archive.export(store, folder, query)
        return f"Exported {_format_count(count)} and the ledger to {folder}."

    return work


def rehearse_import(folder: Path, *, verify: bool = False) -> archive.ImportReport:
    """What an import would do; nothing is changed. With `verify`, every file is read. Raises `InputError`."""
    return archive.import_folder(session.current().store, folder, rehearse=True, verify=verify)


def build_import_task(folder: Path) -> Callable[[], str]:
    """A task that imports an exported folder. Raises `InputError` if it is none."""
    if not folder.is_dir():
        raise InputError(f"The folder {folder} does not exist.")
    store = session.current().store
    return lambda: f"Imported from {folder}: {archive.import_folder(store, folder).describe()}"


def describe_restore() -> str:
    """What `restore` would do."""
    return backup.describe_restore(folders.home())


def restore() -> str:
    """Replace a damaged history by its newest copy; takes seconds. Raises `NanoBananaError`."""
    session.close()
    return backup.restore(folders.home())


def preview_clean_up(days: int, gigabytes: float) -> str:
    """What cleaning up would delete; nothing is changed."""
    return _prune(days, gigabytes, dry_run=True)


def clean_up(days: int, gigabytes: float) -> str:
    """Delete what is older than `days`, then the oldest above `gigabytes`; 0: no limit."""
    return _prune(days, gigabytes, dry_run=False)


def _prune(days: int, gigabytes: float, *, dry_run: bool) -> str:
    store = gallery.find_store()
    if store is None or not (days or gigabytes):
        return "Nothing to delete."
    report = prune.prune(
        store,
        older_than_days=days or None,
        keep_bytes=int(gigabytes * _GIGABYTE) or None,
        rehearse=dry_run,
    )
    past_form = "were" if report.generations != 1 else "was"
    verb = "would be" if dry_run else past_form
    return (
        f"{_format_count(report.generations)} with {report.bytes / 1e6:,.0f} MB of images {verb} deleted.\n"
        "Favourites, delivered and continued images and the ledger are kept."
    )


def _format_count(count: int) -> str:
    return f"{count:,} generation{'' if count == 1 else 's'}"
