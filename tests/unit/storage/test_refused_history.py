# SPDX-License-Identifier: GPL-3.0-or-later
"""A refusal stays in the history, where it can be looked for or left out."""

from __future__ import annotations

import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.result import Answer, Refusal
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.store import Store

from .conftest import done, sending


@pytest.mark.parametrize(
    ("refused", "prompts"), [(None, ["no", "yes"]), (True, ["no"]), (False, ["yes"])], ids=["all", "only", "without"]
)
def test_refusals_are_shown_unless_they_are_filtered_out(
    store: Store, refused: bool | None, prompts: list[str]
) -> None:
    done(store, prompt="yes")
    id = sending(store, State.GENERATING, prompt="no")
    store.finish(id, Answer((), refusal=Refusal("SAFETY", "refused")), 0.0)
    found = store.page(HistoryQuery(refused=refused))
    assert [generation.request.prompt for generation in found] == prompts
