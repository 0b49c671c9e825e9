# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker is killed at every moment of an order of ComfyUI, which knows it by an id of ours: the image is found.

The quick tests take moments of each kind, the soak tests all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.files import tickets
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from tests.support.crash_points import Runner

from .conftest import KEY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    running = Runner()
    yield running
    running.close()


class Ground:
    """New histories with one queued request each, and the server."""

    def __init__(self, folder: Path, simulator: Simulator, runner: Runner) -> None:
        self.folder, self.simulator, self.runner = folder, simulator, runner
        self.count = 0

    def begin(self) -> None:
        """Another history. Its capture differs, or ComfyUI would repeat the result of the last."""
        self.count += 1
        self.home = self.folder / f"home{self.count}"
        path = self.folder / f"capture{self.count}.png"
        Image.new("RGB", (96, 64), (self.count % 256, self.count // 256, 90)).save(path)
        store = Store(self.home)
        request = GenerationRequest(
            "a street",
            provider="comfyui",
            model="comfyui-sd15",
            image_size="512",
            aspect_ratio="3:2",
            references=(Reference(ReferenceRole.STRUCTURE, str(path)),),
        )
        self.id = store.add(request, estimate=0.0)
        store.close()
        self.before = self.count_orders()

    def count_orders(self) -> int:
        """What the server has taken."""
        return sum(
            entry.method == "POST" and entry.path == "/prompt" and entry.status == 200
            for entry in self.simulator.requests
        )

    def generate(self, point: int = 0) -> list[str]:
        """Carry it out, or ask for its result, up to a moment; returns those that were reached."""
        return self.runner.run("generate", self.home, self.id, self.simulator.base_url, "comfyui", point=point)

    def look(self) -> tuple[Generation, str]:
        """The request after a start of Blender, and its ticket."""
        store = Store(self.home)
        try:
            recover(store)
            found = store.get(self.id)
            assert found
            return found, tickets.read(store.places, self.id)
        finally:
            store.close()

    def kill_at(self, point: int) -> State:
        """Kill it, ask for the result, and send it where it never arrived; returns what the kill made of it."""
        self.begin()
        self.generate(point)
        found, ticket = self.look()
        killed = found.state
        assert ticket or killed is not State.UNKNOWN, "its id is kept before anything is ordered"
        if killed is not State.DONE:
            self.generate()
            found, _ticket = self.look()
        if found.state is State.FAILED:
            assert "never arrived" in found.failure.message, found.failure
            assert self.count_orders() == self.before, "it had arrived"
            store = Store(self.home)
            store.resend(self.id)
            store.close()
            self.generate()
            found, _ticket = self.look()
        assert found.state is State.DONE, (point, killed, found.failure)
        assert compute_sha256(Path(found.picture.path)) == found.picture.sha256
        assert self.count_orders() == self.before + 1, f"ordered again after a kill at {point}"
        assert not list((self.home / "receiving").iterdir())
        return killed


@pytest.fixture
def ground(tmp_path: Path, runner: Runner) -> Iterator[Ground]:
    with Simulator(solid.paint, keys=frozenset({KEY}), dialect="comfyui") as simulator:
        yield Ground(tmp_path, simulator, runner)


def test_an_order_killed_at_a_moment_of_each_kind_is_found_again(ground: Ground) -> None:
    ground.begin()
    moments = ground.generate()
    assert ground.look()[0].state is State.DONE
    numbers = {name: [n for n, found in enumerate(moments, 1) if found == name] for name in set(moments)}
    points = {numbers[name][-1] for name in ("send", "receive", "sync", "COMMIT", "remove")}
    # How many messages come while it samples differs; the middle one always comes between the order and its answer.
    points |= {numbers[name][len(numbers[name]) // 2] for name in ("send", "receive", "sync")}
    states = [ground.kill_at(point) for point in sorted(points)]
    while State.DONE not in states and len(states) < 3 * len(moments):  # more messages came than the first time
        states.append(ground.kill_at(max(points) + len(states)))
    assert State.DONE in states
    assert State.UNKNOWN in states


@pytest.mark.soak
def test_an_order_killed_at_every_moment_is_found_again(ground: Ground) -> None:
    ground.begin()
    moments = ground.generate()
    states = [ground.kill_at(point) for point in range(1, len(moments) + 1)]
    counts = {state.value: states.count(state) for state in set(states)}
    sys.stderr.write(f"{len(moments)} moments: {counts}\n")
    assert set(states) == {State.QUEUED, State.UNKNOWN, State.DONE}
