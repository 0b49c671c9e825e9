# SPDX-License-Identifier: GPL-3.0-or-later
"""The models that each provider offers, as of the last query. The panels read it at every draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewModel:
    """An image model that the catalogue does not know, but that can be used."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class ModelAvailability:
    """A provider's list against the catalogue; `asked` in seconds since 1970."""

    offered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    new: tuple[NewModel, ...] = ()
    asked: float = 0.0


_offers: dict[str, ModelAvailability] = {}


def record(availability: Mapping[str, ModelAvailability]) -> None:
    """Store what providers offer, by their ids, for the life of the process."""
    _offers.update(availability)


def get_availability(provider: str) -> ModelAvailability:
    """What a provider offers; nothing if it was never queried."""
    return _offers.get(provider, ModelAvailability())


def is_missing(provider: str, model: str) -> bool:
    """Whether a provider was queried and does not offer a model."""
    availability = get_availability(provider)
    model_ids = {*availability.offered, *(entry.id for entry in availability.new)}
    return bool(availability.asked) and model not in model_ids


def list_new_models() -> dict[str, str]:
    """The labels of all models that the catalogue does not know, by id."""
    return {entry.id: entry.label for offer in _offers.values() for entry in offer.new}
