# SPDX-License-Identifier: GPL-3.0-or-later
"""A new history with queued requests, of which a worker process is killed, or its disk fails, at a chosen moment."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, TypeVar

from devtools.simulator.server import Simulator
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.storage.store import Store
from tests.support.crash_points import Runner


@dataclass
class QueuedHistory:
    """A subclass says what is queued, by which act it is carried out, and what must hold."""

    act: ClassVar[str]
    home: Path
    simulator: Simulator
    runner: Runner
    ids: list[str] = field(default_factory=list[str])
    before: int = 0

    def __post_init__(self) -> None:
        self.before = len(self.simulator.billed)
        store = Store(self.home)
        self.ids, _ = store.add_group([(request, 0.1) for request in self.build_requests()])
        store.close()

    def build_requests(self) -> Sequence[GenerationRequest]:
        """What is queued."""
        raise NotImplementedError

    def work(self, point: int = 0, error: int = 0) -> list[str]:
        """What a worker process does, up to a moment; returns those that were reached."""
        ids, url = " ".join(self.ids), self.simulator.base_url
        return self.runner.run(self.act, self.home, ids, url, point=point, error=error)

    def count_billed(self) -> int:
        """How many answers the service has billed for it."""
        return len(self.simulator.billed) - self.before

    def check(self) -> None:
        """What must hold at every start."""
        raise NotImplementedError

    def check_end(self) -> None:
        """What must hold when nothing is left to be done."""
        raise NotImplementedError


H = TypeVar("H", bound=QueuedHistory)


def hit(histories: Iterator[H], points: Sequence[int], error: int = 0) -> Iterator[H]:
    """Kill a worker at each of the points, or let its disk fail from there on, and go on at the next start.

    Each history is checked, given, and then removed.
    """
    for point in points:
        history = next(histories)
        history.work(point, error)
        history.check()
        history.work()
        history.check()
        history.check_end()
        yield history
        shutil.rmtree(history.home)
