# SPDX-License-Identifier: GPL-3.0-or-later
"""The pump's turns: what hundreds of shots that change at once cost Blender's main thread."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Generation
from nano_banana_addon.session import panel_state, pump, session
from nano_banana_addon.storage.store import Store

SHOTS = 200


@pytest.fixture
def read_counts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records each turn read."""
    counts: list[int] = []
    read = Store.many

    def count(store: Store, ids: Iterable[str]) -> list[Generation]:
        generations = read(store, ids)
        counts[-1] += len(generations)
        return generations

    monkeypatch.setattr(Store, "many", count)
    return counts


def test_many_shots_are_read_some_at_a_time_and_once(read_counts: list[int]) -> None:
    here = session.current()
    ids, _ = here.store.add_group([(GenerationRequest(f"shot {n}"), 0.0) for n in range(SHOTS)], batch="board")
    here.under_way.update(dict.fromkeys(ids, State.QUEUED))
    while len(panel_state.get_properties().jobs) < SHOTS:
        read_counts.append(0)
        pump.run_once()
        assert 0 < read_counts[-1] <= session.READ_AT_ONCE
    assert sum(read_counts) == SHOTS
    read_counts.append(0)
    pump.run_once()
    assert read_counts[-1] == 0, "shots that wait for their turn are not read again while nothing changes"
