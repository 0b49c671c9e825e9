# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a request: one row for each option (see `options`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from ..light_dataclass import light_dataclass
from . import menus, models
from .constants import DeliveryKind, EditArea, EditMode
from .guides import GUIDE_ITEMS, sort_guides
from .menus import AUTO_RATIO, CUSTOM_MODEL, Shading
from .models import DEFAULT_MODEL
from .options import (
    LOWER_CASE,
    Item,
    decode_request_fields,
    list_options,
    option,
    optional_number,
    prefix_codec,
)
from .scene.fit import Fit
from .styles.styles import NO_STYLE

if TYPE_CHECKING:
    from .request import GenerationRequest


class Source(StrEnum):
    """Where the structure image comes from: those that code asks for by name; `capture.sources` has them all."""

    CAMERA = "CAMERA"
    VIEWPORT = "VIEWPORT"
    RENDER = "RENDER"
    LAST_RENDER = "LAST_RENDER"
    IMAGE = "IMAGE"
    NONE = "NONE"  # text and references only


MAX_VARIANTS = 8
SAFETY_CATEGORIES = ("harassment", "hate_speech", "sexually_explicit", "dangerous_content")


def _safety(category: str) -> Any:
    label = category.replace("_", " ").title()
    return option(
        "",
        label,
        f"Blocking threshold: {label.lower()}",
        items=menus.SAFETY_ITEMS,
        optional=True,
        panel="safety",
        field="safety",
        key=f"HARM_CATEGORY_{category.upper()}",
        capability="safety_settings",
    )


def _text(capability: str, label: str, help: str, flag: str, field: str = "", **row: Any) -> Any:
    row = {"metavar": "TEXT", "field": field or capability, "capability": capability, "panel": "service"} | row
    return option("", label, help, flag=flag, **row)


def _switch(name: str, capability: str, label: str, help: str, flag: str = "", panel: str = "service") -> Any:
    return option(False, label, help, flag=flag, field=name, capability=capability, panel=panel)


def _menu(name: str, capability: str, label: str, flag: str, items: Sequence[Item], help: str, **row: Any) -> Any:
    row = {"panel": "service", "optional": True} | row
    return option("", label, help, items=items, flag=flag, field=name, capability=capability, **row)


_capture = partial(option, panel="capture", kept=True)
_prompt = partial(option, panel="prompt")


def _field(name: str) -> Any:
    help = f"What {{{name}}} is, in the prompt and in styles"
    return _prompt("", name.title(), help, flag=f"--{name}", metavar="TEXT")


@light_dataclass(frozen=True)
class CaptureSettings:
    """How the scene is captured, in the model's sizes. `frame_number` None is the scene's current frame."""

    source: str = _capture(
        *(Source.CAMERA.value, "Source", "The image of the scene that the model restyles"), flag="--source"
    )
    source_image: str = _capture(
        *("", "Image", "The name of an image in this file, or the path of an image file"),
        **{"subtype": "FILE_PATH", "flag": "--image", "metavar": "FILE"},
    )
    shading: str = _capture(
        *(Shading.MATERIAL.value, "Shading", "How the scene is drawn for the capture"),
        **{"items": menus.SHADING_ITEMS, "flag": "--shading"},
    )
    overlays: bool = _capture(False, "Overlays", "Include the grid and other overlays")
    only_selected: bool = _capture(False, "Only Selected", "Show only the selected objects", flag="--only-selected")
    transparent: bool = _capture(
        False,
        "Transparent Background",
        "Leave out the world and keep its mask for Cut Out; generated images have no alpha",
        flag="--transparent",
    )
    use_region: bool = _capture(False, "Render Region", "Capture only the render region")
    fit: str = _capture(
        *(Fit.EXTEND.value, "Fit", "How the camera's frame is fitted to the model's aspect ratio"),
        **{"items": menus.FIT_ITEMS, "flag": "--fit"},
    )
    model: str = option(DEFAULT_MODEL, "Model", "The image model", items=menus.MODEL_ITEMS, kept=True)
    custom_model: str = option("", "Model ID", "ID of a model that is not in the list", kept=True)
    image_size: str = option("2K", "Size", "The size of the returned image", items=menus.SIZE_ITEMS)
    aspect_ratio: str = option(
        AUTO_RATIO, "Aspect Ratio", "Width to height of the returned image", items=menus.RATIO_ITEMS, kept=True
    )
    frame_number: int | None = None

    @property
    def model_id(self) -> str:
        """The id of the requested model."""
        return self.custom_model.strip() if self.model == CUSTOM_MODEL else self.model

    @property
    def ratio(self) -> str:
        """The aspect ratio as the service spells it, "" for the one nearest to the frame."""
        return "" if self.aspect_ratio == AUTO_RATIO else self.aspect_ratio


