# SPDX-License-Identifier: GPL-3.0-or-later
"""The light that a model painted into the views, removed before they are baked; the images in the store stay."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from ....blender.bake.mesh import Geometry
from ....blender.bake.view_pass import PaintedView
from ....blender.guides.draw import draw_surface
from ....blender.host.progress_steps import ProgressStep
from ....imaging.arrays import SeenSurface
from .align import AlignedView

if TYPE_CHECKING:
    from ....imaging.unlit import Light

#: The edge of the grid on which the light is drawn; borders of parts are as sharp as this.
_DRAWN_EDGE = 2048
_NONE_FOUND = (
    "Remove Light changed nothing: in these views no light can be told from the colours of the surface, or too few"
    " directions of it are seen."
)


def remove_light_steps(
    geometry: Geometry, views: Sequence[AlignedView], strength: float
) -> Generator[ProgressStep, None, tuple[list[AlignedView], list[str]]]:
    """The views without `strength` (0 ... 1) of their light, and notes; a step for each view.

    Whether there is light is judged of all views together: a view alone may be alike by chance.
    """
    from ....imaging import unlit  # Pillow: not while the add-on is being enabled

    removed = list(views)
    if not strength > 0:
        return removed, []
    lights: list[Light] = []
    for number, view in enumerate(views):
        yield number / len(views) / 2, f"Measuring the light in {view.drift.name}"
        painted = view.painted_view
        lights.append(unlit.fit_light(painted.picture, _draw_surface(geometry, painted), painted.placement))
    told = [light.evidence for light in lights if light.evidence > 0]
    if not told or median(told) < unlit.LEAST_EVIDENCE:
        return removed, [_NONE_FOUND]
    for number, (view, light) in enumerate(zip(views, lights, strict=True)):
        yield (number / len(views) + 1) / 2, f"Removing the light from {view.drift.name}"
        painted = view.painted_view
        levels = light.draw(_draw_surface(geometry, painted))
        picture = unlit.remove_light(painted.picture, levels, min(strength, 1.0), painted.placement)
        removed[number] = replace(view, painted_view=replace(painted, picture=picture))
    return removed, _describe_unclear(views, lights)


def _draw_surface(geometry: Geometry, painted: PaintedView) -> SeenSurface:
    """What a view sees, on the grid of its canvas or coarser; kept for no longer than a step."""
    edge = min(_DRAWN_EDGE, max(painted.picture.shape[:2]))
    longer = max(painted.aspect, 1.0)
    canvas = (max(8, round(edge * painted.aspect / longer)), max(8, round(edge / longer)))
    return draw_surface(painted.pose or geometry, painted.view, canvas)


def _describe_unclear(views: Sequence[AlignedView], lights: Sequence[Light]) -> list[str]:
    names = [view.drift.name for view, light in zip(views, lights, strict=True) if not light.evidence]
    return [f"Remove Light left as it was: {', '.join(names)} (too few directions are seen)."] if names else []
