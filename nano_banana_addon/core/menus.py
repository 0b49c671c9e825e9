# SPDX-License-Identifier: GPL-3.0-or-later
"""The menus of the settings, each value with its number in .blend files."""

from __future__ import annotations

from enum import StrEnum

from . import models
from .frames import Fit
from .options import Item


class Shading(StrEnum):
    """How the 3D view is drawn for a capture."""

    SOLID = "SOLID"
    MATERIAL = "MATERIAL"


#: Instead of a ratio: the one nearest to the camera's or the image's.
AUTO_RATIO = "AUTO"
#: Instead of a model of the catalogue: the id in `custom_model`.
CUSTOM_MODEL = "CUSTOM"

SHADING_ITEMS = (
    Item(Shading.SOLID, "Solid", "As Solid shading draws it", 0, "SHADING_SOLID"),
    Item(Shading.MATERIAL, "Material Preview", "With materials, as Material Preview draws it", 1, "SHADING_TEXTURE"),
)
FIT_ITEMS = (
    Item(Fit.EXTEND, "Extend", "Show a little more of the scene, so that nothing is cropped or barred", 0),
    Item(Fit.CROP, "Crop", "Cut the longer side", 1),
    Item(Fit.PAD, "Pad", "Add bars", 2),
)
MODEL_ITEMS = (
    *(Item(model.id, model.label, model.note or model.id, model.number) for model in models.MODELS.values()),
    Item(CUSTOM_MODEL, "Other", "A model by its id", 99),
)
SIZE_ITEMS = tuple(
    Item(size, size, f"Images of about {size} pixels on the longer side", number)
    for number, size in enumerate(("512", "1K", "2K", "4K"))
)
RATIO_ITEMS = (
    Item(AUTO_RATIO, "Automatic", "The ratio nearest to the camera's or the image's", 0),
    *(Item(ratio, ratio, f"Width to height {ratio}", n) for n, ratio in enumerate(models.ALL_RATIOS, start=1)),
)
THINKING_ITEMS = (
    Item("MINIMAL", "Minimal", "Quickest", 1),
    Item("LOW", "Low", "", 2),
    Item("MEDIUM", "Medium", "", 3),
    Item("HIGH", "High", "Slowest and most careful", 4),
)
RESOLUTION_ITEMS = (
    Item("LOW", "Low", "References are looked at coarsely: fewer input tokens", 1),
    Item("MEDIUM", "Medium", "", 2),
    Item("HIGH", "High", "References are looked at closely: more input tokens", 3),
)
TIER_ITEMS = (
    Item("STANDARD", "Standard", "The usual price and speed", 1),
    Item("FLEX", "Flex", "Half the price; slower, and refused when the service is busy", 2),
    Item("PRIORITY", "Priority", "Before others, at a higher price", 3),
)
SAFETY_ITEMS = (
    Item("OFF", "Off", "No filter beside those that cannot be switched off", 1),
    Item("BLOCK_NONE", "Block None", "Rate, and block nothing", 2),
    Item("BLOCK_ONLY_HIGH", "Block High", "Block what is probably harmful", 3),
    Item("BLOCK_MEDIUM_AND_ABOVE", "Block Medium", "Block what is perhaps harmful", 4),
    Item("BLOCK_LOW_AND_ABOVE", "Block Low", "Block whatever might be harmful", 5),
)
