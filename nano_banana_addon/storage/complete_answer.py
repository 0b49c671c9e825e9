# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps after a complete answer, in an order in which a crash at any point can be recovered."""

from __future__ import annotations

import time
from dataclasses import replace

from ..core import cost
from ..core.constants import State
from ..core.errors import NanoBananaError
from ..core.result import Answer, Generation
from .files import pictures, sidecar
from .files.layout import convert_home_errors
from .store import Store


def price_of(generation: Generation, answer: Answer) -> float | None:
    """The price by the service's own count in dollars; None if it reported none."""
    request = generation.request
    tier = answer.service_tier or request.service_tier
    return cost.compute_actual(request.model, answer.usage, provider=request.provider, tier=tier)


def note(store: Store, generation: Generation, answer: Answer) -> None:
    """Step one, right after the last byte: record that the answer is on the disk. Raises DISK."""
    with convert_home_errors(store.home):
        pictures.note_answer(store.places, generation.id, answer)


def complete(store: Store, generation: Generation, answer: Answer) -> None:
    """All other steps: files to their final place, thumbnail, sidecar, history and ledger.

    The folder in which the answer arrived is removed at the end. May be repeated from the beginning. Raises DISK;
    nothing is lost then.
    """
    answer = answer.limit_counts()  # also in the sidecar
    usd = price_of(generation, answer)
    with convert_home_errors(store.home):
        kept = pictures.keep(store.places, generation, answer)
        thumbnail = pictures.make_thumbnail(store.places, generation.id, kept)
        state = State.DONE if kept.result else State.REFUSED
        done = replace(
            generation,
            answer=kept,
            cost_usd=usd,
            thumbnail=thumbnail,
            state=state,
            failure=None,
            ended=time.time(),
            progress=1.0,
            retry_at=0.0,
        )
        sidecar.write(store.home, done)
    store.finish(generation.id, kept, usd, thumbnail=thumbnail)
    pictures.clear_receiving(store.places, generation.id)


def keep_the_rest(store: Store, generation: Generation) -> Answer | None:
    """The received part of an incomplete answer, moved to its final place; None when there is none."""
    found = pictures.salvage_images(store.places, generation.id)
    if not found:
        return None
    try:
        return pictures.keep(store.places, generation, found)
    except (OSError, NanoBananaError):
        return found
