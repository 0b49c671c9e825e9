# SPDX-License-Identifier: GPL-3.0-or-later
"""What each provider offers, as it said when it was last asked. The panels read it at every draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewModel:
    """An image model that the catalogue does not know. It can be used all the same."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider's list against the catalogue; `asked` in seconds since 1970."""

    offered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    new: tuple[NewModel, ...] = ()
    asked: float = 0.0


_offers: dict[str, Offer] = {}


def note(offers: Mapping[str, Offer]) -> None:
    """Remember what providers offer, by their ids, for as long as the process runs."""
    _offers.update(offers)


def offer_of(provider: str) -> Offer:
    """What a provider offers; nothing where it was never asked."""
    return _offers.get(provider, Offer())


def is_missing(provider: str, model: str) -> bool:
    """Whether a provider was asked and does not offer a model."""
    offer = offer_of(provider)
    known = {*offer.offered, *(entry.id for entry in offer.new)}
    return bool(offer.asked) and model not in known


def new_models() -> dict[str, str]:
    """The labels of all models that the catalogue does not know, by id."""
    return {entry.id: entry.label for offer in _offers.values() for entry in offer.new}
