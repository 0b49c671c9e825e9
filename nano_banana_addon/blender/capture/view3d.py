# SPDX-License-Identifier: GPL-3.0-or-later
"""The 3D view that is captured or drawn with, and how it looks meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import bpy

from ...core.errors import InputError
from ..host import compat
from .temporary import override_properties


@dataclass(frozen=True)
class View3D:
    """One 3D view: its space (shading, overlays), its region (size) and its region's view (matrices)."""

    space: bpy.types.SpaceView3D
    region: bpy.types.Region
    data: bpy.types.RegionView3D

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the region in pixels."""
        return float(self.region.width), float(self.region.height)


def find_view(context: bpy.types.Context, *, visible_only: bool) -> View3D | None:
    """The 3D view under the mouse, else the largest of the window.

    If it need not be `shown`: any in the file, largest first, those that show the whole scene (no local view) before
    the others.
    """
    area, region = getattr(context, "area", None), getattr(context, "region", None)
    if visible_only and area and area.type == "VIEW_3D":
        return _view_of(area, region)
    window = context.window or next(iter(context.window_manager.windows), None)
    screens = [window.screen] if window and window.screen else []
    if not visible_only:
        screens += [screen for screen in bpy.data.screens if screen not in screens]
    views = [_view_of(a) for s in screens for a in s.areas if a.type == "VIEW_3D"]
    if visible_only:
        return max(views, key=_count_pixels, default=None)
    global_views = [view for view in views if view.space.local_view is None]
    return next(iter(global_views or views), None)


def require_view(context: bpy.types.Context) -> View3D:
    """The 3D view that the artist sees. Raises `InputError` when there is none, or its area is too small."""
    view = find_view(context, visible_only=True)
    if view is None:
        raise InputError(
            "There is no 3D view in this window.",
            next_step="Open a 3D Viewport, or capture the camera.",
        )
    if min(view.size) < 2:
        raise InputError("The 3D view has no area to draw in.", next_step="Enlarge its area, or capture the camera.")
    return view


def _count_pixels(view: View3D) -> float:
    return view.size[0] * view.size[1]


def _view_of(area: bpy.types.Area, region: bpy.types.Region | None = None) -> View3D:
    space = area.spaces.active
    if region is None or region.type != "WINDOW" or region.data is None:
        return _view_with_own_data(area, space)
    return View3D(space, region, region.data)


def _view_with_own_data(area: bpy.types.Area, space: bpy.types.SpaceView3D) -> View3D:
    windows = [region for region in area.regions if region.type == "WINDOW"]
    region = next((r for r in windows if r.data == space.region_3d), windows[0])
    return View3D(space, region, space.region_3d)


def draws_immediately(view: View3D, scene: bpy.types.Scene) -> bool:
    """Whether drawing the view gives a finished picture: Rendered shading with Cycles takes its time."""
    return view.space.shading.type != "RENDERED" or scene.render.engine in compat.RASTER_ENGINES


@contextmanager
def override_shading(view: View3D, scene: bpy.types.Scene, shading: str | None, overlays: bool) -> Iterator[None]:
    """The 3D view with a shading (None: its own) and with or without overlays, and back again."""
    with ExitStack() as stack:
        if shading and shading != view.space.shading.type:
            if shading == "MATERIAL" and scene.render.engine == "BLENDER_WORKBENCH":
                # Blender offers no Material Preview while the engine is Workbench.
                stack.enter_context(override_properties(scene.render, engine=compat.eevee_engine()))
            stack.enter_context(override_properties(view.space.shading, type=shading))
        stack.enter_context(override_properties(view.space.overlay, show_overlays=overlays))
        yield
