# SPDX-License-Identifier: GPL-3.0-or-later
"""One shot of a storyboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..options import Item
from ..settings import OPTIONS
from .continuity import Continuity

#: What shots can be made from.
ORIGIN_ITEMS = (
    Item("MARKERS", "Markers", "Each timeline marker that is bound to a camera", 0, "MARKER"),
    Item("SELECTED", "Selected Cameras", "Each selected camera, one shot after another", 1, "RESTRICT_SELECT_OFF"),
    Item("CAMERAS", "All Cameras", "Each camera of the scene by name, one shot after another", 2, "OUTLINER_OB_CAMERA"),
    Item("FRAMES", "Every Nth Frame", "The camera that is active at each of these frames", 3, "TIME"),
)
#: The settings that one shot may have otherwise than its scene.
OVERRIDABLE = tuple(
    name
    for name, row in OPTIONS.items()
    if row.panel in ("model", "service", "safety")
    or name in ("model", "custom_model", "image_size", "aspect_ratio", "shading", "fit", "capture_guides", "notes")
)


@dataclass(frozen=True, slots=True)
class Shot:
    """A camera from one frame on: what is generated once, and what a printed board or an edit says of it."""

    name: str
    start: int  # its first frame
    length: int  # frames, at least 1
    camera: str  # the object's name; "" if it was deleted
    id: str = ""  # stays the same when it is renamed or moved; "" for a shot that only a timeline marker makes
    lens: float = 0.0  # millimetres; 0: not known, or an orthographic camera
    prompt: str = ""  # beside the scene's
    action: str = ""
    dialogue: str = ""
    notes: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict[str, Any])  # settings of the request, by their names
    continuity: Continuity = field(default_factory=Continuity)

    @property
    def end(self) -> int:
        """The frame after its last one."""
        return self.start + self.length

    @property
    def key(self) -> str:
        """What it is known by among the shots of its scene."""
        return self.id or f"@{self.start} {self.name} {self.camera}"
