# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery after a crash: settles what worker processes that died have left. Nothing is ever sent here.

It is completed where the answer is on the disk, UNKNOWN where it is not, and stays queued where nothing was sent. Each
step may be interrupted and is made good at the next start.
"""

# SQL here is put together from fixed parts only; every value is bound.

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from ..core import models
from ..core.constants import END_STATES, State
from ..core.errors import ERROR_TEXTS, ErrorKind, NanoBananaError
from ..core.request import GenerationRequest
from ..core.result import Failure, Generation
from . import archive, backup, complete_answer, damage, prune
from .database import changes, records, states
from .files import pictures, raw_answers, tickets
from .files.layout import convert_home_errors
from .store import Store

_log = logging.getLogger(__name__)

_ANSWERED = frozenset({State.DONE, State.REFUSED})


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """Generations of Blenders that have ended, each in one group.

    `not_sent` can be sent (`Store.resend` is not needed, `WorkerClient.submit` takes them) or deleted; `unknown` may
    have been billed: resend or dismiss, with images where some had arrived; `received` were generated and not
    delivered. `elsewhere` are in progress in living worker processes, or in
    a batch at the service. `damaged` were set aside; `problems` say for others why they could not be settled now, for
    example because the disk is full.
    """

    not_sent: tuple[Generation, ...] = ()
    unknown: tuple[Generation, ...] = ()
    received: tuple[Generation, ...] = ()
    elsewhere: tuple[Generation, ...] = ()
    damaged: tuple[damage.Damaged, ...] = ()
    problems: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to show to the user."""
        return bool(self.not_sent or self.unknown or self.received or self.damaged or self.problems)


def recover(store: Store) -> RecoveryReport:
    """Settle what has no living owner, and report. Several processes may do so at the same time.

    Each generation is settled alone: one that fails stops no other. Raises DISK when nothing can be read.
    """
    if store.database.read_only:
        return RecoveryReport()
    problems = _import_lost(store)
    prune.clear_parts(store)
    not_sent: list[Generation] = []
    elsewhere: list[Generation] = []
    for generation, client, owner in _under_way(store):
        with _each_alone(generation.id, problems):
            if store.lives(owner) or generation.in_batch:
                elsewhere.append(generation)
            elif generation.state in states.PERHAPS_SENT:
                if _take_over(store, generation.id, owner) and settle(store, generation) is State.QUEUED:
                    not_sent.append(generation)
            elif not store.lives(client) and not _is_painted(store, generation, owner):
                store.release(generation.id)
                not_sent.append(generation)
    _clear_arrivals(store, problems)
    problems += filter(None, [backup.find_damage(store)])
    unknown, received = _unknown(store), _find_received(store)
    with _each_alone("damaged entries", problems):
        archive.repair(store)
    for folder in damage.find_strays(store):
        with _each_alone(folder.name, problems):
            damage.set_stray_aside(store, folder)
    return RecoveryReport(
        tuple(store.many(g.id for g in not_sent)),
        tuple(unknown),
        tuple(received),
        tuple(elsewhere),
        tuple(damage.list_damaged(store)),
        tuple(problems),
    )


def _import_lost(store: Store) -> list[str]:
    """Import images that the database lost; returns why some could not be."""
    problems: list[str] = []
    with _each_alone("records beside images", problems):
        if store.revision() == 0:
            # A new database among old images: the old one was lost or moved away.
            for name, reason in archive.import_folder(store, store.places.results).refused:
                damage.note(store, name, reason)
        archive.import_newest(store)
    return problems


@contextmanager
def _each_alone(id: str, problems: list[str]) -> Generator[None]:
    """Turn an error of the block into a sentence in `problems`."""
    try:
        yield
    except (NanoBananaError, OSError, *records.UNREADABLE) as error:
        said = error.message if isinstance(error, NanoBananaError) else records.describe(error)
        _log.warning("%s: %s", id, said, exc_info=True)
        problems.append(f"{id}: {said}")


def settle(store: Store, generation: Generation) -> State:
    """End a generation whose worker process died, by what is on the disk; returns its state."""
    if _complete(store, generation) or archive.finish_from_record(store, generation):
        ended = store.get(generation.id)
        return ended.state if ended else State.DONE
    if models.find(generation.request.model).own_ids and not tickets.read(store.places, generation.id):
        store.advance(generation.id, State.WAITING)  # it was being prepared: nothing was ordered
        store.release(generation.id)
        return State.QUEUED
    with convert_home_errors(store.home):
        copy = raw_answers.set_aside(store.places, generation)
    rest = complete_answer.keep_the_rest(store, generation)
    failure = raw_answers.name_copy(build_interrupted_failure(with_pictures=rest is not None), copy)
    store.fail(generation.id, failure, State.UNKNOWN, rest)
    pictures.clear_receiving(store.places, generation.id, keep_ticket=True)
    return State.UNKNOWN


def _complete(store: Store, generation: Generation) -> bool:
    """Complete a generation whose whole answer is on the disk, noted or as its bytes. Raises DISK.

    Another process may do the same: it removes the bytes after it noted the answer, so that they are looked for first.
    """
    has_copy = raw_answers.exists(store.places, generation.id)
    answer = pictures.read_noted_answer(store.places, generation.id)
    if answer:
        try:
            complete_answer.complete(store, generation, answer)
        except NanoBananaError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            _log.warning("%s: its answer was noted, its images are gone", generation.id)
        else:
            return True
    return has_copy and complete_answer.complete_from_copy(store, generation)


