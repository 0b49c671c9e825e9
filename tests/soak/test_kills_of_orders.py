# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender, its worker or both are killed while a service works off an order: it is asked for, never ordered again."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.files import tickets

from .harness import Blender, Place, until
from .server import KEY

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sys.platform != "linux", reason="signals, and a look into /proc"),
]
#: Provider and model, and how the path ends at which an image is ordered.
SERVICES = (("comfyui", "comfyui-sd15", "/prompt"), ("bfl", "flux-2-pro", "/flux-2-pro"))


class Studio:
    """A Blender and a service that is given orders; what it has taken is counted."""

    def __init__(self, folder: Path, service: tuple[str, str, str], simulator: Simulator) -> None:
        self.provider, self.model, self.path = service
        self.simulator = simulator
        server: Any = SimpleNamespace(url=simulator.base_url)
        self.place = Place(folder, server)
        self.asked = 0

    def start(self) -> Blender:
        """A Blender that uses the service."""
        blender = Blender(self.place, "5.2")
        blender.do("open_file", path=str(self.place.folder / "shot.blend"))
        blender.do("use", provider=self.provider, model=self.model)
        return blender

    def press(self, blender: Blender) -> str:
        """Press the button and wait until the order can be found again; its id."""
        self.asked += 1
        if self.provider == "bfl":
            self.simulator.script("polls", times=1, n=6)
        name = f"shot-{self.asked}"
        id = blender.do("press", names=[name], size="1K" if self.provider == "bfl" else "512")["ids"][name]
        until(lambda: tickets.read(self.place.store.places, id) and self.count() == self.asked, "it is ordered")
        return id

    def count(self) -> int:
        """How many orders the service has taken."""
        taken = [each for each in self.simulator.requests if each.method == "POST" and each.path.endswith(self.path)]
        return sum(each.status == 200 for each in taken)

    def get(self, id: str) -> Generation:
        """What the history says."""
        found = self.place.store.get(id)
        assert found
        return found

    def kill_courier(self) -> None:
        """The worker process, at once."""
        (courier,) = self.place.couriers()
        os.kill(courier, signal.SIGKILL)


@pytest.fixture(params=SERVICES, ids=[service[0] for service in SERVICES])
def studio(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("BFL_API_KEY", KEY)
    keys = frozenset({KEY}) if request.param[0] == "bfl" else None
    with Simulator(solid.paint, keys=keys, dialect=request.param[0], delay=1.0) as simulator:
        made = Studio(tmp_path, request.param, simulator)
        try:
            yield made
        finally:
            for blender in made.place.blenders:
                blender.end_now()
            made.place.store.close()


def test_an_order_outlives_blender_and_its_worker(studio: Studio) -> None:
    blender = studio.start()
    alone = studio.press(blender)
    studio.kill_courier()
    until(lambda: studio.get(alone).delivered, "another worker has fetched it, Blender has delivered it")

    both = studio.press(blender)
    studio.kill_courier()
    blender.kill()
    blender = studio.start()
    offered = blender.do("offer")
    assert offered["recovered"][both] == "UNKNOWN"
    until(lambda: studio.get(both).state is State.DONE, "the next Blender has asked for it")

    left = studio.press(blender)
    blender.kill()
    until(lambda: studio.get(left).state is State.DONE, "its worker goes on alone")
    blender = studio.start()
    assert blender.do("offer")["recovered"][left] == "RECEIVED"
    images = blender.do("take", generation=left)["images"]
    assert images[left][0] == studio.get(left).picture.sha256
    assert studio.count() == studio.asked == 3
    assert blender.close() == 0
