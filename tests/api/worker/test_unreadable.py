# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer that cannot be used: it is told where its bytes are, and a request can be named to the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.core.text.details import list_facts

from .conftest import Studio


@pytest.mark.parametrize(
    ("case", "state", "kind"),
    [
        ("html_200", State.FAILED, ErrorKind.ANSWER),
        ("not_an_image", State.FAILED, ErrorKind.ANSWER),
        ("close_in_body", State.UNKNOWN, ErrorKind.UNKNOWN_RESULT),
    ],
)
def test_what_was_received_is_kept_and_named(studio: Studio, case: str, state: State, kind: ErrorKind) -> None:
    studio.simulator.script(case, times=1)
    lost = studio.make()
    assert lost.state is state
    assert lost.failure
    assert lost.failure.kind is kind
    kept = studio.store.places.unreadable / lost.id / "answer-1"
    assert kept.stat().st_size > 0
    assert f"kept in {kept}" in lost.failure.next_step
    assert not list(studio.store.places.receiving.iterdir())


def test_what_was_received_of_a_broken_answer_is_kept_beside_its_image(studio: Studio) -> None:
    studio.simulator.script("draft_unmarked+close_in_body", times=1, after="0.9")
    done = studio.make()
    assert done.state is State.DONE
    assert done.answer
    assert done.answer.is_truncated
    assert (studio.store.places.unreadable / done.id / "answer-1").stat().st_size > 0


def test_a_result_leaves_no_bytes_and_its_request_can_be_named(studio: Studio) -> None:
    studio.simulator.script("503_overloaded", times=1)
    done = studio.make()
    assert done.state is State.DONE
    assert not list(studio.store.places.unreadable.iterdir())
    sent = [request.headers["x-request-id"] for request in studio.simulator.requests if request.method == "POST"]
    assert sent == [f"{done.id}-1", f"{done.id}-2"]
    assert dict(list_facts(done))["Request ID"] == sent[-1]
    assert not any("test-key" in value for value in sent)
    assert Path(done.picture.path).is_file()
