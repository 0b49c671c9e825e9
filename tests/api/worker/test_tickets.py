# SPDX-License-Identifier: GPL-3.0-or-later
"""An order is asked for by its ticket after a crash, and never sent a second time by itself."""

from __future__ import annotations

import os
import signal

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.storage import recovery
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.files import tickets
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.providers import resolve_endpoint

from .conftest import KEY, until

FLUX = ("bfl", "flux-2-pro")
LOCAL = ("sdcpp", "stable-diffusion-cpp")


class Service:
    """One service that is polled, a store, and a worker process."""

    def __init__(self, sim, store: Store, link, provider: str, model: str) -> None:
        self.sim, self.store, self.link, self.provider, self.model = sim, store, link, provider, model

    def add(self) -> str:
        request = GenerationRequest(
            "a lake", provider=self.provider, model=self.model, image_size="1K", aspect_ratio="3:2"
        )
        return self.store.add(request, estimate=0.05)

    def submit(self, id: str) -> None:
        self.link.submit(id, key=KEY, endpoint=resolve_endpoint(self.provider, self.sim.base_url))

    def kill_when_kept(self, id: str) -> None:
        until(lambda: tickets.read(self.store.places, id), "the ticket is on the disk")
        os.kill(self.link.process_id, signal.SIGKILL)

    def end(self, id: str):
        (found,) = self.link.wait([id], timeout=60)
        return found


@pytest.fixture(params=[FLUX, LOCAL], ids=["flux", "sdcpp"])
def service(request, home, open_link):
    provider, model = request.param
    with Simulator(solid.paint, keys=frozenset({KEY}), dialect=provider) as sim:
        store = Store(home)
        yield Service(sim, store, open_link(), provider, model)
        store.close()


def test_a_worker_that_dies_while_it_waits_loses_nothing(service):
    service.sim.script("polls", times=1, n=6)
    id = service.add()
    service.submit(id)
    service.kill_when_kept(id)
    until(lambda: service.store.get(id).state is State.DONE, "its successor has fetched the image")
    assert len(service.sim.billed) == 1
    until(lambda: not (service.store.places.receiving / id).exists(), "nothing is left")
    (line,) = ledger.sums(service.store.database)
    assert (line.answers, line.unknown) == (1, 0)


def test_after_a_restart_the_result_is_asked_for_and_the_key_is_nowhere(service, open_link, home):
    service.sim.script("pending_forever", times=1)
    id = service.add()
    service.submit(id)
    until(lambda: tickets.read(service.store.places, id), "the ticket is on the disk")
    service.link._worker._jobs.clear()  # as if Blender had died with its worker process
    os.kill(service.link.process_id, signal.SIGKILL)
    until(lambda: not service.link.alive, "it has ended")
    until(lambda: recovery.recover(service.store).unknown, "it is of unknown outcome")
    assert KEY not in tickets.read(service.store.places, id)
    for task in service.sim.service.__dict__.get("flux", service.sim.service).tasks._tasks.values():
        task.plan.service.clear()
    service.submit(id)
    until(lambda: service.store.get(id).state is State.DONE, "the image is there")
    assert service.store.get(id).picture
    assert len(service.sim.billed) == 1


def test_a_service_that_cannot_be_asked_leaves_it_unknown(service):
    service.sim.script("pending_forever", times=1)
    id = service.add()
    service.submit(id)
    until(lambda: tickets.read(service.store.places, id), "the ticket is on the disk")
    service.link._worker._jobs.clear()
    os.kill(service.link.process_id, signal.SIGKILL)
    until(lambda: recovery.recover(service.store).unknown, "it is of unknown outcome")
    wrong = resolve_endpoint(service.provider, service.sim.base_url)
    count = len(service.sim.requests)
    service.link.submit(id, key="another-key", endpoint=wrong)
    until(lambda: len(service.sim.requests) > count, "it is asked for")
    until(lambda: service.store.get(id).state is State.UNKNOWN, "it is unknown again")
    assert tickets.read(service.store.places, id), "so that it can be asked for with the right key"


def test_what_a_free_server_has_forgotten_is_sent_again(service):
    if service.provider != "sdcpp":
        pytest.skip("a cloud service may have billed it")
    service.sim.script("pending_forever", times=1)
    id = service.add()
    service.submit(id)
    until(lambda: tickets.read(service.store.places, id), "the ticket is on the disk")
    service.sim.service.tasks.expire()
    found = service.end(id)
    assert (found.state, found.cost_usd, found.tries) == (State.DONE, 0.05, 2)
    assert sum(line.unknown for line in ledger.sums(service.store.database)) == 0


def test_a_cancel_reaches_the_server(service):
    service.sim.script("pending_forever", times=1)
    id = service.add()
    service.submit(id)
    until(lambda: tickets.read(service.store.places, id), "the ticket is on the disk")
    service.link.cancel(id)
    assert service.end(id).state is State.CANCELLED
    assert any(e.path.endswith("/cancel") for e in service.sim.requests) == (service.provider == "sdcpp")
    assert not tickets.read(service.store.places, id)
