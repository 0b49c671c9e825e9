# SPDX-License-Identifier: GPL-3.0-or-later
"""A workspace for generating images, made by code of the workspace that is open, so that it fits each version."""

from __future__ import annotations

from contextlib import suppress

import bpy

from ...identity import DISPLAY_NAME, ID_TAG
from . import editors

_SWITCHED = 0.05  # seconds between looks whether Blender has switched to the new workspace
_LOOKS = 100
_DRAWN = 0.2  # seconds until the areas were drawn


def open_workspace(context: bpy.types.Context, image: bpy.types.Image | None) -> None:
    """Open the workspace with an image in its Image Editor; made first if this file has none."""
    window, found = context.window, next((w for w in bpy.data.workspaces if w.get(ID_TAG)), None)
    if found is not None:
        window.workspace = found
        _show_image(window, found.screens[0], image)
        return
    previous = set(bpy.data.workspaces)
    with context.temp_override(window=window):
        bpy.ops.workspace.duplicate()
    made = next(each for each in bpy.data.workspaces if each not in previous)
    made.name, made[ID_TAG] = DISPLAY_NAME, "workspace"
    window.workspace = made
    _arrange_when_open(image.name if image else "")


def _arrange_when_open(image_name: str) -> None:
    """Arrange the areas as soon as Blender has switched, one step a turn.

    A new area has no size, and one whose editor was just changed no regions, before Blender has drawn it: to split the
    one fails, and to show a sidebar of the other crashes.
    """
    steps = [_split_sides, _split_right, _choose_editors, lambda window: _fill(window, bpy.data.images.get(image_name))]
    looks = [0]

    def take_step() -> float | None:
        looks[0] += 1
        for window in bpy.context.window_manager.windows:
            if window.workspace.get(ID_TAG):
                steps.pop(0)(window)
                return _DRAWN if steps else None
        return _SWITCHED if looks[0] < _LOOKS else None

    bpy.app.timers.register(take_step, first_interval=_SWITCHED)


def _split_sides(window: bpy.types.Window) -> None:
    editors.split_area(window, _close_all_but_largest(window), "VERTICAL", 0.55)


def _split_right(window: bpy.types.Window) -> None:
    editors.split_area(window, max(window.screen.areas, key=lambda area: area.x), "HORIZONTAL", 0.45)


def _choose_editors(window: bpy.types.Window) -> None:
    """A 3D view at the left; at the right an Image Editor, and below it the compositor."""
    left, lower, upper = sorted(window.screen.areas, key=lambda area: (area.x, area.y))
    left.type, upper.type, lower.ui_type = "VIEW_3D", "IMAGE_EDITOR", "CompositorNodeTree"


def _fill(window: bpy.types.Window, image: bpy.types.Image | None) -> None:
    """Show the camera's view with the add-on's tab, and the image; hide the sidebars of the other editors."""
    for area in window.screen.areas:
        space = area.spaces.active
        if area.type == "VIEW_3D" and window.scene.camera is not None:
            space.region_3d.view_perspective = "CAMERA"
        elif area.type != "VIEW_3D":
            space.show_region_ui = False
    _show_image(window, window.screen, image)
    with bpy.context.temp_override(window=window):
        editors.show_sidebar(bpy.context, "VIEW_3D", DISPLAY_NAME)


def _close_all_but_largest(window: bpy.types.Window) -> bpy.types.Area:
    """Close areas, the smallest first, until one is left or none can be closed. Returns the largest."""
    screen = window.screen
    while len(screen.areas) > 1 and any(_close(window, area) for area in sorted(screen.areas, key=_measure)):
        pass
    return max(screen.areas, key=_measure)


def _measure(area: bpy.types.Area) -> int:
    return area.width * area.height


def _close(window: bpy.types.Window, area: bpy.types.Area) -> bool:
    """Close an area; False where Blender refuses, since no neighbour has its height or width."""
    count = len(window.screen.areas)
    with bpy.context.temp_override(window=window, area=area), suppress(RuntimeError):
        bpy.ops.screen.area_close()
    return len(window.screen.areas) < count


def _show_image(window: bpy.types.Window, screen: bpy.types.Screen, image: bpy.types.Image | None) -> None:
    if image is None:
        return
    for area in screen.areas:
        if area.type == "IMAGE_EDITOR":
            area.spaces.active.image = image
            if window.screen == screen:
                editors.fit_image(window, area)
