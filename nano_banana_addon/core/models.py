# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of image models, and which of them each provider offers, as of the last query.

The panels read the latter at every draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from ..light_dataclass import light_dataclass
from .catalogue.comfyui_models import COMFYUI_MODELS
from .catalogue.gemini_models import GEMINI_MODELS, build_unknown
from .catalogue.image_model import ALL_RATIOS, ImageModel, Manner, PixelSize, Prices, SizeRule
from .catalogue.service_models import SERVICE_MODELS, build_unknown_service_model

__all__ = ["ALL_RATIOS", "ImageModel", "Manner", "PixelSize", "Prices", "SizeRule"]

#: In the order in which they are offered.
MODELS: Mapping[str, ImageModel] = MappingProxyType(
    {model.id: model for model in (*GEMINI_MODELS, *SERVICE_MODELS, *COMFYUI_MODELS)}
)
DEFAULT_MODEL = GEMINI_MODELS[0].id
_SUCCESSORS: Mapping[str, str] = MappingProxyType(
    {old: model.id for model in MODELS.values() for old in model.predecessors}
)


def find_successor(model_id: str) -> str:
    """The current id for a retired one; any other id is returned unchanged."""
    return _SUCCESSORS.get(model_id, model_id)


def find(model_id: str) -> ImageModel:
    """The model of an id; retired ids give their successor.

    An unknown id is treated like the others of its family, by its name: one of no known family like Nano Banana Pro,
    with that model's prices.
    """
    current = find_successor(model_id)
    return MODELS.get(current) or build_unknown_service_model(current) or build_unknown(current)


@light_dataclass(frozen=True)
class NewModel:
    """An image model that the catalogue does not know, but that can be used."""

    id: str
    label: str


@light_dataclass(frozen=True)
class ModelAvailability:
    """A provider's list against the catalogue; `asked` in seconds since 1970."""

    offered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    new: tuple[NewModel, ...] = ()
    asked: float = 0.0
    prices: dict[str, float] = field(default_factory=dict[str, float])  # US dollars of one image, by catalogue id


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
