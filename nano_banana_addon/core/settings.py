# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist chooses before pressing the button: one set of names and defaults for the scene's
properties, the operators and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from . import models
from .frames import Fit
from .guides import Guide, sort_guides
from .models import DEFAULT_MODEL
from .request import DeliveryKind, GenerationRequest


class Source(StrEnum):
    """Where the structure picture comes from."""

    CAMERA = "CAMERA"
    VIEWPORT = "VIEWPORT"
    RENDER = "RENDER"
    LAST_RENDER = "LAST_RENDER"
    IMAGE = "IMAGE"
    NONE = "NONE"  # text and references only


class Shading(StrEnum):
    """How the 3D view is drawn for a capture."""

    SOLID = "SOLID"
    MATERIAL = "MATERIAL"


#: Instead of a ratio: the one nearest to the camera's or the picture's.
AUTO_RATIO = "AUTO"
#: Instead of a value: as the service does by itself. Properties cannot be empty, requests can.
DEFAULT = "DEFAULT"
#: Instead of a model of the catalogue: the id in `custom_model`.
CUSTOM_MODEL = "CUSTOM"


@dataclass(frozen=True, slots=True)
class Settings:
    """All choices of one press of the button. `provider` "" is the one in the preferences."""

    prompt: str = ""
    source: Source = Source.CAMERA
    source_image: str = ""  # for IMAGE: a file's path, or the name of an image data-block
    shading: Shading = Shading.MATERIAL
    overlays: bool = False
    only_selected: bool = False
    transparent: bool = False
    use_region: bool = False
    fit: Fit = Fit.EXTEND
    capture_guides: tuple[Guide, ...] = ()  # drawn with the capture and sent along
    mask_image: str = ""  # for the guide MASK: the name of an image data-block
    provider: str = ""
    model: str = DEFAULT_MODEL
    custom_model: str = ""
    image_size: str = "2K"
    aspect_ratio: str = AUTO_RATIO
    thinking_level: str = ""
    include_thoughts: bool = False
    system_instruction: str = ""
    google_search: bool = False
    image_search: bool = False
    media_resolution: str = ""  # LOW, MEDIUM, HIGH
    service_tier: str = ""  # STANDARD, FLEX, PRIORITY
    safety_harassment: str = ""  # a threshold as the API spells it, as for the next three
    safety_hate_speech: str = ""
    safety_sexually_explicit: str = ""
    safety_dangerous_content: str = ""
    temperature: float = -1.0  # below 0: the model's default
    seed: int = -1  # below 0: none
    variants: int = 1
    to_image: bool = True
    to_material: bool = False
    to_compositor: bool = False
    to_background: bool = False
    project: str = ""  # what the cost is booked on; "": the folder of the .blend

    @property
    def model_id(self) -> str:
        """The id to ask for."""
        return self.custom_model.strip() if self.model == CUSTOM_MODEL else self.model

    @property
    def safety(self) -> dict[str, str]:
        """Thresholds by category, as the API spells them; categories left to the service are out."""
        chosen = {name: getattr(self, f"safety_{name}") for name in SAFETY_CATEGORIES}
        return {f"HARM_CATEGORY_{name.upper()}": v for name, v in chosen.items() if v}

    @property
    def deliveries(self) -> tuple[DeliveryKind, ...]:
        """Where the result goes by itself."""
        chosen = (
            (self.to_image, DeliveryKind.IMAGE),
            (self.to_material, DeliveryKind.MATERIAL),
            (self.to_compositor, DeliveryKind.COMPOSITOR),
            (self.to_background, DeliveryKind.CAMERA_BACKGROUND),
        )
        return tuple(kind for wanted, kind in chosen if wanted)

    def as_offered(self) -> Settings:
        """Without the choices that the model does not have: the panels do not show them, so they
        cannot be meant."""
        model = models.find(self.model_id)
        return replace(
            self,
            thinking_level=self.thinking_level if model.thinking_levels else "",
            google_search=self.google_search and model.google_search,
            image_search=self.image_search and model.image_search,
            system_instruction=self.system_instruction if model.system_instruction else "",
            media_resolution=self.media_resolution if model.media_resolution else "",
        )

    def with_choices(self, choices: Mapping[str, Any]) -> Settings:
        """A copy with some choices made otherwise; enums may be given by their names.

        Raises `ValueError` for a value that an enum lacks, `TypeError` for a name that does not exist.
        """
        enums: dict[str, Any] = {"source": Source, "shading": Shading, "fit": Fit}
        made = {name: enums[name](v) if name in enums else v for name, v in choices.items()}
        if "capture_guides" in made:
            made["capture_guides"] = sort_guides(made["capture_guides"])
        return replace(self, **made)


SAFETY_CATEGORIES = ("harassment", "hate_speech", "sexually_explicit", "dangerous_content")
#: Choices that may be left to the service: "" in settings, `DEFAULT` in properties.
DEFAULTED = (
    *("thinking_level", "media_resolution", "service_tier"),
    *(f"safety_{name}" for name in SAFETY_CATEGORIES),
)


def settings_of_request(request: GenerationRequest) -> dict[str, Any]:
    """What is asked of the service beside prompt and pictures, as choices for `with_choices`."""
    threshold = request.safety.get
    return {
        "thinking_level": request.thinking_level,
        "include_thoughts": request.include_thoughts,
        "system_instruction": request.system_instruction,
        "google_search": request.google_search,
        "image_search": request.image_search,
        "media_resolution": request.media_resolution.removeprefix("MEDIA_RESOLUTION_"),
        "service_tier": request.service_tier.upper(),
        **{f"safety_{n}": threshold(f"HARM_CATEGORY_{n.upper()}", "") for n in SAFETY_CATEGORIES},
        "temperature": -1.0 if request.temperature is None else request.temperature,
        "seed": -1 if request.seed is None else request.seed,
    }


#: What a request does not tell by itself: how the scene was captured, and what stood for "automatic".
_KEPT = (
    *("source", "source_image", "shading", "overlays", "only_selected", "transparent"),
    *("use_region", "fit", "model", "custom_model", "aspect_ratio"),
    *("capture_guides", "mask_image"),
)


def encode_ui_state(settings: Settings) -> dict[str, str]:
    """The choices that are kept beside a request; no prompt and no secrets."""
    words = {name: str(getattr(settings, name)) for name in _KEPT}
    return words | {"capture_guides": " ".join(settings.capture_guides)}


def decode_ui_state(words: Mapping[str, str]) -> dict[str, Any]:
    """The inverse, for `with_choices`; words of newer versions are passed over."""
    usual = Settings()
    return {name: _from_word(getattr(usual, name), text) for name, text in words.items() if name in _KEPT}


def _from_word(usual: object, text: str) -> bool | str | list[str]:
    if isinstance(usual, tuple):
        return [word for word in text.split() if word in set(Guide)]
    return text == "True" if isinstance(usual, bool) else text


SETTING_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Settings))
