# SPDX-License-Identifier: GPL-3.0-or-later
"""The menus of the settings, each value with its number in .blend files."""

from __future__ import annotations

from enum import StrEnum

from . import models
from .constants import EditArea, EditMode
from .options import Item
from .scene.fit import Fit
from .styles.styles import NO_STYLE, STYLES, USE_LABELS


class Shading(StrEnum):
    """How the 3D view is drawn for a capture."""

    SOLID = "SOLID"
    MATERIAL = "MATERIAL"


#: Instead of a ratio: the one nearest to the camera's or the image's.
AUTO_RATIO = "AUTO"
#: Instead of a model of the catalogue: the id in `custom_model`.
CUSTOM_MODEL = "CUSTOM"

SHADING_ITEMS = (
    Item(Shading.SOLID, "Solid", "Drawn in Solid shading", 0, "SHADING_SOLID"),
    Item(Shading.MATERIAL, "Material Preview", "Drawn in Material Preview, with materials", 1, "SHADING_TEXTURE"),
)
FIT_ITEMS = (
    Item(Fit.EXTEND, "Extend", "Show slightly more of the scene, without cropping or bars", 0),
    Item(Fit.CROP, "Crop", "Crop the longer side", 1),
    Item(Fit.PAD, "Pad", "Add bars", 2),
)
MODEL_ITEMS = (
    *(Item(model.id, model.label, model.note or model.id, model.number) for model in models.MODELS.values()),
    Item(CUSTOM_MODEL, "Other", "A model given by its ID", 99),
)
SIZE_ITEMS = tuple(
    Item(size, size, f"Images of about {size} pixels on the longer side", number)
    for number, size in enumerate(("512", "1K", "2K", "4K", "3K"))
)
RATIO_ITEMS = (
    Item(AUTO_RATIO, "Automatic", "The ratio nearest to that of the camera or the image", 0),
    *(Item(ratio, ratio, f"Width to height {ratio}", n) for n, ratio in enumerate(models.ALL_RATIOS, start=1)),
)
THINKING_ITEMS = (
    Item("MINIMAL", "Minimal", "Fastest", 1),
    Item("LOW", "Low", "", 2),
    Item("MEDIUM", "Medium", "", 3),
    Item("HIGH", "High", "Slowest and most thorough", 4),
)
RESOLUTION_ITEMS = (
    Item("LOW", "Low", "References are read at low resolution: fewer input tokens", 1),
    Item("MEDIUM", "Medium", "", 2),
    Item("HIGH", "High", "References are read at high resolution: more input tokens", 3),
)
TIER_ITEMS = (
    Item("STANDARD", "Standard", "Standard price and speed", 1),
    Item("FLEX", "Flex", "Half the price, slower, and refused when the service is busy", 2),
    Item("PRIORITY", "Priority", "Processed first, for 75 to 100 % more; the prices shown are the highest", 3),
    Item("BATCH", "Batch", "Half the price, some time within a day; Blender may be closed meanwhile", 4),
)
QUALITY_ITEMS = (
    Item("LOW", "Low", "For drafts: about a fifteenth of the price of high quality", 1),
    Item("MEDIUM", "Medium", "About a quarter of the price of high quality", 2),
    Item("HIGH", "High", "Full price", 3),
)
SAFETY_ITEMS = (
    Item("OFF", "Off", "No filter except those that cannot be disabled", 1),
    Item("BLOCK_NONE", "Block None", "Rate content, but block nothing", 2),
    Item("BLOCK_ONLY_HIGH", "Block High", "Block content that is probably harmful", 3),
    Item("BLOCK_MEDIUM_AND_ABOVE", "Block Medium", "Block content that is possibly harmful", 4),
    Item("BLOCK_LOW_AND_ABOVE", "Block Low", "Block content that could be harmful", 5),
)
MODE_ITEMS = (
    Item(EditMode.CHANGE, "Change", "Change what is in the area as the prompt says", 0),
    Item(EditMode.FILL, "Fill", "Send the area empty, and fill it to suit its surroundings", 1),
    Item(EditMode.REMOVE, "Remove Object", "Remove what is in the area, and show what lies behind it", 2),
    Item(EditMode.EXTEND, "Extend Canvas", "Continue the image beyond its borders, to another aspect ratio", 3),
)
_OBJECTS_ITEM = Item(
    EditArea.OBJECTS, "Selected Objects", "Where a result shows the selected objects", 3, "OBJECT_DATA"
)
AREA_ITEMS = (
    Item(EditArea.PAINTED, "Painted", "Where a copy of the image is painted over", 0, "BRUSH_DATA"),
    Item(
        EditArea.MASK,
        "Mask",
        "A mask of Blender, drawn in the Image Editor's or the Clip Editor's mode Mask",
        1,
        "MOD_MASK",
    ),
    Item(EditArea.BOX, "Box", "A rectangle that is dragged over the image", 2, "SELECT_SET"),
    _OBJECTS_ITEM,
)
PART_ITEMS = (
    Item(EditArea.BOX, "Render Region", "The render region of the camera's view (Ctrl B)", 2, "SELECT_SET"),
    _OBJECTS_ITEM,
)

STYLE_ITEMS = (
    Item(NO_STYLE, "No Style", "The prompt alone says how the image looks", 0),
    *(Item(row.id, row.label, f"{USE_LABELS[row.use]}: {row.help}", row.number) for row in STYLES.values()),
)
