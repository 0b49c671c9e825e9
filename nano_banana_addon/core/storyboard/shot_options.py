# SPDX-License-Identifier: GPL-3.0-or-later
"""What shots are made from, and which settings each may have of its own."""

from ..options import Item
from ..settings import OPTIONS

#: What shots can be made from.
ORIGIN_ITEMS = (
    Item("MARKERS", "Markers", "Each timeline marker that is bound to a camera", 0, "MARKER"),
    Item("SELECTED", "Selected Cameras", "Each selected camera, one shot after another", 1, "RESTRICT_SELECT_OFF"),
    Item("CAMERAS", "All Cameras", "Each camera of the scene by name, one shot after another", 2, "OUTLINER_OB_CAMERA"),
    Item("FRAMES", "Every Nth Frame", "The camera that is active at each of these frames", 3, "TIME"),
)
_OTHERS = ("model", "custom_model", "image_size", "aspect_ratio", "shading", "fit", "capture_guides", "notes", "style")
#: The settings that one shot may have otherwise than its scene.
OVERRIDABLE = tuple(
    name for name, row in OPTIONS.items() if row.panel in ("model", "service", "safety") or name in _OTHERS
)
