# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker is killed at every moment of a chain of shots, or its disk fails there: the rest goes on, each paid once.

The quick tests take moments of each kind, the soak tests all.
"""

from __future__ import annotations

import errno
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import GenerationRequest, Need
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from tests.support.crash_points import Runner

from .conftest import KEY
from .queued_history import QueuedHistory, hit
from .test_crash_of_orders import REFUSED, find_points, runner  # noqa: F401 - a fixture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")
_SHOTS = 3


class Chain(QueuedHistory):
    """Shots of which each needs the one before."""

    act = "chain"

    def build_requests(self) -> list[GenerationRequest]:
        requests: list[GenerationRequest] = []
        for number in range(_SHOTS):
            needs = (Need(f"@{number - 1}", ReferenceRole.PREVIOUS, "the shot before"),) if number else ()
            requests.append(GenerationRequest(f"shot {number}", image_size="1K", needs=needs))
        return requests

    def check(self) -> None:
        """As `settle`."""
        self.settle()

    def settle(self) -> list[Generation]:
        """The next start; what must hold after it. Returns the shots."""
        store = Store(self.home)
        try:
            recover(store)
            found, total = store.many(self.ids), ledger.total(store.database)
            states = Counter(generation.state for generation in found)
            assert set(states) <= {State.DONE, State.UNKNOWN, State.QUEUED, State.BLOCKED}, found
            assert states[State.UNKNOWN] <= 1, "only one is under way at a time"
            assert (total.answers, total.unknown) == (states[State.DONE], states[State.UNKNOWN])
            billed = self.count_billed()
            assert states[State.DONE] <= billed <= states[State.DONE] + states[State.UNKNOWN], "paid, but not recorded"
            assert store.database.row("PRAGMA integrity_check")[0] == "ok"
            return found
        finally:
            store.close()

    def check_end(self) -> None:
        """No shot waits any more; each was paid once, and was sent with the image before it, where there is one."""
        found = self.settle()
        assert {generation.state for generation in found} <= {State.DONE, State.UNKNOWN}, found
        for generation in found:
            if generation.state is State.DONE:
                assert generation.picture
                assert compute_sha256(Path(generation.picture.path)) == generation.picture.sha256
        for earlier, later in pairwise(found):
            expected = [earlier.picture.sha256] if earlier.picture else []
            assert later.state is State.UNKNOWN or [r.sha256 for r in later.request.references] == expected


@pytest.fixture
def chains(tmp_path: Path, runner: Runner) -> Iterator[Iterator[Chain]]:  # noqa: F811
    """One new history after another."""
    with Simulator(solid.paint, keys=frozenset({KEY})) as simulator:
        yield (Chain(tmp_path / f"home{number}", simulator, runner) for number in range(10_000))


def count_unknown(chains: Iterator[Chain]) -> Counter[int]:
    """How often how many of a chain were of unknown outcome."""
    return Counter(sum(generation.state is State.UNKNOWN for generation in chain.settle()) for chain in chains)


@pytest.mark.parametrize("error", [0, errno.ENOSPC], ids=["killed", "disk full"])
def test_a_moment_of_each_kind(chains: Iterator[Chain], error: int) -> None:
    chain = next(chains)
    moments = chain.work()
    chain.check_end()
    assert len(chain.simulator.billed) == _SHOTS
    points = find_points(moments, *REFUSED if error else ("send", "receive", "received", *REFUSED, "committed"))
    points += range(5, len(moments), len(moments) // 4)
    unknown = count_unknown(hit(chains, points, error))
    assert unknown[0], "some moments are before the request is sent, or after its answer is kept"


@pytest.mark.soak
@pytest.mark.parametrize("error", [0, errno.ENOSPC], ids=["killed", "disk full"])
def test_every_moment(chains: Iterator[Chain], error: int) -> None:
    moments = next(chains).work()
    unknown = count_unknown(hit(chains, range(1, len(moments) + 1), error))
    sys.stderr.write(f"{len(moments)} moments of a chain, of unknown outcome: {unknown[1]}\n")
