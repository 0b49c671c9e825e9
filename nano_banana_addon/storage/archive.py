# SPDX-License-Identifier: GPL-3.0-or-later
"""A project's history as a folder: to hand over, to archive, to import into another store."""

from __future__ import annotations

import heapq
import logging
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path

from ..core.constants import State
from ..core.errors import InputError
from ..core.files import compute_sha256, copy_whole, write_durable
from ..core.result import Generation
from . import damage
from .database import changes, ledger, records, states
from .database.changes import ID, ID_LENGTH
from .database.query import HistoryQuery, filter_known
from .files import pictures, sidecar
from .files.layout import convert_home_errors
from .import_check import ImportEntry, ImportFile, Refused, check_foreign, check_own, read_record
from .store import Store

_log = logging.getLogger(__name__)

_PAGE = 100
#: So many sidecars are looked at: what a power cut takes from the history are its last seconds.
_NEWEST = 400
#: Different reasons that are told in a report.
_REASONS = 5


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do: how many generations are new, how many were here already.

    `refused` names others with the reason, `left_out` what is missing of those that are new.
    """

    imported: int
    present: int = 0
    refused: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()

    def describe(self) -> str:
        """It in lines: "12 new, 3 refused because: …", the reasons with their numbers."""
        present = f", {self.present} already in the history" if self.present else ""
        refused = f", {len(self.refused)} refused because:" if self.refused else ""
        lines = [f"{self.imported} new{present}{refused}"]
        reasons = Counter(reason for _, reason in self.refused).most_common()
        lines += [f"{count} × {reason}" for reason, count in reasons[:_REASONS]]
        if len(reasons) > _REASONS:
            lines.append(f"and {len(reasons) - _REASONS} other reasons")
        if self.left_out:
            lines.append(f"Files left out: {len(self.left_out)}, such as {self.left_out[0]}")
        return "\n".join(lines)


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
        write_durable(folder / "ledger.csv", text.encode(), private=False)
    return exported


def import_folder(
    store: Store,
    folder: Path,
    *,
    rehearse: bool = False,
    verify: bool = True,
    adapt: Callable[[Generation], Generation] = lambda generation: generation,
) -> ImportReport:
    """Import every image in a folder that has a record and is not in the history.

    The folder is an export, or the results of this store (whose database was lost). Nothing that exists is changed; a
    record that is wrong is left out with its reason. `rehearse` changes nothing; without `verify` it does not read the
    files to their ends. `adapt` changes a checked generation, or raises `Refused`. Raises `InputError` when it is not a
    folder, DISK when this store cannot be written.
    """
    if not folder.is_dir():
        raise InputError(f"The folder {folder} does not exist.")
    own = folder.resolve().is_relative_to(store.home.resolve())
    entries, refused = _check_folder(store, folder, adapt, own=own, verify=verify)
    present = {generation.id for generation in store.many(entries)}
    new = sorted((e for id, e in entries.items() if id not in present), key=lambda e: e.generation.created)
    taken = 0
    for entry in new:
        try:
            if not rehearse:
                _adopt(store, entry)
            taken += 1
        except Refused as reason:
            refused[entry.generation.id] = str(reason)
    left_out = tuple(f"{e.generation.id}: {what}" for e in new for what in e.left_out)
    return ImportReport(taken, len(present), tuple(sorted(refused.items())), left_out)


def _check_folder(
    store: Store, folder: Path, adapt: Callable[[Generation], Generation], *, own: bool, verify: bool
) -> tuple[dict[str, ImportEntry], dict[str, str]]:
    """The sound entries below a folder, and why others are refused, by id or file name."""
    entries: dict[str, ImportEntry] = {}
    refused: dict[str, str] = {}
    for path in sorted(Path(top) / name for top, _, names in os.walk(folder) for name in names):
        if path.suffix != ".json":
            continue
        name = path.name[:ID_LENGTH] if ID.match(path.name) else records.clean(path.name)
        try:
            plain = read_record(path)
            if plain is None or str(plain.get("id")) in entries:
                continue
            places = store.places
            entry = check_own(places, path) if own else check_foreign(places, folder, plain, verify=verify)
            entries[entry.generation.id] = replace(entry, generation=adapt(entry.generation))
        except Refused as reason:
            refused.setdefault(name, str(reason))
    return entries, {name: reason for name, reason in refused.items() if name not in entries}


def import_newest(store: Store) -> int:
    """Import the latest images of this store that its database lost; returns how many.

    That can happen after a power cut on a disk that reports data as written too early. A record that is wrong is set
    aside. Raises DISK.
    """
    newest = _newest_records(store.places.results)
    by_id = {name[:ID_LENGTH]: (month, name) for name, month in newest if ID.match(name)}
    strays = sorted(by_id.keys() - filter_known(store.database, by_id))
    return sum(import_own(store, id, [Path(*by_id[id])], offered=True) for id in strays)


def import_own(store: Store, id: str, paths: Iterable[Path], *, offered: bool = False) -> bool:
    """Import a generation of this store from the first sound of its records; else it is set aside. Raises DISK."""
    reason = "it has no record"
    for path in paths:
        try:
            entry = check_own(store.places, path)
            if entry.generation.id == id:
                _adopt(store, entry, offered=offered)
                return True
            reason = "its record is that of another"
        except Refused as refused:
            reason = str(refused)
    damage.note(store, id, reason)
    return False


def repair(store: Store) -> None:
    """Take rows that cannot be read out of the history, and restore those with a record. Raises DISK."""
    for id in damage.set_aside(store):
        if paths := sorted(store.places.results.glob(f"*/{escape(id)}-*.json")):
            import_own(store, id, paths)


def finish_from_record(store: Store, generation: Generation) -> bool:
    """Complete a generation from its image and record, when the history lost its last commits. Raises DISK."""
    for path in store.places.results.glob(f"*/{generation.id}-*.json"):
        try:
            told = check_own(store.places, path).generation
        except Refused as reason:
            _log.warning("%s: %s", path.name, reason)
            continue
        if told.answer and told.answer.result and told.tries >= generation.tries:
            if generation.state in states.NOT_SENT or told.tries > generation.tries:
                _catch_up(store, told)
            store.finish(generation.id, told.answer, told.cost_usd, thumbnail=told.thumbnail)
            return True
    return False


def _catch_up(store: Store, told: Generation) -> None:
    """Record again that it was sent: the history lost it, the image proves it."""
    with store.database.transaction() as connection:
        changes.change(connection, told.id, state=State.RECEIVING.value, tries=told.tries, sent=told.sent)


def _newest_records(results: Path) -> list[tuple[str, str]]:
    """The names of the latest months' sidecars, with their folders. By names alone: there may be thousands."""
    found: list[tuple[str, str]] = []
    try:
        for month in sorted((e.path for e in os.scandir(results) if e.is_dir()), reverse=True):
            found += [(name, month) for name in os.listdir(month) if name.endswith(".json")]  # noqa: PTH208 - quicker
            if len(found) >= _NEWEST:
                break
    except OSError:
        pass  # reported when it is needed; what was found so far can be displayed
    return heapq.nlargest(_NEWEST, found)


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
        moved = sidecar.map_paths(generation, lambda path: _move(path, store.home, folder))
        sidecar.write(folder, moved, private=False)


