# SPDX-License-Identifier: GPL-3.0-or-later
"""When a call may be repeated automatically: only where no image can have been generated and billed yet.

Source: the Gemini API's troubleshooting page (exponential, with jitter, bounded) and its quota details.
"""

from __future__ import annotations

import random

from ..core.bounds import MAX_WAIT
from ..core.errors import ErrorKind, NanoBananaError
from ..core.result import Refusal

#: How often a call is made at most, the first one included, for each kind that is repeated.
_TRIES = {
    ErrorKind.NETWORK: 4,
    ErrorKind.RATE: 4,
    ErrorKind.CAPACITY: 3,
    ErrorKind.SERVER: 3,
    ErrorKind.DEADLINE: 2,
    ErrorKind.FILE_GONE: 2,
}
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
#: A crowded minute is over after one.
_RATE_FIRST_WAIT = 4.0


def compute_wait(error: NanoBananaError, tries: int) -> float | None:
    """Seconds to wait before the next attempt, or None: do not repeat.

    `tries` counts the calls made so far, at least 1. A wait that the service named is a lower bound; after a longer one
    than `MAX_WAIT` the user decides.
    """
    requested_wait = error.retry_after or 0.0
    if tries >= _TRIES.get(error.kind, 1) or requested_wait > MAX_WAIT:
        return None
    if error.kind is ErrorKind.FILE_GONE:
        return 0.0
    first = _RATE_FIRST_WAIT if error.kind is ErrorKind.RATE else _FIRST_WAIT
    backoff = min(first * 2 ** (tries - 1), _LONGEST_WAIT)
    # Jitter on top, so that variants that were refused together do not come back together.
    return max(backoff, requested_wait) + random.uniform(0.0, 0.25 * backoff + 0.25)  # noqa: S311 - no secret


def should_repeat_refusal(refusal: Refusal, tries: int) -> bool:
    """Whether a refusal is repeated once: IMAGE_RECITATION often passes the second time.

    No image was billed for it. All other refusals are final.
    """
    return refusal.reason == "IMAGE_RECITATION" and tries < 2
