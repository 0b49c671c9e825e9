# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches at half price: submitted, followed over restarts, recorded by key; every request ends once, paid once."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from nano_banana_addon.core import cost
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage import recovery
from nano_banana_addon.storage.database import batch_jobs, budget, ledger
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.providers import resolve_endpoint
from nano_banana_addon.worker import batch_follower
from nano_banana_addon.worker.client import WorkerClient

from .conftest import KEY, PATIENCE, Studio, until

OTHER_KEY = "other-key"


def submit(studio: Studio, count: int, prompt: str = "shot {}", **choices: object) -> list[str]:
    requests = [studio.request(prompt.format(n), service_tier="batch", **choices) for n in range(count)]
    ids, _ = studio.store.add_group([(request, cost.estimate(request)) for request in requests])
    for id in ids:
        studio.resubmit(id)
    return ids


def get_jobs(studio: Studio, *, closed: bool = False) -> list[batch_jobs.Job]:
    return batch_jobs.list_jobs(studio.store.database, closed=closed)


def count_orders(studio: Studio) -> int:
    return sum(entry.path.endswith(":batchGenerateContent") for entry in studio.simulator.requests)


def test_a_batch_brings_each_its_own_image_at_half_price(studio: Studio) -> None:
    ids = submit(studio, 3)
    found = studio.wait(*ids)
    assert [g.state for g in found] == [State.DONE] * 3
    single = studio.make("shot 0")
    for generation in found:
        assert generation.cost_usd == pytest.approx((single.cost_usd or 0) / 2, rel=0.1)
    assert len({g.picture.sha256 for g in found if g.picture}) == 3
    assert count_orders(studio) == 1
    total = ledger.total(studio.store.database)
    assert (total.answers, total.unknown) == (4, 0)
    until(lambda: not get_jobs(studio), "the batch is closed")
    assert not any((studio.store.home / "batches").iterdir())


def test_500_items_end_once_although_the_worker_is_killed_and_batches_stick_and_expire(studio: Studio) -> None:
    """Ten batches, their lines in another order: two stick, one expires, three items fail, the worker dies twice."""
    studio.store.set_pacing(budget.Pacing(limit_usd=0.0))
    studio.simulator.script("batch_stuck", times=2, on="batch")
    studio.simulator.script("batch_expired", times=1, on="batch")
    requests = [studio.request(name_of(number), service_tier="batch") for number in range(500)]
    ids, _ = studio.store.add_group([(request, cost.estimate(request)) for request in requests])
    for id in ids:
        studio.resubmit(id)
    for orders in (4, 10):
        until(lambda orders=orders: count_orders(studio) >= orders, f"{orders} batches are ordered")
        assert studio.link.process_id
        os.kill(studio.link.process_id, signal.SIGKILL)

    def count() -> Counter[State]:
        return Counter(g.state for g in studio.store.many(ids))

    until(lambda: count() == {State.DONE: 347, State.FAILED: 53, State.GENERATING: 100}, "only two are stuck", 120)
    assert count_orders(studio) == 10
    stuck = get_jobs(studio)
    assert [job.open for job in stuck] == [50, 50]
    assert not any(job.is_late for job in stuck)
    batch_jobs.update(studio.store.database, stuck[0].id, created=time.time() - 25 * 3600)
    assert [job.is_late for job in get_jobs(studio)] == [True, False]
    for job in stuck:
        assert not batch_jobs.send_rest(studio.store.database, studio.store.home, job.id)
    expired = next(job for job in get_jobs(studio, closed=True) if job.failed == 50)
    rest = batch_jobs.send_rest(studio.store.database, studio.store.home, expired.id)
    for id in rest:
        studio.resubmit(id)
    studio.link.cancel("nothing")  # wakes the worker process
    found = studio.wait(*ids)
    assert Counter(g.state for g in found) == {State.DONE: 497, State.FAILED: 3}
    assert [g.request.prompt.split()[-1] for g in found if g.state is State.FAILED] == ["180", "320", "499"]
    sums = ledger.total(studio.store.database)
    assert (sums.answers, sums.pictures, sums.unknown) == (497, 497, 0)
    assert sums.usd == pytest.approx(sum(g.cost_usd or 0.0 for g in found))
    assert len(studio.simulator.billed) == 497
    assert Counter(g.request.service_tier for g in found) == {"batch": 350, "": 150}


def name_of(number: int) -> str:
    """The prompt of an item; three of them are refused by the service with an error, in batches that work."""
    return f"[[sim:400_invalid]] shot {number}" if number in (180, 320, 499) else f"shot {number}"
