# SPDX-License-Identifier: GPL-3.0-or-later
"""A project's history as a folder: to hand over, to archive, to import into another store."""

from __future__ import annotations

import heapq
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..core.constants import END_STATES
from ..core.errors import InputError
from ..core.files import copy_whole, write_durable
from ..core.result import Generation
from .database import changes, ledger, records
from .database.query import HistoryQuery, filter_known
from .files import sidecar
from .files.layout import convert_home_errors
from .store import Store

_PAGE = 100
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,60}")
#: A generation's id at the beginning of its files' names (`changes.new_id`).
_OWN_ID = re.compile(r"[0-9]{8}-[0-9a-f]{10}-")
_ID_LENGTH = 19
#: So many sidecars are looked at: what a power cut takes from the history are its last seconds.
_NEWEST = 400


def export(store: Store, folder: Path, query: HistoryQuery) -> int:
    """Copy the results of a query to a folder, laid out like a store.

    It gets the images with their sidecars, references, thumbnails, turns, and the ledger as CSV. Returns the number of
    generations; only those that have images can be exported. Raises a DISK error that names the folder.
    """
    exported = 0
    with convert_home_errors(folder):
        for generation in _all(store, query):
            if generation.answer and generation.answer.pictures:
                _export_one(store, folder, generation)
                exported += 1
        text = ledger.as_csv(store.database, project=query.project)
        write_durable(folder / "ledger.csv", text.encode())
    return exported


def import_folder(store: Store, folder: Path) -> int:
    """Import every image in a folder that has a sidecar and is not in the history; returns how many.

    The folder is an export, or the results of this store (whose database was lost). Raises `InputError` when it is not
    a folder, DISK when the files cannot be copied.
    """
    if not folder.is_dir():
        raise InputError(f"The folder {folder} does not exist.")
    root = store.home if folder.is_relative_to(store.home) else folder
    found: dict[str, Generation] = {}
    for path in sorted(folder.rglob("*.json")):
        generation = sidecar.read(root, path)
        if generation and _is_sound(generation, root):
            found.setdefault(generation.id, generation)
    present = {generation.id for generation in store.many(found)}
    new = [generation for id, generation in found.items() if id not in present]
    for generation in sorted(new, key=lambda g: g.created):
        _adopt_one(store, root, generation)
    return len(new)


def import_newest(store: Store) -> int:
    """Import the latest images of this store that its database lost; returns how many.

    That can happen after a power cut on a disk that reports data as written too early. Raises DISK.
    """
    newest = _newest_records(store.places.results)
    by_id = {name[:_ID_LENGTH]: (month, name) for name, month in newest if _OWN_ID.match(name)}
    strays = by_id.keys() - filter_known(store.database, by_id)
    found = [sidecar.read(store.home, Path(*by_id[id])) for id in strays]
    new = [g for g in found if g and g.id in strays and _is_sound(g, store.home)]
    for generation in sorted(new, key=lambda g: g.created):
        _adopt_one(store, store.home, generation, offered=True)
    return len(new)


def _newest_records(results: Path) -> list[tuple[str, str]]:
    """The names of the latest months' sidecars, with their folders. By names alone: there may be thousands."""
    found: list[tuple[str, str]] = []
    try:
        for month in sorted((e.path for e in os.scandir(results) if e.is_dir()), reverse=True):
            found += [(e.name, month) for e in os.scandir(month) if e.name.endswith(".json")]
            if len(found) >= _NEWEST:
                break
    except OSError:
        pass  # reported when it is needed; what was found so far can be displayed
    return heapq.nlargest(_NEWEST, found)


def _is_sound(generation: Generation, root: Path) -> bool:
    """Whether an external record can be imported: ended, with a valid name and files below the folder.

    Deleting the generation deletes these files.
    """
    answer = generation.answer
    if not answer or generation.state not in END_STATES or not _ID.fullmatch(generation.id):
        return False
    own = [generation.thumbnail, answer.turn, *(picture.path for picture in answer.pictures)]
    return all(Path(os.path.normpath(path)).is_relative_to(root) for path in own if path)


def _all(store: Store, query: HistoryQuery) -> Iterator[Generation]:
    offset = 0
    while some := store.page(query, offset, _PAGE):
        yield from some
        offset += len(some)


def _export_one(store: Store, folder: Path, generation: Generation) -> None:
    for path in _files_of(generation):
        source = Path(path)
        if source.is_relative_to(store.home) and source.is_file():
            copy_whole(source, folder / source.relative_to(store.home))
    answer = generation.answer
    if answer:
        # The sidecars are rewritten: favourites and delivery may have changed since.
        sidecar.write(folder, _move_paths(generation, store.home, folder))


def _adopt_one(store: Store, root: Path, generation: Generation, *, offered: bool = False) -> None:
    if root != store.home:
        with convert_home_errors(store.home):
            for path in _files_of(generation):
                source = Path(path)
                if source.is_relative_to(root) and source.is_file():
                    copy_whole(source, store.home / source.relative_to(root))
        generation = _move_paths(generation, root, store.home)
        sidecar.write(store.home, generation)
    with store.database.transaction() as connection:
        sql = "SELECT 1 FROM generations WHERE id = ?"
        if not connection.execute(sql, (generation.id,)).fetchone():  # another was quicker
            _insert(connection, store.home, generation, offered=offered)


def _insert(connection: sqlite3.Connection, home: Path, generation: Generation, *, offered: bool) -> None:
    answer, failure = generation.answer, generation.failure
    changes.insert(
        connection,
        home,
        generation.request,
        id=generation.id,
        moment=generation.created,
        state=generation.state.value,
        sent=generation.sent,
        ended=generation.ended,
        tries=generation.tries,
        progress=generation.progress,
        cost=generation.cost_usd,
        estimate=generation.estimate_usd,
        delivered=int(generation.delivered),
        dismissed=int(not offered),
        favourite=int(generation.favourite),
        grp=generation.group,
        batch=generation.batch,
        digest=generation.digest,
        thumbnail=records.inside(home, generation.thumbnail),
        answer=records.dump_answer(home, answer) if answer else None,
        failure=records.clean(records.dump(failure)) if failure else None,
    )
    if answer and not failure:
        ledger.write_answer(connection, generation, answer, generation.cost_usd, generation.ended)
    elif failure:
        ledger.write_lost(connection, generation, generation.state.value, generation.ended)


def _files_of(generation: Generation) -> list[str]:
    request, answer = generation.request, generation.answer
    paths = [generation.thumbnail, *(r.path for r in request.references)]
    if request.capture:
        paths.append(request.capture.mask)
    if answer:
        paths += [answer.turn, *(picture.path for picture in answer.pictures)]
    return [path for path in paths if path]


def _move_paths(generation: Generation, old: Path, new: Path) -> Generation:
    """A generation with its files at the same places in another folder."""

    def change(path: str) -> str:
        return str(new / Path(path).relative_to(old)) if path and Path(path).is_relative_to(old) else path

    answer = generation.answer
    return replace(
        generation,
        request=records.map_request_paths(generation.request, change),
        answer=records.map_answer_paths(answer, change) if answer else None,
        thumbnail=change(generation.thumbnail),
    )
