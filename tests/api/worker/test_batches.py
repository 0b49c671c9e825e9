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
from nano_banana_addon.storage.database import batch_jobs, ledger
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
        assert generation.cost_usd == pytest.approx((single.cost_usd or 0) / 2, rel=0.02)
    assert len({g.picture.sha256 for g in found if g.picture}) == 3
    assert count_orders(studio) == 1
    total = ledger.total(studio.store.database)
    assert (total.answers, total.unknown) == (4, 0)
    until(lambda: not get_jobs(studio), "the batch is closed")
    assert not any((studio.store.home / "batches").iterdir())
