# SPDX-License-Identifier: GPL-3.0-or-later
"""A view of a texture before it is generated."""

from __future__ import annotations

from dataclasses import dataclass

from ....blender.bake.mesh import Geometry
from ....core.scene.capture import ObjectPose, View


@dataclass(frozen=True, slots=True)
class PlannedView:
    """A view, its canvas (pixels of the model's image), the ratio as the API spells it, and its own prompt.

    A keyframe's has the geometry as it is at that frame, and the transforms of the objects that are visible there.
    """

    name: str
    view: View
    canvas: tuple[int, int]
    ratio: str
    prompt: str = ""
    pose: Geometry | None = None
    targets: tuple[ObjectPose, ...] = ()
