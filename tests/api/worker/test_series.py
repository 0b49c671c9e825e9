# SPDX-License-Identifier: GPL-3.0-or-later
"""Several matching images from one call: sent once, billed by what came, each a result of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core import cost
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.core.result import Generation
from nano_banana_addon.core.text.prompts import compose
from nano_banana_addon.core.text.series import join_series
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.fingerprint import fingerprint
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.providers import resolve_endpoint
from nano_banana_addon.worker.client import WorkerClient

from .conftest import KEY, PATIENCE

Picture = Callable[..., Reference]
PRICE = 0.03  # of an image of Seedream 4.0


@dataclass
class Board:
    """Three shots of a storyboard at a service that generates them in one call."""

    store: Store
    link: WorkerClient
    simulator: Simulator
    picture: Picture

    def list_shots(self, prompt: str = "ink", count: int = 3, **choices: Any) -> list[GenerationRequest]:
        values: dict[str, Any] = {"provider": "ark", "model": "seedream-4.0", "image_size": "1K", "aspect_ratio": "1:1"}
        return [
            GenerationRequest(
                prompt,
                references=(self.picture(f"frame {number}"),),
                shot=f"shot {number}",
                together=True,
                **(values | choices),
            )
            for number in range(count)
        ]

    def send(self, requests: list[GenerationRequest]) -> list[str]:
        priced = [(request, cost.estimate(request)) for request in join_series(requests)]
        ids, _ = self.store.add_group(priced, batch="board")
        for id in ids:
            self.submit(id)
        return ids

    def submit(self, id: str) -> None:
        self.link.submit(id, key=KEY, endpoint=resolve_endpoint("ark", self.simulator.base_url))

    def make(self, *args: Any, **choices: Any) -> list[Generation]:
        return self.link.wait(self.send(self.list_shots(*args, **choices)), timeout=PATIENCE)

    def try_again(self, id: str) -> Generation:
        self.store.resend(id)
        self.submit(id)
        return self.link.wait([id], timeout=PATIENCE)[0]

    def list_posts(self) -> list[dict[str, Any]]:
        return [request.json for request in self.simulator.requests if request.method == "POST"]

    def sum_up(self) -> ledger.LedgerSum:
        return ledger.total(self.store.database)


@pytest.fixture
def board(home: Path, open_link: Callable[..., WorkerClient], picture: Picture) -> Iterator[Board]:
    with Simulator(solid.paint, keys=frozenset({KEY}), dialect="ark") as simulator:
        store = Store(home)
        yield Board(store, open_link(), simulator, picture)
        store.close()


def test_all_shots_come_from_one_call_and_each_is_a_result_of_its_own(board: Board) -> None:
    found = board.make()
    assert [g.state for g in found] == [State.DONE] * 3
    (post,) = board.list_posts()
    assert len(post["image"]) == 3
    assert post["sequential_image_generation_options"] == {"max_images": 3}
    assert "one for each of Image 1, Image 2, Image 3" in compose(found[0].request)
    files = [Path(g.picture.path) for g in found if g.picture]
    whole = found[0].answer
    assert whole
    numbered = [whole.find_numbered(number) for number in range(3)]
    assert [path.read_bytes() for path in files] == [Path(p.path).read_bytes() for p in numbered if p]
    assert len(set(files)) == 3
    assert [[r.label for r in g.request.references] for g in found[1:]] == [["frame 1"], ["frame 2"]]


def test_what_is_paid_is_what_the_service_bills(board: Board) -> None:
    found = board.make()
    assert sum(g.estimate_usd for g in found) == pytest.approx(3 * PRICE)
    total = board.sum_up()
    assert (total.answers, total.pictures) == (1, 3)
    assert total.usd == pytest.approx(sum(bill.usd for bill in board.simulator.billed)) == pytest.approx(3 * PRICE)


def test_an_image_that_was_left_out_moves_no_other_and_is_sent_alone_when_it_is_tried_again(board: Board) -> None:
    first, second, third = board.make("ink [[sim:sequence_partial]]")
    assert [g.state for g in (first, second, third)] == [State.DONE, State.FAILED, State.DONE]
    assert board.sum_up().usd == pytest.approx(2 * PRICE)
    assert second.failure
    assert "fewer images" in second.failure.message
    assert first.answer
    assert third.picture
    expected = first.answer.find_numbered(2)
    assert expected
    assert third.picture.sha256 == expected.sha256
    assert first.picture
    assert first.picture.sha256 != expected.sha256
    assert board.try_again(second.id).state is State.DONE
    assert len(board.list_posts()) == 2
    assert len(board.list_posts()[1]["image"]) == 1
    assert "sequential_image_generation" not in board.list_posts()[1]
    assert board.sum_up().usd == pytest.approx(3 * PRICE)


def test_where_the_first_image_was_left_out_the_others_are_kept_and_it_is_tried_again_for_the_price_of_one(
    board: Board,
) -> None:
    board.simulator.script("sequence_partial", 1, at=0)
    first, second, third = board.make()
    assert [g.state for g in (first, second, third)] == [State.REFUSED, State.DONE, State.DONE]
    assert board.sum_up().usd == pytest.approx(2 * PRICE)
    assert first.estimate_usd == pytest.approx(PRICE)
    assert board.try_again(first.id).state is State.DONE
    assert len(board.list_posts()[1]["image"]) == 1
    assert board.sum_up().usd == pytest.approx(3 * PRICE)


def test_images_that_a_broken_connection_cut_off_are_told_as_such(board: Board) -> None:
    board.simulator.script("reset_in_body", 1, after=0.5)
    first, *others = board.make()
    assert first.state is State.DONE
    assert {g.state for g in others} == {State.FAILED}
    assert all(g.failure and "may have been billed" in g.failure.message for g in others)


def test_after_a_call_of_unknown_outcome_all_are_tried_again_as_one(board: Board) -> None:
    board.simulator.script("reset", 1)
    found = board.make()
    assert [g.state for g in found] == [State.UNKNOWN, State.FAILED, State.FAILED]
    assert found[1].failure
    assert "unknown result" in found[1].failure.message
    assert [board.try_again(g.id).state for g in found] == [State.DONE] * 3
    assert [len(post["image"]) for post in board.list_posts()] == [3, 3]


def test_a_change_of_one_of_them_costs_one_image(board: Board) -> None:
    first, *_others = board.make()
    assert cost.estimate_change(first.request) == pytest.approx(PRICE)


def test_after_an_error_all_of_them_are_tried_again_for_one_price(board: Board) -> None:
    board.simulator.script("400_invalid", 1)
    found = board.make()
    assert [g.state for g in found] == [State.FAILED] * 3
    assert board.sum_up().usd == 0
    assert [board.try_again(g.id).state for g in found] == [State.DONE] * 3
    assert len(board.list_posts()) == 2
    assert board.sum_up().usd == pytest.approx(3 * PRICE)


def test_cancelling_the_call_cancels_all(board: Board) -> None:
    board.simulator.script("silence", 1)
    ids = board.send(board.list_shots())
    board.link.cancel(ids[0])
    assert [g.state for g in board.link.wait(ids, timeout=PATIENCE)] == [State.CANCELLED] * 3


def test_those_that_are_submitted_after_the_answer_came_cost_nothing_more(board: Board) -> None:
    """As after a crash: nothing of them was sent, and they are offered."""
    priced = [(request, cost.estimate(request)) for request in join_series(board.list_shots())]
    ids, _ = board.store.add_group(priced, batch="board")
    board.submit(ids[0])
    board.link.wait(ids[:1], timeout=PATIENCE)
    for id in ids[1:]:
        board.submit(id)
    assert [g.state for g in board.link.wait(ids, timeout=PATIENCE)] == [State.DONE] * 3
    assert len(board.list_posts()) == 1
    assert board.sum_up().usd == pytest.approx(3 * PRICE)


def test_a_shared_image_that_is_gone_is_told(board: Board) -> None:
    priced = [(request, cost.estimate(request)) for request in join_series(board.list_shots(count=2))]
    ids, _ = board.store.add_group(priced, batch="board")
    board.submit(ids[0])
    (whole,) = board.link.wait(ids[:1], timeout=PATIENCE)
    assert whole.answer
    other = whole.answer.find_numbered(1)
    assert other
    Path(other.path).unlink()
    board.submit(ids[1])
    (lost,) = board.link.wait(ids[1:], timeout=PATIENCE)
    assert lost.state is State.FAILED
    assert lost.failure
    assert lost.failure.next_step


def test_the_same_shots_are_found_again_whether_first_or_not(board: Board) -> None:
    requests = board.list_shots()
    found = board.link.wait(board.send(requests), timeout=PATIENCE)
    same = [board.store.find_same(fingerprint(request, board.store.database)) for request in requests]
    assert [g.id if g else "" for g in same] == [g.id for g in found]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"count": 8}, "too many for one call"),
        ({"model": "seedream-5.0-pro", "image_size": "2K"}, "Matching Images"),
    ],
)
def test_what_one_call_cannot_hold_is_refused_before_anything_is_recorded(
    board: Board, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        join_series(board.list_shots(**change))
