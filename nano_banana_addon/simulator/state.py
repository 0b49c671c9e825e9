# SPDX-License-Identifier: GPL-3.0-or-later
"""What all requests share: the settings, the stores, and the lists of what came and what is billed."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

from .extension import Extension, ServiceDialect
from .files import FileStore
from .painting.gallery import PictureCache
from .records import BillingEntry, ReceivedRequest

BODY_LIMIT = 20_971_520  # bytes; contract case 15
IMAGE_LIMIT = 7 * 1024 * 1024  # bytes of one decoded inline picture


@dataclass(frozen=True)
class ServerSettings:
    """How a server behaves; see ``Simulator``."""

    keys: frozenset[str] | None
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
    extension: Extension = field(default_factory=Extension)
    requests: list[ReceivedRequest] = field(default_factory=list[ReceivedRequest])
    billed: list[BillingEntry] = field(default_factory=list[BillingEntry])
    base_url: str = ""
    stop_event: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    in_flight: int = 0
    busiest: int = 0
    _digest_counts: Counter[str] = field(default_factory=Counter[str])

    @property
    def dialect(self) -> ServiceDialect:
        """The dialect that the server speaks."""
        return self.extension.dialect

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
