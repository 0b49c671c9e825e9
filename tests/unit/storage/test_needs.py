# SPDX-License-Identifier: GPL-3.0-or-later
"""Generations that need others: recorded BLOCKED, released, ended or cancelled with them, offered after a crash."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.request import GenerationRequest, Need
from nano_banana_addon.core.result import Failure, Generation
from nano_banana_addon.storage import complete_answer, prune
from nano_banana_addon.storage.database import ledger, schema
from nano_banana_addon.storage.database.budget import Budget
from nano_banana_addon.storage.recovery import discard, recover, settle_orphans
from nano_banana_addon.storage.store import Store

from .conftest import arrived, done, elsewhere, request


def shot(number: int, **choices: bool) -> GenerationRequest:
    """A shot that needs the one before it; the first needs none."""
    need = Need(f"@{number - 1}", ReferenceRole.PREVIOUS, f"shot {number - 1}", **choices)
    return request(f"shot {number}", shot=f"shot {number}", needs=(need,) if number else ())


def add_chain(store: Store, count: int = 3, **choices: bool) -> list[str]:
    ids, _ = store.add_group([(shot(n, **choices), 0.14) for n in range(count)], batch="board")
    return ids


def read(store: Store, *ids: str) -> list[Generation]:
    found = store.many(ids)
    assert len(found) == len(ids)
    return found


def states_of(store: Store, ids: list[str]) -> list[State]:
    return [generation.state for generation in read(store, *ids)]


def complete(store: Store, id: str) -> None:
    assert store.begin_sending(id) == 0
    store.advance(id, State.GENERATING)
    complete_answer.complete(store, read(store, id)[0], arrived(store, id))


def end(store: Store, id: str, state: State) -> None:
    assert store.begin_sending(id) == 0
    store.fail(id, Failure(ErrorKind.SERVER, "x"), state)


def test_what_needs_others_is_recorded_blocked_with_their_ids(store: Store) -> None:
    ids = add_chain(store)
    assert states_of(store, ids) == [State.QUEUED, State.BLOCKED, State.BLOCKED]
    assert [[need.generation for need in g.request.needs] for g in read(store, *ids)] == [[], [ids[0]], [ids[1]]]
    assert {g.batch for g in store.list_batch("board")} == {"board"}
    assert [g.id for g in store.list_batch("board")] == ids
    store.add(request())
    assert store.list_batch("") == []


def test_all_or_none_are_recorded(store: Store) -> None:
    with pytest.raises(NanoBananaError):
        store.add_group([(shot(0), 0.14), (shot(3), 0.14)], batch="board")
    assert store.list_batch("board") == []


def test_a_blocked_one_is_neither_sent_nor_queued_before_its_time(store: Store) -> None:
    first, second, _ = add_chain(store)
    courier = store.identity().id
    assert store.claim(second, courier)
    assert store.unblock(second) is State.BLOCKED
    store.release(second)
    with pytest.raises(NanoBananaError, match="is being sent"):
        store.begin_sending(second)
    assert states_of(store, [first, second]) == [State.QUEUED, State.BLOCKED]
    store.advance(second, State.QUEUED)  # as none of our code does
    with pytest.raises(NanoBananaError, match="still needs others"):
        store.begin_sending(second)


def test_a_result_joins_the_references_of_what_needed_it(store: Store) -> None:
    first, second, third = add_chain(store)
    complete(store, first)
    assert store.unblock(second) is State.QUEUED
    assert store.unblock(second) is State.QUEUED, "a second look changes nothing"
    assert store.unblock(third) is State.BLOCKED
    one, two = read(store, first, second)
    assert two.request.needs == ()
    assert one.picture
    (reference,) = two.request.references
    assert (reference.role, reference.path, reference.label) == (ReferenceRole.PREVIOUS, one.picture.path, "shot 0")
    complete(store, second)
    assert store.unblock(third) is State.QUEUED


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN])
def test_it_goes_without_a_result_that_never_came(store: Store, state: State) -> None:
    first, second, _ = add_chain(store)
    end(store, first, state)
    assert store.unblock(second) is State.QUEUED
    assert read(store, second)[0].request.references == ()


def test_it_goes_without_a_result_that_was_deleted(store: Store) -> None:
    first, second, _ = add_chain(store)
    complete(store, first)
    store.delete(first)
    assert store.unblock(second) is State.QUEUED
    assert read(store, second)[0].request.references == ()


def test_what_requires_a_failed_one_fails_and_costs_nothing(store: Store) -> None:
    ids = add_chain(store, required=True)
    end(store, ids[0], State.FAILED)
    assert [store.unblock(id) for id in ids[1:]] == [State.FAILED, State.FAILED]
    found = read(store, *ids[1:])
    assert all(g.failure and g.ended for g in found)
    assert found[0].failure
    assert "shot 0, which failed" in found[0].failure.message
    assert ledger.total(store.database).unknown == 0


def test_cancelling_one_cancels_what_needs_it(store: Store) -> None:
    ids = add_chain(store, 4)
    other = store.add_group([(shot(0), 0.14), (shot(1), 0.14)], batch="other")[0]
    store.fail(ids[1], Failure(ErrorKind.CANCELLED, "x"), State.CANCELLED)
    assert states_of(store, ids) == [State.QUEUED, State.CANCELLED, State.CANCELLED, State.CANCELLED]
    assert states_of(store, other) == [State.QUEUED, State.BLOCKED]
    assert ledger.total(store.database).unknown == 0
    assert all(g.failure and g.ended for g in read(store, *ids[1:]))


def test_deleting_one_that_was_never_sent_cancels_what_needs_it(store: Store) -> None:
    ids = add_chain(store)
    store.delete(ids[1])
    assert states_of(store, [ids[0], ids[2]]) == [State.QUEUED, State.CANCELLED]


def test_giving_up_an_unknown_one_leaves_what_needed_it(store: Store) -> None:
    ids = add_chain(store)
    end(store, ids[0], State.UNKNOWN)
    discard(store, ids[0])
    assert states_of(store, ids) == [State.CANCELLED, State.BLOCKED, State.BLOCKED]
    assert store.unblock(ids[1]) is State.QUEUED


def test_one_that_blender_draws_for_waits_for_blender_and_no_longer_than_it_makes_sense(store: Store) -> None:
    ids = add_chain(store, drawn=True)
    complete(store, ids[0])
    assert store.unblock(ids[1]) is State.BLOCKED
    (drawn,) = read(store, ids[1])
    store.set_request(ids[1], request("drawn for"), drawn.digest)
    assert store.unblock(ids[1]) is State.QUEUED
    required = add_chain(store, 2, drawn=True, required=True)
    end(store, required[0], State.REFUSED)
    assert store.unblock(required[1]) is State.REFUSED


def test_asked_again_it_needs_the_others_again(store: Store) -> None:
    first, second = add_chain(store, 2, required=True)
    end(store, first, State.FAILED)
    store.unblock(second)
    store.resend(second)
    assert states_of(store, [second]) == [State.BLOCKED]
    store.resend(first)
    assert store.unblock(second) is State.BLOCKED
    complete(store, first)
    assert store.unblock(second) is State.QUEUED
    assert read(store, second)[0].failure is None


def test_what_is_blocked_counts_as_expected_cost(store: Store) -> None:
    add_chain(store)
    assert store.read_spending(Budget(10.0)).expected == pytest.approx(3 * 0.14)
    with pytest.raises(NanoBananaError) as caught:
        store.add_group([(shot(n), 0.14) for n in range(3)], budgets=[Budget(0.8)])
    assert caught.value.kind is ErrorKind.BUDGET
    store.set_budgets([Budget(0.43)])
    store.begin_sending(store.list_batch("board")[0].id)  # the others have not left: they do not hold it back


def test_a_courier_that_dies_gives_back_what_was_blocked(home: Path, open_store: Callable[..., Store]) -> None:
    code = """
