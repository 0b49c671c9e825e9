# SPDX-License-Identifier: GPL-3.0-or-later
"""Making room takes what is old and unused, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.core.request import Reference
from nano_banana_addon.core.result import Failure, Generation
from nano_banana_addon.core.scene.capture import Capture
from nano_banana_addon.storage import prune
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.store import Store

from .conftest import done, request, sending


def age(store: Store, id: str, days: float) -> None:
    with store.database.transaction() as connection:
        connection.execute(
            "UPDATE generations SET created = created - :by, ended = ended - :by WHERE id = :id",
            {"by": days * 86400, "id": id},
        )


def picture_of(generation: Generation) -> Path:
    assert generation.answer
    assert generation.answer.result
    return Path(generation.answer.result.path)


def test_pruning_by_age_spares_what_matters(store: Store) -> None:
    old, young, favourite, delivered, parent = (done(store, name) for name in "abcde")
    child = done(store, "f", continues=parent.id)
    unknown = sending(store, State.GENERATING)
    store.fail(unknown, Failure(ErrorKind.UNKNOWN_RESULT, "x"), State.UNKNOWN)
    under_way = sending(store, State.GENERATING)
    store.set_favourite(favourite.id)
    store.mark_delivered(delivered.id)
    for generation in (old, favourite, delivered, parent):
        age(store, generation.id, 100)
    age(store, unknown, 100)
    age(store, under_way, 100)
    would = prune.prune(store, older_than_days=30, rehearse=True)
    assert store.get(old.id)
    assert would.generations == 1
    assert prune.prune(store, older_than_days=30) == would
    left = {g.id for g in store.page(HistoryQuery())}
    assert left == {young.id, favourite.id, delivered.id, parent.id, child.id, unknown, under_way}
    assert not picture_of(old).exists()
    assert picture_of(young).exists()
    assert ledger.total(store.database).answers == 6


def test_pruning_by_size_takes_the_oldest_first(store: Store) -> None:
    made = [done(store, name) for name in "abcd"]
    for generation in made:
        age(store, generation.id, 1)
    size = picture_of(made[0]).stat().st_size
    prune.prune(store, keep_bytes=2 * size + size // 2)
    assert [store.get(g.id) is None for g in made] == [True, True, False, False]


def test_a_picture_that_has_just_come_waits_for_its_delivery(store: Store) -> None:
    old, new = (done(store, name) for name in "ab")
    age(store, old.id, 1)
    prune.prune(store, keep_bytes=0)
    assert store.get(old.id) is None
    assert picture_of(new).is_file()


def test_what_was_derived_from_a_picture_goes_with_it_and_is_counted(store: Store) -> None:
    first, second = (done(store, name) for name in "ab")
    age(store, first.id, 1)
    age(store, second.id, 1)
    cutout = picture_of(first).with_name(f"{picture_of(first).stem}-cutout.png")
    earlier = picture_of(first).with_name(f"{first.id}-try2-1.jpg")
    turn = store.places.turns / first.id
    for path in (cutout, earlier, turn):
        path.write_bytes(b"x" * 1_000_000)
    would = prune.prune(store, keep_bytes=10_000, rehearse=True)
    assert would.generations == 1
    assert would.bytes > 3_000_000
    store.delete(first.id)
    assert not list(store.home.rglob(f"*{first.id}*"))
    assert picture_of(second).is_file()


def test_references_go_when_nobody_uses_them_and_they_are_old(store: Store) -> None:
    used, unused, fresh = (store.places.references / f"{name}.png" for name in "abc")
    for path in (used, unused, fresh):
        path.write_bytes(b"x")
    for path in (used, unused):
        os.utime(path, (1, 1))
    store.add(request(references=(Reference(ReferenceRole.STYLE, str(used)),)))
    prune.clear_references(store)
    assert [path.exists() for path in (used, unused, fresh)] == [True, False, True]


def test_captures_of_queued_requests_are_not_cleared_away(store: Store) -> None:
    waiting, mask, left = (store.places.incoming / f"{name}.npy" for name in "abc")
    for path in (waiting, mask, left):
        path.write_bytes(b"x")
        os.utime(path, (1, 1))
    reference = Reference(ReferenceRole.STRUCTURE, str(waiting))
    store.add(request(references=(reference,), capture=Capture("CAMERA", mask=str(mask))))
    pasted = store.places.incoming / "pasted-1.png"  # a scene's list of references names it
    pasted.write_bytes(b"x")
    os.utime(pasted, (1, 1))
    prune.clear_incoming(store)
    assert [p.exists() for p in (waiting, mask, left, pasted)] == [True, True, False, True]
