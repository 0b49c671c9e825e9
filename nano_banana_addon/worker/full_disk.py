# SPDX-License-Identifier: GPL-3.0-or-later
"""Recording what must not be lost, also while the disk is full."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from ..core.errors import ErrorKind, NanoBananaError

_log = logging.getLogger(__name__)

#: Seconds between tries to record what must not be lost, and how long to go on: with a full disk the user may free some
#: space meanwhile; what is not recorded then is found at the next start.
INSIST_EVERY = 2.0
INSIST_FOR = 900.0


def insist(id: str, step: Callable[[], None]) -> None:
    """Repeat a step of a generation while the disk is full, for a limited time."""
    deadline = time.monotonic() + INSIST_FOR
    while True:
        try:
            return step()
        except NanoBananaError as error:
            _log.warning("%s: %s %s", id, error.message, error.detail)
            if error.kind is not ErrorKind.DISK or time.monotonic() > deadline:
                _log.error("%s: left for the next start", id)
                return None
        time.sleep(INSIST_EVERY)