from nano_banana_addon.storage.store import Store
from nano_banana_addon.core.request import GenerationRequest, Need, ReferenceRole
store = Store(home, role="courier")
need = Need("@0", ReferenceRole.PREVIOUS)
ids, _ = store.add_group([(GenerationRequest("1"), 0.14), (GenerationRequest("2", needs=(need,)), 0.14)], batch="b")
for id in ids: store.claim(id, store.identity().id)
store.begin_sending(ids[0])
print(*ids)
"""
    ids = elsewhere(home, code, kill=True).split()
    store = open_store()
    settle_orphans(store)
    assert states_of(store, ids) == [State.UNKNOWN, State.BLOCKED]
    report = recover(store)
    assert [g.id for g in report.unknown] == ids[:1]
    assert [g.id for g in report.not_sent] == ids[1:]
    assert store.claim(ids[1], store.identity().id)


def test_a_result_that_something_needs_is_not_pruned(store: Store) -> None:
    old, other = done(store), done(store)
    need = Need(old.id, ReferenceRole.STYLE)
    store.add_group([(request(needs=(need,)), 0.14)])
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET created = 1, ended = 1 WHERE state = 'DONE'")
    assert prune.prune(store, older_than_days=1).generations == 1
    assert store.get(old.id)
    assert store.get(other.id) is None


def test_a_history_from_before_batches_opens_and_takes_one(home: Path, open_store: Callable[..., Store]) -> None:
    store = open_store()
    made = done(store)
    store.close()
    with sqlite3.connect(home / "history.sqlite") as connection:
        for index in ("by_batch", "by_job", "ledger_imported", "ledger_damaged", "ledger_by_caller", "by_caller"):
            connection.execute(f"DROP INDEX {index}")
        for column in ("batch", "job", "place"):
            connection.execute(f"ALTER TABLE generations DROP COLUMN {column}")
        for table in ("generations", "ledger"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN imported")
            connection.execute(f"ALTER TABLE {table} DROP COLUMN caller")
        for table in ("folded", "damaged", "jobs", "script_jobs", "script_submissions"):
            connection.execute(f"DROP TABLE {table}")
        before = next(version for version, sql in enumerate(schema.MIGRATIONS) if "by_batch" in sql)
        connection.execute(f"PRAGMA user_version = {before}")
    again = open_store()
    (found,) = read(again, made.id)
    assert (found.batch, found.state) == ("", State.DONE)
    assert states_of(again, add_chain(again)) == [State.QUEUED, State.BLOCKED, State.BLOCKED]