@light_dataclass(frozen=True)
class Settings(CaptureSettings):
    """All settings of a request. `provider` "" is the one in the preferences.

    `deliveries` are the ids of the targets to which the result is delivered automatically. `project` is charged with
    the cost; "": the folder of the .blend.
    """

    prompt: str = option("", "Prompt", "Description of the image to generate")
    style: str = _prompt(
        NO_STYLE, "Style", "How the image looks; its text follows the prompt", items=menus.STYLE_ITEMS, flag="--style"
    )
    field_subject: str = _field("subject")
    field_material: str = _field("material")
    field_light: str = _field("light")
    field_palette: str = _field("palette")
    scene_facts: bool = _prompt(
        *(False, "Scene Facts", "Also send lens, time of day, lights, and the names and materials of selected objects"),
        flag="--scene-facts",
    )
    capture_guides: tuple[str, ...] = _capture(
        (),
        "Guides",
        "Images of the geometry that are drawn with the capture and sent with it",
        items=GUIDE_ITEMS,
        flag="--guides",
    )
    mask_image: str = _capture(
        "",
        "Mask",
        "Image for the guide Mask, painted on the UV map of the selected objects",
        flag="--mask",
        metavar="NAME",
    )
    notes: bool = _capture(
        False, "Notes", "Send the notes of this scene with a marked copy of the image", flag="--notes"
    )
    annotations: bool = _capture(
        *(False, "Annotations", "Send a copy of the image with the strokes of the Annotate tool"), flag="--annotations"
    )
    view_layers: str = _capture(
        *("", "View Layers", "Names of view layers of the last render, with commas, which go along as references"),
        flag="--view-layers",
        metavar="NAMES",
    )
    provider: str = ""
    thinking_level: str = _menu(
        *("thinking_level", "thinking_levels", "Thinking", "--thinking", menus.THINKING_ITEMS),
        "How much the model thinks before it generates",
    )
    include_thoughts: bool = _switch(
        *("include_thoughts", "thoughts", "Keep Thoughts"),
        "Keep the model's thoughts and drafts with the result",
    )
    google_search: bool = _switch(
        *("google_search", "google_search", "Google Search"),
        "Let the model search the web; its sources are shown with the result",
        "--search",
    )
    image_search: bool = _switch(
        *("image_search", "image_search", "Image Search"),
        "Let the model search for images on the web; not available for people",
        "--image-search",
    )
    system_instruction: str = _text(
        "system_instruction", "System Instruction", "Instructions that apply to every prompt", "--system"
    )
    media_resolution: str = _menu(
        *("media_resolution", "media_resolution", "Media Resolution", "--media-resolution", menus.RESOLUTION_ITEMS),
        "Resolution at which the model reads the images sent",
        codec=prefix_codec("MEDIA_RESOLUTION_"),
    )
    service_tier: str = _menu(
        *("service_tier", "tiers", "Service Tier", "--tier", menus.TIER_ITEMS),
        "Price and speed of the request",
        codec=LOWER_CASE,
    )
    quality: str = _menu(
        *("quality", "qualities", "Quality", "--quality", menus.QUALITY_ITEMS),
        "How much work the model puts into the image, which decides its price; default: high",
        codec=LOWER_CASE,
        panel="model",
    )
    safety_harassment: str = _safety("harassment")
    safety_hate_speech: str = _safety("hate_speech")
    safety_sexually_explicit: str = _safety("sexually_explicit")
    safety_dangerous_content: str = _safety("dangerous_content")
    temperature: float = optional_number(-1.0, "Temperature", "Below 0: the model's default", 1.0, "max_temperature")
    seed: int = optional_number(
        -1, "Seed", "Below 0: no seed. The service does not guarantee identical results", 2**31 - 1, "seeds"
    )
    strength: float = optional_number(
        -1.0, "Strength", "How much of the captured image is repainted; below 0: the server's default", 1.0, "strength"
    )
    steps: int = optional_number(-1, "Steps", "Sampling steps; below 0: the server's default", 150, "max_steps")
    guidance: float = optional_number(
        *(-1.0, "Guidance", "How closely the image follows the prompt; below 0: the server's default", 30.0),
        "max_guidance",
    )
    negative_prompt: str = _text("negative_prompt", "Negative Prompt", "What the image must not show", "--negative")
    workflow: str = _text(
        *("own_workflow", "Workflow", "A workflow exported from ComfyUI in API format, or an image that ComfyUI saved"),
        *("--workflow", "workflow"),
        **{"metavar": "FILE", "subtype": "FILE_PATH", "panel": "model"},
    )
    variants: int = option(
        1, "Variants", "Number of images to generate; each is billed", minimum=1, maximum=MAX_VARIANTS
    )
    together: bool = _switch(
        *("together", "series", "Matching Images"),
        "Ask for all variants, or all shots of a storyboard, in one call, so that they match; each is billed",
        "--together",
        panel="set",
    )
    edit_mode: str = option(
        EditMode.CHANGE.value, "Mode", "What to do with the area", items=menus.MODE_ITEMS, flag="--mode", panel="edit"
    )
    edit_area: str = option(EditArea.PAINTED.value, "Area", "What the area is", items=menus.AREA_ITEMS, panel="edit")
    edit_part: str = option(EditArea.BOX.value, "Area", "The part of the view", items=menus.PART_ITEMS, panel="edit")
    deliveries: tuple[str, ...] = (DeliveryKind.IMAGE.value,)
    project: str = option(
        "",
        "Project",
        "Project that is charged and under which the history lists the results; empty: the folder of the .blend file",
        flag="--project",
        metavar="NAME",
        panel="cost",
    )

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The view layers that go along."""
        names = self.view_layers.split(",") if self.source == Source.LAST_RENDER else ()
        return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))

    def drop_unsupported(self) -> Settings:
        """A copy without the options that the model lacks: the panels do not show them."""
        model = models.find(self.model_id)
        dropped = {row.name: row.default for row in OPTIONS.values() if not row.is_offered(model)}
        changed = {name: default for name, default in dropped.items() if getattr(self, name) != default}
        return replace(self, **changed) if changed else self

    def replace_choices(self, choices: Mapping[str, Any]) -> Settings:
        """A copy with some settings replaced.

        Raises `ValueError` for a value that a menu lacks, `TypeError` for a name that does not exist.
        """
        values = dict(choices)
        if "capture_guides" in values:
            values["capture_guides"] = sort_guides(values["capture_guides"])
        for name in _CLOSED_MENUS & values.keys():
            if values[name] not in {item.id for item in OPTIONS[name].items}:
                raise ValueError(f"{OPTIONS[name].label} has no value {values[name]!r}")
        return replace(self, **values)


#: Every option that is a property of the scene, by its name.
OPTIONS = list_options(Settings)
#: Menus whose values do not depend on the model: those are checked with the request.
_CLOSED_MENUS = frozenset({"shading", "fit"})


def settings_of_request(request: GenerationRequest) -> dict[str, Any]:
    """The request's options besides prompt and images, as settings for `replace_choices`."""
    return decode_request_fields(OPTIONS.values(), request)
