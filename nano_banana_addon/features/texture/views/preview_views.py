# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of a texture as cameras in the scene, and what they see of the surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy

from ....blender.bake.mesh import Geometry
from ....core.errors import InputError
from ....core.settings import Settings
from ....core.texture import TextureSettings, ViewSet
from ..objects.choice import choose_objects
from . import coverage, view_cameras
from .object_views import read_views
from .planned_view import PlannedView


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """The share of the surface that some views see, their number, and warnings about the UV maps."""

    part: float
    views: int
    notes: tuple[str, ...]


def show_views(context: bpy.types.Context, settings: Settings, texture: TextureSettings) -> CoverageReport:
    """Put a camera at each view of the chosen set, and measure the coverage. Raises `InputError`."""
    if texture.views == ViewSet.KEYFRAMES:
        raise InputError(
            "Keyframes are views of the scene's camera.", next_step="Go to the frame, and look through the camera."
        )
    view_cameras.hide(context.scene)
    geometry, planned, notes = read_views(context, choose_objects(context), texture, settings)
    view_cameras.show(context.scene, [each.view for each in planned], planned[0].canvas)
    return _report(geometry, planned, notes, both_sides=texture.both_sides)


def measure_coverage(context: bpy.types.Context, settings: Settings, texture: TextureSettings) -> CoverageReport:
    """The coverage of the current views. Raises `InputError`."""
    geometry, planned, notes = read_views(context, choose_objects(context), texture, settings)
    return _report(geometry, planned, notes, both_sides=texture.both_sides)


def _report(
    geometry: Geometry, planned: Sequence[PlannedView], notes: tuple[str, ...], *, both_sides: bool
) -> CoverageReport:
    seen = coverage.measure_coverage(geometry, planned, both_sides=both_sides)
    return CoverageReport(seen.part, len(planned), (*notes, *seen.notes))
