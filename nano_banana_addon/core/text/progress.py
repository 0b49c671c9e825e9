# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress of a generation, as text and as a fraction; most services report none while they generate."""

from __future__ import annotations

from math import exp
from time import localtime, strftime

from ..constants import END_STATES, State
from ..result import Generation
from .needs import describe_wait

#: Seconds from the last byte sent to the first received, as published measurements for Nano Banana Pro; its successors
#: are about twice as quick. Used until the store knows better from its own history.
_TYPICAL_SECONDS = {"512": 12.0, "1K": 24.0, "2K": 30.0, "4K": 61.0}
_QUICK_FACTOR = 0.6
_SENDING_SHARE, _PAINTING_SHARE = 0.1, 0.8


def estimate_seconds(model: str, image_size: str) -> float:
    """The expected duration of the generation in seconds."""
    factor = 1.0 if "-pro-" in model else _QUICK_FACTOR
    return _TYPICAL_SECONDS.get(image_size, 30.0) * factor


def estimate_fraction(generation: Generation, now: float, expected_seconds: float = 0.0) -> float:
    """0 ... 1 over all phases. While the model generates it nears the end and never reaches it."""
    state = generation.state
    if state in END_STATES:
        return 1.0
    if generation.in_batch:
        return 0.0
    if state is State.SENDING:
        return _SENDING_SHARE * generation.progress
    if state is State.RECEIVING:
        base = _SENDING_SHARE + _PAINTING_SHARE
        return base + (1 - base) * generation.progress
    if state is State.GENERATING and (generation.progress or generation.place):
        return _SENDING_SHARE + _PAINTING_SHARE * generation.progress
    if state is State.GENERATING:
        seconds = expected_seconds or estimate_seconds(generation.request.model, generation.request.image_size)
        elapsed = max(now - (generation.sent or generation.changed), 0.0)
        return _SENDING_SHARE + _PAINTING_SHARE * (1 - exp(-1.5 * elapsed / seconds))
    return 0.0


def describe_progress(generation: Generation, now: float, expected_seconds: float = 0.0) -> str:
    """The current phase, for the progress bar."""
    state = generation.state
    if state is State.BLOCKED:
        return f"Waiting for {describe_wait(generation.request)}"
    if state is State.QUEUED:
        return "Queued"
    if generation.in_batch:
        since = strftime("%d %b %H:%M", localtime(generation.sent))
        return f"In batch since {since}" if generation.sent else "Submitting"
    if state is State.SENDING:
        return f"Sending {generation.progress:.0%}"
    if state is State.RECEIVING:
        return f"Receiving {generation.progress:.0%}" if generation.progress else "Receiving"
    if state is State.WAITING and not generation.failure:
        until = strftime("%H:%M:%S", localtime(generation.retry_at))
        return f"Waiting for the spending limit, until {until}"
    if state is State.WAITING:
        return f"Trying again in {max(generation.retry_at - now, 0):.0f} s"
    if state is State.GENERATING:
        return _describe_generating(generation, now, expected_seconds)
    return END_STATE_LABELS[state]


def _describe_generating(generation: Generation, now: float, expected_seconds: float) -> str:
    if generation.place:
        return f"{_format_ordinal(generation.place)} in the queue"
    if generation.progress:
        return f"Generating {generation.progress:.0%}"
    seconds = expected_seconds or estimate_seconds(generation.request.model, generation.request.image_size)
    elapsed = max(now - (generation.sent or generation.changed), 0.0)
    return f"Generating, {elapsed:.0f} s of about {seconds:.0f} s"


def _format_ordinal(number: int) -> str:
    is_teen = number % 100 // 10 == 1
    return f"{number}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


END_STATE_LABELS = {
    State.DONE: "Done",
    State.REFUSED: "Refused",
    State.FAILED: "Failed",
    State.CANCELLED: "Cancelled",
    State.UNKNOWN: "Result unknown: it may have been billed",
}