def _move(path: str, old: Path, new: Path) -> str:
    """The same place in another folder, for a path that lies in the old one."""
    return str(new / Path(path).relative_to(old)) if path and Path(path).is_relative_to(old) else path


def _adopt(store: Store, entry: ImportEntry, *, offered: bool = False) -> None:
    """Copy an entry's files and record it, all or nothing. Raises `Refused`, DISK."""
    added: list[Path] = []
    generation = entry.generation
    try:
        with convert_home_errors(store.home):
            for file in entry.files:
                _copy_new(file, added)
            if entry.files and generation.answer:
                thumbnail = pictures.make_thumbnail(store.places, generation.id, generation.answer)
                generation = replace(generation, thumbnail=thumbnail)
                added += [Path(thumbnail)] if thumbnail else []
                added += sidecar.write(store.home, generation, replace_old=False)
        with store.database.transaction() as connection:
            sql = "SELECT 1 FROM generations WHERE id = ?"
            if not connection.execute(sql, (generation.id,)).fetchone():  # another was quicker
                _insert(connection, store.home, generation, offered=offered)
    except BaseException:
        for path in added:
            path.unlink(missing_ok=True)
        raise


def _copy_new(file: ImportFile, added: list[Path]) -> None:
    """Copy a file to its place, where nothing may be but the same bytes. Raises `Refused`, `OSError`."""
    if not os.path.lexists(file.target):
        copy_whole(file.source, file.target, private=True)
        added.append(file.target)
    elif file.target.is_symlink() or compute_sha256(file.target) != file.sha256:
        raise Refused(f"there is another file in the place of {file.target.name}")


def _insert(connection: sqlite3.Connection, home: Path, generation: Generation, *, offered: bool) -> None:
    answer, failure = generation.answer, generation.failure
    connection.execute("DELETE FROM damaged WHERE id = ?", (generation.id,))
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
        imported=int(generation.imported),
        thumbnail=records.inside(home, generation.thumbnail),
        answer=records.dump_answer(home, answer) if answer else None,
        failure=records.clean(records.dump(failure)) if failure else None,
    )
    if answer and not failure:
        ledger.write_answer(connection, generation, answer, generation.cost_usd, generation.ended)
    elif failure:
        ledger.write_lost(connection, generation, generation.state.value, generation.ended)


def _files_of(generation: Generation) -> list[str]:
    paths: list[str] = []
    sidecar.map_paths(generation, lambda path: paths.append(path) or path)
    return [path for path in paths if path]
