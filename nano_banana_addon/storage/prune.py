# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean-up: old images by age and size, never favourites, delivered ones, or those being continued."""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..core.constants import State
from . import process_locks
from .database import dependencies, records
from .database.states import SQL_ACTIVE
from .files.layout import Home
from .store import Store

_DAY = 86400.0
#: Seconds that a capture, an unknown file or a new image is left alone, whatever is known of it.
_YOUNG = 3600.0
#: How the files of images pasted into a list of references begin.
PASTED = "pasted-"


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning removed, or would remove in a dry run."""

    generations: int = 0
    bytes: int = 0


def prune(
    store: Store,
    *,
    older_than_days: float | None = None,
    keep_bytes: int | None = None,
    rehearse: bool = False,
) -> Pruned:
    """Delete generations older than so many days, then the oldest until the images take at most `keep_bytes`.

    Favourites, delivered ones, those that others continue or need, UNKNOWN ones, whatever is in progress and what has
    come within the last hour (its delivery may be waiting) stay; so do the lines of the ledger. References that nobody
    uses any more go too. Raises DISK.
    """
    candidates = _candidates(store)
    lengths = _lengths(store.places)
    sizes = _sizes(candidates, lengths)
    chosen: dict[str, None] = {}
    if older_than_days is not None:
        limit = time.time() - older_than_days * _DAY
        chosen |= {id: None for id, created in candidates.items() if created < limit}
    if keep_bytes is not None:
        total = sum(lengths.values()) - sum(sizes[id] for id in chosen)
        chosen |= _oldest_beyond(total - keep_bytes, sizes, chosen)
    if not rehearse:
        for id in chosen:
            store.delete(id)
        clear_references(store)
    return Pruned(len(chosen), sum(sizes[id] for id in chosen))


def _oldest_beyond(excess: int, sizes: dict[str, int], chosen: dict[str, None]) -> dict[str, None]:
    more: dict[str, None] = {}
    for id, size in sizes.items():
        if excess <= 0:
            break
        if id not in chosen:
            more[id] = None
            excess -= size
    return more


def _candidates(store: Store) -> dict[str, float]:
    """The generations that may be deleted, oldest first, with their times.

    Reads the rows alone: this runs again at every change of a dialog's slider.
    """
    states = (State.DONE, State.REFUSED, State.FAILED, State.CANCELLED)
    sql = (
        "SELECT id, created FROM generations WHERE NOT favourite AND NOT delivered"
        f" AND state IN ({', '.join('?' * len(states))})"
        " AND ABS(? - ended) > ? AND id NOT IN (SELECT continues FROM generations) ORDER BY seq"
    )
    rows = store.database.rows(sql, (*states, time.time(), _YOUNG))
    needed = dependencies.find_needed(store.database)
    return {row["id"]: row["created"] for row in rows if row["id"] not in needed}


def clear_references(store: Store) -> int:
    """Remove references that no generation uses; returns how many."""
    return _clear(store.places.references, _find_used(store, "1"))


def clear_incoming(store: Store) -> int:
    """Remove captures that no queued generation needs; returns how many.

    Pasted images are kept: a scene's list of references may name them.
    """
    used = _find_used(store, f"state IN ({SQL_ACTIVE})")
    if used is not None:
        used |= {path.name for path in store.places.incoming.glob(f"{PASTED}*")}
    return _clear(store.places.incoming, used)


def _find_used(store: Store, condition: str) -> set[str] | None:
    """The names of files that generations use; None when one cannot be read, which may use any."""
    names: set[str] = set()
    damaged: set[str] = set()
    for generation in records.read_all(store.home, store.database.rows(f"{records.SELECT} WHERE {condition}"), damaged):
        request = generation.request
        names |= {Path(reference.path).name for reference in request.references}
        if request.capture:
            names.add(Path(request.capture.mask).name)
        if request.region:
            names |= {Path(request.region.image).name, Path(request.region.mask).name}
    return None if damaged else names


def _clear(folder: Path, used: set[str] | None) -> int:
    return 0 if used is None else _remove((path for path in folder.glob("*") if path.name not in used), _YOUNG)


def _remove(paths: Iterable[Path], young: float) -> int:
    """Remove files that are at least `young` seconds old; returns how many."""
    removed = 0
    for path in paths:
        with suppress(OSError):
            if abs(time.time() - path.stat().st_mtime) >= young:
                path.unlink()
                removed += 1
    return removed


def clear_parts(store: Store) -> int:
    """Remove files that a killed process left half-written; returns how many.

    Those of this process and of living ones stay, by the number in their names. While another process is running, only
    old ones are removed.
    """
    living = {str(number) for number in process_locks.find_living(store.database, store.places.alive)}
    me = str(os.getpid())
    young = _YOUNG if living - {me} else 0.0
    months_and_ids = (path for folder in (store.places.results, store.places.unreadable) for path in folder.glob("*"))
    folders = (store.home, *store.places.folders(), *months_and_ids)
    parts = (path for folder in folders for path in _list_parts(folder))
    return _remove((path for path in parts if path.name[1:].split("-")[0] not in living | {me}), young)


def _list_parts(folder: Path) -> list[Path]:
    """Half-written files of a folder: by names alone, since there may be thousands of others."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - makes no value of each
        return [folder / name for name in names if name[:1] == "." and name.endswith(".part")]
    except OSError:
        return []  # there is none, or it cannot be read: that is told where it is needed


def _lengths(places: Home) -> dict[str, int]:
    """Bytes of each image (also derived ones) and turn, by file name: one directory walk for all."""
    files = (path for folder in (places.results, places.turns) for path in folder.rglob("*"))
    return {path.name: _length(path) for path in files if path.suffix != ".json"}


def _sizes(ids: Iterable[str], lengths: dict[str, int]) -> dict[str, int]:
    """Bytes that each generation takes; its files' names are its id, or begin with it and a "-"."""
    sizes = dict.fromkeys(ids, 0)
    for name, length in lengths.items():
        parts = name.split("-")
        owners = ("-".join(parts[:count]) for count in range(len(parts), 0, -1))
        owner = next((owner for owner in owners if owner in sizes), "")
        if owner:
            sizes[owner] += length
    return sizes


def _length(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
