# SPDX-License-Identifier: GPL-3.0-or-later
"""Two batches in one history: what is done to one concerns the other nowhere."""

from __future__ import annotations

import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.storage.database import batch_jobs
from nano_banana_addon.storage.store import Store

from .conftest import request


def begin(store: Store, prompt: str, owner: str = "one") -> tuple[str, str]:
    """A batch of one request, followed by a process: the ids of both."""
    id = store.add(request(prompt, service_tier="batch"), estimate=0.07)
    job, taken = batch_jobs.begin(store.database, store.home, [id], owner=owner, account="a", budgets=())
    assert taken == [id]
    return job, id


@pytest.fixture
def two(store: Store) -> tuple[tuple[str, str], tuple[str, str]]:
    return begin(store, "a"), begin(store, "b")


def state_of(store: Store, id: str) -> State:
    generation = store.get(id)
    assert generation
    return generation.state


def test_a_batch_is_found_by_its_own_id(store: Store, two: tuple[tuple[str, str], tuple[str, str]]) -> None:
    for job, _ in two:
        found = batch_jobs.find(store.database, job)
        assert found is not None
        assert found.id == job
    assert batch_jobs.find(store.database, "none") is None


def test_a_batch_that_was_never_taken_is_gone_with_its_own_requests_alone(
    store: Store, two: tuple[tuple[str, str], tuple[str, str]]
) -> None:
    (first, id), (second, other) = two
    assert batch_jobs.undo(store.database, first) == [id]
    assert [job.id for job in batch_jobs.list_jobs(store.database, closed=True)] == [second]
    assert len(store.database.rows("SELECT id FROM jobs")) == 1
    assert (state_of(store, id), state_of(store, other)) == (State.QUEUED, State.SENDING)
    batch_jobs.name(store.database, second, "batches/b")
    assert (state_of(store, id), state_of(store, other)) == (State.QUEUED, State.GENERATING)


def test_one_process_alone_follows_a_batch(store: Store, two: tuple[tuple[str, str], tuple[str, str]]) -> None:
    (first, _), (second, _) = two
    database = store.database
    assert batch_jobs.claim(database, first, "one", lambda _: True)  # its own
    assert not batch_jobs.claim(database, first, "two", lambda _: True)  # the other lives
    assert batch_jobs.claim(database, first, "two", lambda _: False)  # the other has died
    assert not batch_jobs.claim(database, first, "one", lambda _: True)  # and comes too late
    assert batch_jobs.claim(database, second, "one", lambda _: True)
    batch_jobs.close(database, store.home, first, unbilled=False)
    assert not batch_jobs.claim(database, first, "two", lambda _: True)
