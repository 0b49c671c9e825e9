# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker is killed at every moment of an order that is polled for: the order is asked for, never repeated.

The quick tests take moments of each kind, the soak tests all.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.files import tickets
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from tests.support.crash_points import Runner

from .conftest import KEY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")
SERVICES = {"bfl": "flux-2-pro", "sdcpp": "stable-diffusion-cpp", "cometapi": "midjourney"}
_PRICE = 0.05


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    running = Runner()
    yield running
    running.close()


@dataclass
class Order:
    """A new history with one queued request."""

    home: Path
    simulator: Simulator
    runner: Runner
    provider: str
    id: str = ""
    billed_before: int = 0

    def __post_init__(self) -> None:
        self.billed_before = len(self.simulator.billed)
        model = SERVICES[self.provider]
        size = "2K" if model == "midjourney" else "1K"
        request = GenerationRequest("a lake", provider=self.provider, model=model, image_size=size, aspect_ratio="1:1")
        store = Store(self.home)
        self.id = store.add(request, estimate=_PRICE)
        store.close()

    def work(self, point: int = 0) -> list[str]:
        """What a worker process does with it, up to a moment; returns those that were reached."""
        return self.runner.run("generate", self.home, self.id, self.simulator.base_url, self.provider, point=point)

    def settle(self) -> State:
        """The next start; what must hold after it. Returns the state."""
        store = Store(self.home)
        try:
            recover(store)
            found, billed = store.get(self.id), len(self.simulator.billed) - self.billed_before
            assert found
            assert billed <= 1, "ordered twice"
            total, has_ticket = ledger.total(store.database), bool(tickets.read(store.places, self.id))
            if found.state is State.DONE:
                assert found.picture
                assert compute_sha256(Path(found.picture.path)) == found.picture.sha256
                assert (total.answers, total.unknown) == (1, 0)
                assert total.usd == pytest.approx(found.cost_usd)
                assert not has_ticket
            elif found.state is State.QUEUED:
                assert billed == 0
                assert (total.answers, total.unknown) == (0, 0)
            else:
                assert found.state is State.UNKNOWN, found
                assert (total.answers, total.unknown) == (0, 1)
                assert not has_ticket or KEY not in tickets.read(store.places, self.id)
            assert store.database.row("PRAGMA integrity_check")[0] == "ok"
            return found.state
        finally:
            store.close()

    def has_ticket(self) -> bool:
        store = Store(self.home)
        try:
            return bool(tickets.read(store.places, self.id))
        finally:
            store.close()


@pytest.fixture(params=SERVICES)
def orders(request: pytest.FixtureRequest, tmp_path: Path, runner: Runner) -> Iterator[Iterator[Order]]:
    """One new history after another."""
    with Simulator(solid.paint, keys=frozenset({KEY}), dialect=request.param) as simulator:
        yield (Order(tmp_path / f"home{number}", simulator, runner, request.param) for number in range(10_000))


def kill_at(orders: Iterator[Order], points: list[int]) -> Counter[str]:
    """Kill a worker at each of the points, and go on as the next start does; how often which state came of the kill."""
    states: Counter[str] = Counter()
    for point in points:
        order = next(orders)
        order.work(point)
        state = order.settle()
        is_known = state is State.UNKNOWN and order.has_ticket()
        if is_known:
            order.work()
            assert order.settle() is State.DONE, "the service knows it"
        states["asked for" if is_known else state.value] += 1
        shutil.rmtree(order.home)
    return states


#: Two of the kinds of moments at which a full disk refuses; where something is sent or received it does not.
REFUSED = ("rename", "COMMIT")


def find_points(moments: list[str], *names: str) -> list[int]:
    """The first and the last moments of some kinds, in a run to its end."""
    found = {moments.index(name) + 1 for name in names} | {len(moments) - moments[::-1].index(name) for name in names}
    return sorted(found)


def test_a_worker_killed_at_a_moment_of_each_kind_asks_for_its_order(orders: Iterator[Order]) -> None:
    order = next(orders)
    moments = order.work()
    assert order.settle() is State.DONE
    states = kill_at(orders, find_points(moments, "send", "receive", "rename", "COMMIT"))
    assert states["asked for"] >= 2, states


@pytest.mark.soak
def test_a_worker_killed_at_every_moment_asks_for_its_order(orders: Iterator[Order]) -> None:
    moments = next(orders).work()
    states = kill_at(orders, list(range(1, len(moments) + 1)))
    sys.stderr.write(f"{len(moments)} moments: {dict(states)}\n")
    assert states.keys() == {"QUEUED", "UNKNOWN", "asked for", "DONE"}


@pytest.mark.soak
def test_one_that_asks_by_a_ticket_is_killed_at_every_moment_and_the_next_one_has_it(orders: Iterator[Order]) -> None:
    first = next(orders)
    count, point = len(first.work()), 0
    order = first
    while not (order.settle() is State.UNKNOWN and order.has_ticket()):
        point, order = point + 1, next(orders)
        order.work(point)
        assert point < count
    whole = order.home.with_name("whole")
    shutil.copytree(order.home, whole)
    moments = order.work()
    assert order.settle() is State.DONE
    for point in range(1, len(moments) + 1):
        shutil.rmtree(order.home)
        shutil.copytree(whole, order.home)
        order.work(point)
        if order.settle() is not State.DONE:
            assert order.has_ticket()
            order.work()
            assert order.settle() is State.DONE
    sys.stderr.write(f"{len(moments)} kills of one that asks\n")
