# SPDX-License-Identifier: GPL-3.0-or-later
"""An error that nobody foresaw: what may have been billed is never called failed, and no complete answer is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.database.uploads import StoredUploads
from nano_banana_addon.storage.files import pictures, sidecar
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from nano_banana_addon.worker.job import Job
from nano_banana_addon.worker.protocol import Submit
from nano_banana_addon.worker.services import Services

from .conftest import KEY


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    opened = Store(home, role="courier")
    yield opened
    opened.close()


def carry_out(store: Store, simulator: Simulator) -> Generation:
    """One generation, in this process, from its record to its end."""
    request = GenerationRequest("rainy neon alley", image_size="1K", aspect_ratio="1:1")
    id = store.add(request, estimate=0.14)
    assert store.claim(id, store.identity().id)
    Job(
        store, Services(store.places, StoredUploads(store.database)), Submit(id, "google", simulator.base_url, KEY)
    ).run()
    return store.many([id])[0]


def break_down(*_values: object, **_options: object) -> None:
    raise ZeroDivisionError("nobody foresaw this")


def test_before_anything_was_sent_it_failed_and_costs_nothing(
    store: Store, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Services, "prepare", break_down)
    ended = carry_out(store, simulator)
    assert ended.state is State.FAILED
    assert ended.failure
    assert ended.failure.kind is ErrorKind.INTERNAL
    assert simulator.posts() == 0
    assert ledger.total(store.database).unknown == 0


def test_after_the_request_was_sent_it_is_unknown_and_counted_as_perhaps_billed(
    store: Store, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "note_answer", break_down)
    ended = carry_out(store, simulator)
    assert ended.state is State.UNKNOWN
    assert ended.failure
    assert ended.failure.kind is ErrorKind.UNKNOWN_RESULT
    assert "billed" in ended.failure.message
    assert simulator.posts() == 1
    assert ledger.total(store.database).unknown == 1


def test_a_complete_answer_survives_an_error_while_it_is_kept(
    store: Store, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sidecar, "write", break_down)
        ended = carry_out(store, simulator)
    assert ended.state is State.UNKNOWN
    recover(store)
    found = store.many([ended.id])[0]
    assert found.state is State.DONE
    assert found.answer
    assert found.answer.result
    assert compute_sha256(Path(found.answer.result.path)) == found.answer.result.sha256
    total = ledger.total(store.database)
    assert (total.answers, total.unknown) == (1, 0)
    assert simulator.posts() == 1


@pytest.mark.parametrize("when", ["before", "while it waits"])
def test_one_that_seemed_dead_spoils_nothing_of_who_took_over(
    home: Path, store: Store, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Where files cannot be locked, a worker process on a computer that sleeps counts as dead."""
    id = store.add(GenerationRequest("rainy neon alley"), estimate=0.14)
    assert store.claim(id, store.identity().id)
    other = Store(home, role="courier")
    arriving = store.places.receiving / id / "arriving.png"

    def take_over(*_values: object) -> float:
        me = other.identity().id
        with other.database.transaction() as connection:
            connection.execute("UPDATE generations SET owner = ? WHERE id = ?", (me, id))
        assert other.begin_sending(id) == 0
        other.advance(id, State.RECEIVING)
        arriving.parent.mkdir(parents=True, exist_ok=True)
        arriving.write_bytes(b"paid")
        return original(id)

    original = store.begin_sending
    if when == "before":
        monkeypatch.setattr(Services, "prepare", lambda _self, request: (take_over_before(), request)[1])
    else:
        monkeypatch.setattr(store, "begin_sending", take_over)

    def take_over_before() -> None:
        with suppress(NanoBananaError):
            take_over()

    services = Services(store.places, StoredUploads(store.database))
    Job(store, services, Submit(id, "google", simulator.base_url, KEY)).run()
    assert other.many([id])[0].state is State.RECEIVING
    assert arriving.read_bytes() == b"paid"
    assert simulator.posts() == 0
    other.close()