def _clear_arrivals(store: Store, problems: list[str]) -> None:
    """Clean up received files of generations that have ended.

    A whole answer that could not be kept is completed, whatever was recorded or decided since; bytes that cannot be
    used are set aside, the rest is removed. Files of a queued one are not touched: a worker process may take it at this
    moment.
    """
    ids = sorted(path.name for path in store.places.receiving.glob("*") if changes.ID.fullmatch(path.name))
    for generation in store.many(ids):
        if generation.state not in END_STATES:
            continue
        with _each_alone(generation.id, problems):
            if generation.state in _ANSWERED or not _complete(store, generation):
                _keep_bytes(store, generation)
                is_open = generation.state is State.UNKNOWN
                pictures.clear_receiving(store.places, generation.id, keep_ticket=is_open)


def _keep_bytes(store: Store, generation: Generation) -> None:
    """Set the bytes of an ended one aside where they are no result, and name their file in its failure. Raises DISK."""
    if generation.state in _ANSWERED or not raw_answers.exists(store.places, generation.id):
        return
    with convert_home_errors(store.home):
        copy = raw_answers.set_aside(store.places, generation)
    failure = generation.failure or build_interrupted_failure()
    store.fail(generation.id, raw_answers.name_copy(failure, copy), generation.state)


def resend(store: Store, id: str) -> bool:
    """Queue an ended generation once more; False if its answer was on the disk after all: it is a result then.

    The user's decision, never taken by itself. Raises INTERNAL for one that is DONE, `InputError` for one in progress,
    and DISK.
    """
    generation = store.get(id)
    if generation and generation.state in END_STATES - _ANSWERED and _complete(store, generation):
        return False
    store.resend(id)
    return True


def build_interrupted_failure(*, with_pictures: bool = False) -> Failure:
    """The failure of a request whose answer nobody received."""
    words = ERROR_TEXTS[ErrorKind.UNKNOWN_RESULT]
    happened = "The add-on was interrupted after the request was sent; it may have been billed."
    if with_pictures:
        happened += " The received part of the answer was kept."
    return Failure(ErrorKind.UNKNOWN_RESULT, happened, words.next_step)


def settle_orphans(store: Store) -> bool:
    """Settle what worker processes that died have left, as `recover` does, except unclaimed ones.

    What a service knows by a ticket is left to the next worker process. False where one could not be settled now, for
    example because the disk is full.
    """
    problems: list[str] = []
    for generation, _, owner in _under_way(store):
        with _each_alone(generation.id, problems):
            if not owner or store.lives(owner):
                continue
            if generation.state not in states.PERHAPS_SENT:
                store.release(generation.id)
            elif _take_over(store, generation.id, owner) and not _leave_to_next(store, generation):
                settle(store, generation)
    return not problems


def _leave_to_next(store: Store, generation: Generation) -> bool:
    """Whether another worker process may ask for the result by its ticket: it goes on, nothing has ended."""
    arrived = raw_answers.exists(store.places, generation.id) or pictures.read_noted_answer(store.places, generation.id)
    if arrived or not tickets.read(store.places, generation.id):
        return False
    with store.database.transaction() as connection:
        changes.change(connection, generation.id, owner="")
    return True


def discard(store: Store, id: str) -> None:
    """Dismiss an UNKNOWN or queued generation."""
    words = ERROR_TEXTS[ErrorKind.CANCELLED]
    store.fail(id, Failure(ErrorKind.CANCELLED, "Dismissed.", words.next_step), State.CANCELLED)


def _is_painted(store: Store, generation: Generation, owner: str) -> bool:
    """Settle one that counts as not sent, but has an answer: sending it would pay twice."""
    if not any(store.places.results.glob(f"*/{generation.id}-*.json")):
        return False
    return _take_over(store, generation.id, owner) and archive.finish_from_record(store, generation)


def _under_way(store: Store) -> list[tuple[Generation, str, str]]:
    sql = f"{records.SELECT} WHERE state IN ({states.SQL_ACTIVE})"
    rows = {row["id"]: row for row in store.database.rows(sql + " ORDER BY seq")}
    found = records.read_all(store.home, rows.values(), store.database.damaged)
    return [(g, rows[g.id]["client"], rows[g.id]["owner"]) for g in found]


def _take_over(store: Store, id: str, owner: str) -> bool:
    """Become the owner of an orphan, so that two Blenders do not settle it at the same time."""
    mine = store.identity().id
    with store.database.transaction() as connection:
        row = connection.execute("SELECT owner FROM generations WHERE id = ?", (id,)).fetchone()
        if row is None or row["owner"] != owner:
            return False
        changes.change(connection, id, owner=mine)
        return True


def _unknown(store: Store) -> list[Generation]:
    sql = f"{records.SELECT} WHERE state = 'UNKNOWN' AND NOT dismissed ORDER BY seq"
    return records.read_all(store.home, store.database.rows(sql), store.database.damaged)


def _find_received(store: Store) -> list[Generation]:
    """Undelivered results for a file whose Blender will not deliver them.

    Of variants, none once one of them was picked.
    """
    sql = (
        "SELECT id, client FROM generations"
        " WHERE state = 'DONE' AND NOT delivered AND NOT dismissed AND (grp = '' OR grp NOT IN"
        " (SELECT grp FROM generations WHERE delivered AND grp <> ''))"
    )
    lives: dict[str, bool] = {}
    ids: list[str] = []
    for row in store.database.rows(sql + " ORDER BY seq"):
        client = row["client"]
        if client not in lives:
            lives[client] = store.lives(client)
        if not lives[client]:
            ids.append(row["id"])
    return [found for found in store.many(ids) if _is_for_a_file(found.request)]


def _is_for_a_file(request: GenerationRequest) -> bool:
    """Whether it is to be delivered into a file, not only wanted as files by a script."""
    return bool(request.delivery.kinds) or request.texture is not None
