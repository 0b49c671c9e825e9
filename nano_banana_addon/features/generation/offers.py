# SPDX-License-Identifier: GPL-3.0-or-later
"""What a press of a paying button would send, and the question that comes before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...blender.host.preferences import get_preferences
from ...core import models
from ...core.cost import Payment
from ...core.request import GenerationRequest
from ...core.result import Generation
from ...core.text import details
from ...wire.providers import PROVIDERS

_MAX_TITLE_LENGTH = 50  # characters


@dataclass(frozen=True, slots=True)
class Offer:
    """What was asked for, what of it exists already, and what it costs.

    `use` takes the existing images and sends the `missing` ones, `again` sends all. `is_alike`: an existing image is of
    a capture that differs by noise. `asks`: the user is asked whatever it costs.
    """

    requests: tuple[GenerationRequest, ...]
    missing: Payment
    full: Payment
    use: Callable[[], object]
    again: Callable[[], object]
    existing: tuple[Generation, ...] = ()
    is_alike: bool = False
    asks: bool = False

    def must_ask(self) -> bool:
        """Whether the user decides first: more is sent than the preferences allow at once, or something exists."""
        preferences = get_preferences()
        is_dear = preferences is not None and (self.missing.dollars or 0.0) > preferences.confirm_above + 1e-6
        return self.asks or self.is_alike or is_dear


def offer_all(requests: Sequence[GenerationRequest], dollars: float, send: Callable[[], object]) -> Offer:
    """The offer to send some requests, of which nothing exists."""
    payment = Payment(len(requests), dollars)
    return Offer(tuple(requests), payment, payment, send, send)


def describe(offer: Offer) -> list[str]:
    """What would be sent, in lines."""
    first = offer.requests[0]
    provider = PROVIDERS[first.provider].label if first.provider in PROVIDERS else first.provider
    titles = dict.fromkeys(
        details.shorten(request.shot or request.prompt, _MAX_TITLE_LENGTH) for request in offer.requests
    )
    count, sent = len(offer.requests), max(len(r.references) + len(r.needs) for r in offer.requests)
    return [
        ", ".join(list(titles)[:3]) + (" …" if len(titles) > 3 else ""),
        f"{count} × {first.image_size} {first.aspect_ratio}, {models.find(first.model).label}, {provider}",
        f"{sent} image{'s are' if sent != 1 else ' is'} sent with {'each' if count > 1 else 'it'}." if sent else "",
    ]


_pending: list[Offer] = []


def set_pending(offer: Offer) -> None:
    """Keep the offer that the dialog asks about."""
    _pending[:] = [offer]


def get_pending() -> Offer | None:
    """The offer that the dialog asks about."""
    return _pending[0] if _pending else None


def take_pending() -> Offer | None:
    """The offer that was decided about; there is none any more."""
    return _pending.pop() if _pending else None
