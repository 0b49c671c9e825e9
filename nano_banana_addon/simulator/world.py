# SPDX-License-Identifier: GPL-3.0-or-later
"""What all requests share: the settings, the script, the stores and the books."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

from .batch import BatchStore
from .files import FileStore
from .painting.gallery import PictureCache
from .request import BillingEntry, ReceivedRequest
from .scripting import Script

BODY_LIMIT = 20_971_520  # bytes; contract case 15
IMAGE_LIMIT = 7 * 1024 * 1024  # bytes of one decoded inline picture


@dataclass(frozen=True)
class ServerSettings:
    """How a server behaves; see ``Simulator``."""

    keys: frozenset[str] | None
    dialect: str = "google"
    delay: float = 0.0
    body_limit: int | None = BODY_LIMIT
    image_limit: int | None = IMAGE_LIMIT
    mime: str = "image/jpeg"
    retired: frozenset[str] = frozenset()


@dataclass
class ServerState:
    """The state of one running server. ``lock`` guards the lists and the counts."""

    settings: ServerSettings
    pictures: PictureCache
    files: FileStore
    batches: BatchStore = field(default_factory=BatchStore)
    script: Script = field(default_factory=Script)
    requests: list[ReceivedRequest] = field(default_factory=list[ReceivedRequest])
    billed: list[BillingEntry] = field(default_factory=list[BillingEntry])
    base_url: str = ""
    stop_event: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    in_flight: int = 0
    busiest: int = 0
    _digest_counts: Counter[str] = field(default_factory=Counter[str])

    def count_call(self, digest: str) -> int:
        """Note one more request with this digest; returns how many there were before."""
        with self.lock:
            self._digest_counts[digest] += 1
            return self._digest_counts[digest] - 1

    def enter(self, received: ReceivedRequest) -> None:
        """Note a request that came in."""
        with self.lock:
            self.requests.append(received)
            self.in_flight += 1
            self.busiest = max(self.busiest, self.in_flight)

    def leave(self) -> None:
        """Note that a request is over, however it ended."""
        with self.lock:
            self.in_flight -= 1

    def bill(self, entry: BillingEntry) -> None:
        """Note what the service would have charged for."""
        with self.lock:
            self.billed.append(entry)
