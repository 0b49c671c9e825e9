# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker is killed at every moment of a batch, or its disk fails there: nothing is paid twice, nothing is lost.

The quick tests take moments of each kind, the soak tests all.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.storage.database import batch_jobs, ledger
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from tests.support.crash_points import Runner

from .conftest import KEY
from .queued_history import QueuedHistory, hit
from .test_crash_of_orders import REFUSED, find_points, runner  # noqa: F401 - a fixture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")


class Batch(QueuedHistory):
    """Two requests for a batch."""

    act = "batch"

    def build_requests(self) -> list[GenerationRequest]:
        return [GenerationRequest(f"a lake {n}", image_size="1K", service_tier="batch") for n in range(2)]

    def check(self) -> None:
        """What must hold at a start: nothing is reported, nothing is paid that is not recorded."""
        store = Store(self.home)
        try:
            report = recover(store)
            assert not report.unknown
            assert not report.problems
            assert self.count_billed() <= 2, "ordered twice"
            assert store.database.row("PRAGMA integrity_check")[0] == "ok"
        finally:
            store.close()

    def check_end(self) -> None:
        """All images are there, each paid for once."""
        store = Store(self.home)
        try:
            found = store.many(self.ids)
            assert [generation.state for generation in found] == [State.DONE] * 2, found
            for generation in found:
                assert generation.picture
                assert compute_sha256(Path(generation.picture.path)) == generation.picture.sha256
            total = ledger.total(store.database)
            assert (total.answers, total.unknown) == (2, 0)
            assert self.count_billed() == 2
            assert not batch_jobs.list_jobs(store.database, closed=True)
            assert not list((store.home / "batches").glob("*"))
            assert not list(store.places.receiving.iterdir())
        finally:
            store.close()


@pytest.fixture
def new_batches(tmp_path: Path, runner: Runner) -> Iterator[Iterator[Batch]]:  # noqa: F811
    """One new history after another."""
    with Simulator(solid.paint, keys=frozenset({KEY})) as simulator:
        yield (Batch(tmp_path / f"home{number}", simulator, runner) for number in range(10_000))


@pytest.mark.parametrize("error", [0, errno.ENOSPC], ids=["killed", "disk full"])
def test_a_moment_of_each_kind(new_batches: Iterator[Batch], error: int) -> None:
    batch = next(new_batches)
    moments = batch.work()
    batch.check_end()
    points = find_points(moments, *REFUSED if error else ("send", "receive", *REFUSED, "committed"))
    for _ in hit(new_batches, points + list(range(7, len(moments), len(moments) // 4)), error):
        pass


@pytest.mark.soak
@pytest.mark.parametrize("error", [0, errno.ENOSPC], ids=["killed", "disk full"])
def test_every_moment(new_batches: Iterator[Batch], error: int) -> None:
    moments = next(new_batches).work()
    for _ in hit(new_batches, range(1, len(moments) + 1), error):
        pass
    sys.stderr.write(f"{len(moments)} moments of a batch\n")
