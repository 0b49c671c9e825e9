# SPDX-License-Identifier: GPL-3.0-or-later
"""The places where a result can go, each a row and a module of this package.

The module has `check(request, context, source)`, which raises `InputError` before anything is paid when no result of
that source could go there; `apply(delivery, log, undo)`, complete or raising `NanoBananaError`; and `remove_all()`,
which takes what it made out of the open file and returns how many things that were. It is imported at its first use:
menus need only the rows.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from ...core import errors
from ...core.constants import DeliveryKind
from ...core.options import Item
from ...light_tuple import LightTuple

if TYPE_CHECKING:
    import bpy

    from ...core.request import GenerationRequest
    from ..capture.sources import CaptureSource


class DeliveryTarget(LightTuple):
    """One place. `setting` is the scene's property that chooses it; "" is not offered there."""

    item: Item
    module: str
    setting: str = ""
    is_default: bool = False

    @property
    def id(self) -> str:
        """Its name in requests and menus."""
        return self.item.id

    @property
    def label(self) -> str:
        """What the artist reads."""
        return self.item.label

    @property
    def help(self) -> str:
        """The tooltip."""
        return self.item.help

    def load(self) -> ModuleType:
        """The module that carries it out."""
        return importlib.import_module(f"{__package__}.{self.module}")


_ROWS = (
    DeliveryTarget(
        Item(DeliveryKind.IMAGE, "Image", "Load the result as an image", 0, "IMAGE_DATA"),
        "image_target",
        "to_image",
        is_default=True,
    ),
    DeliveryTarget(
        Item(DeliveryKind.MATERIAL, "Material", "Put the result on the selected objects", 1, "MATERIAL"),
        "material_target",
        "to_material",
    ),
    DeliveryTarget(
        Item(
            DeliveryKind.COMPOSITOR,
            "Compositor",
            "Show the result over the render: in the layer that it continues, else the topmost, else a new one",
            2,
            "NODE_COMPOSITING",
        ),
        "compositor_target",
        "to_compositor",
    ),
    DeliveryTarget(
        Item(
            DeliveryKind.CAMERA_BACKGROUND,
            "Camera Background",
            "Show the result as the camera's background image",
            3,
            "CAMERA_DATA",
        ),
        "background",
        "to_background",
    ),
    DeliveryTarget(Item(DeliveryKind.STRIP, "Strip", "Add the result to the storyboard", 4, "SEQUENCE"), "strip"),
    DeliveryTarget(
        Item(
            DeliveryKind.REPLACEMENT,
            "Replace Original",
            "Use the edited image wherever the original is used; the original stays in the file",
            5,
            "FILE_REFRESH",
        ),
        "replacement",
    ),
    DeliveryTarget(
        Item(
            DeliveryKind.COMPOSITOR_LAYER,
            "Compositor Layer",
            "Add the result to the compositor as a further layer, over those that are there",
            6,
            "RENDERLAYERS",
        ),
        "layer_target",
    ),
    DeliveryTarget(
        Item(DeliveryKind.CAST, "Cast", "Use the result as the first reference of its member of the cast", 7, "USER"),
        "cast_target",
    ),
    DeliveryTarget(
        Item(
            DeliveryKind.PBR_MATERIAL,
            "PBR Material",
            "Make a material of the image: base colour, height, normals, roughness, occlusion; an asset of this file",
            8,
            "NODE_MATERIAL",
        ),
        "pbr_target",
    ),
)

#: All targets by their ids.
TARGETS: dict[str, DeliveryTarget] = {target.id: target for target in _ROWS}
#: Those that the artist may choose beforehand.
OFFERED_TARGETS = tuple(target for target in _ROWS if target.setting)


def find_target(id: str) -> DeliveryTarget:
    """The target of an id. Raises `InputError` for one of another version of the add-on."""
    if id not in TARGETS:
        raise errors.InputError(
            f"This version cannot deliver to {id!r}.", next_step="Apply the result to another place."
        )
    return TARGETS[id]


def check(request: GenerationRequest, context: bpy.types.Context, source: CaptureSource) -> None:
    """Raise `InputError`, before anything is paid, when a target of a request could not take its result."""
    for target in map(find_target, request.delivery.kinds):
        try:
            target.load().check(request, context, source)
        except errors.InputError as error:
            off = f" Or switch off {target.label} in Deliver To." if target.setting else ""
            raise errors.InputError(error.message, next_step=f"{error.next_step}{off}", remedy=error.remedy) from error
