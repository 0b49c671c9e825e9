# SPDX-License-Identifier: GPL-3.0-or-later
"""What was paid for stays: images of an earlier try, and what the ledger says of an answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.result import Failure
from nano_banana_addon.storage import complete_answer
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.database.budget import Budget, Pacing
from nano_banana_addon.storage.store import Store

from .conftest import arrived, done, request, sending

MINUTE = 60.0


def test_a_second_try_leaves_the_image_of_the_first_as_it_was(store: Store) -> None:
    id = sending(store, State.GENERATING)
    arrived(store, id, colour="teal")
    first = complete_answer.keep_the_rest(store, store.many([id])[0])
    assert first
    store.fail(id, Failure(ErrorKind.UNKNOWN_RESULT, "x"), State.UNKNOWN, first)
    store.resend(id)
    assert store.begin_sending(id) == 0
    store.advance(id, State.GENERATING)
    complete_answer.complete(store, store.many([id])[0], arrived(store, id, colour="red"))
    second = store.many([id])[0].answer
    assert second
    (old,), (new,) = first.pictures, second.pictures
    assert old.path != new.path
    assert [compute_sha256(Path(picture.path)) for picture in (old, new)] == [old.sha256, new.sha256]


def test_the_line_of_an_answer_is_never_overwritten(store: Store) -> None:
    generation = done(store)
    before = ledger.as_csv(store.database)
    with store.database.transaction() as connection:
        ledger.write_lost(connection, generation, "UNKNOWN", time.time())
    assert generation.answer
    with store.database.transaction() as connection:
        ledger.write_answer(connection, generation, generation.answer, 99.0, time.time())
    assert ledger.as_csv(store.database) == before


def test_after_a_clock_was_set_back_pacing_waits_no_longer_than_its_window(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.set_pacing(Pacing(limit_usd=0.20, seconds=10 * MINUTE))
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 9 * MINUTE)
    done(store)
    monkeypatch.setattr("time.time", lambda: now)
    assert 0 < store.begin_sending(store.add(request(), estimate=0.14)) <= 10 * MINUTE


@pytest.mark.parametrize(
    ("use_up", "limit", "goes"),
    [
        (lambda _store: None, 0.14, True),
        (lambda _store: None, 0.13, False),
        (done, 0.28, True),
        (done, 0.27, False),
        (lambda store: sending(store, State.GENERATING), 0.28, True),
        (lambda store: sending(store, State.GENERATING), 0.27, False),
    ],
)
def test_what_was_spent_and_what_is_on_its_way_leave_the_rest_of_a_budget(
    store: Store, use_up: Callable[[Store], object], limit: float, goes: bool
) -> None:
    """Checked again before each request is sent; the budget may have been lowered since it was recorded."""
    use_up(store)
    id = store.add(request(), estimate=0.14)
    store.set_budgets([Budget(limit)])
    if goes:
        assert store.begin_sending(id) == 0
    else:
        with pytest.raises(NanoBananaError) as caught:
            store.begin_sending(id)
        assert caught.value.kind is ErrorKind.BUDGET
