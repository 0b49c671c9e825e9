# SPDX-License-Identifier: GPL-3.0-or-later
"""What all requests share: the settings, the stores, and the lists of what came and what is billed."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field

from .extension import Extension, ServiceDialect
from .files import FileStore
from .painting.gallery import PictureCache

BODY_LIMIT = 20_971_520  # bytes; contract case 15
IMAGE_LIMIT = 7 * 1024 * 1024  # bytes of one decoded inline picture


@dataclass(frozen=True)
class ServerSettings:
    """How a server behaves; see ``Simulator``."""

    delay: float = 0.0
    body_limit: int | None = BODY_LIMIT
    image_limit: int | None = IMAGE_LIMIT
    mime: str = "image/jpeg"


@dataclass
class ServerState:
    """The state of one running server."""

    settings: ServerSettings
    pictures: PictureCache
    files: FileStore
    extension: Extension = field(default_factory=Extension)
    base_url: str = ""
    stop_event: threading.Event = field(default_factory=threading.Event)
    answer_numbers: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def dialect(self) -> ServiceDialect:
        """The dialect that the server speaks."""
        return self.extension.dialect
