# SPDX-License-Identifier: GPL-3.0-or-later
"""Editors that show an image or a text to the artist: one that is open, else one in a new window."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

_DRAWN = 0.15  # seconds until a new editor knows its size
Place = tuple[bpy.types.Window, bpy.types.Area]


def find_image_area(context: bpy.types.Context) -> Place | tuple[None, None]:
    """The largest Image Editor of this window, else one of another, else a new one (None without windows)."""
    return _find_area(context, "IMAGE_EDITOR") or _open_area(context, "IMAGE_EDITOR") or (None, None)


def show_image(context: bpy.types.Context, image: bpy.types.Image | None) -> None:
    """Show an image in an Image Editor, fitted to it."""
    window, area = find_image_area(context)
    if window is not None and area is not None:
        space = area.spaces.active
        if space.ui_mode == "PAINT" and space.image != image:
            space.ui_mode = "VIEW"  # the next stroke was meant for the image before
        space.image = image
        fit_image(window, area)


def show_text(context: bpy.types.Context, text: bpy.types.Text, image: bpy.types.Image | None) -> None:
    """Show a text beside an image, in a window for both. One that shows the text already is used again."""
    place = next((p for p in _list_areas(context, "TEXT_EDITOR") if p[1].spaces.active.text == text), None)
    place = place or _open_area(context, "TEXT_EDITOR")
    if place is None:
        return
    window, area = place
    space = area.spaces.active
    space.text, space.top = text, 0
    space.show_word_wrap, space.show_syntax_highlight, space.show_line_numbers = True, False, False
    viewer = next((a for a in window.screen.areas if a.type == "IMAGE_EDITOR"), None)
    if image is not None and viewer is None:
        viewer = split_area(window, area)
        viewer.type = "IMAGE_EDITOR"
    if image is not None and viewer is not None:
        viewer.spaces.active.image = image
        fit_image(window, viewer)


def open_sequencer(context: bpy.types.Context) -> Place | None:
    """A sequencer with its preview: one that is open, else one in a new window."""
    place = _find_area(context, "SEQUENCE_EDITOR") or _open_area(context, "SEQUENCE_EDITOR")
    if place is not None and place[1].spaces.active.view_type == "SEQUENCER":
        place[1].spaces.active.view_type = "SEQUENCER_PREVIEW"
    return place


def show_sidebar(context: bpy.types.Context, kind: str, tab: str) -> bool:
    """Open a tab in the sidebar of the largest editor of a type; whether there is one."""
    windows = context.window_manager.windows
    areas = [area for window in windows for area in window.screen.areas if area.type == kind]
    if not areas:
        return False
    area = max(areas, key=lambda a: a.width * a.height)
    area.spaces.active.show_region_ui = True
    region = next(r for r in area.regions if r.type == "UI")

    def choose_tab() -> None:
        region.active_panel_category = tab
        area.tag_redraw()

    choose_tab() if region.width > 1 else bpy.app.timers.register(choose_tab, first_interval=_DRAWN)
    return True


def fit_image(window: bpy.types.Window, area: bpy.types.Area) -> None:
    """Zoom an Image Editor to its image, now or as soon as the editor was drawn."""
    key = area.as_pointer()

    def fit() -> None:
        for other in bpy.context.window_manager.windows:
            for candidate in other.screen.areas:
                if candidate.as_pointer() == key and candidate.type == "IMAGE_EDITOR":
                    _fit(other, candidate)

    _fit(window, area)
    if not bpy.app.background:
        bpy.app.timers.register(fit, first_interval=_DRAWN)


def _fit(window: bpy.types.Window, area: bpy.types.Area) -> None:
    region = next(r for r in area.regions if r.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        if bpy.ops.image.view_all.poll():
            bpy.ops.image.view_all(fit_view=True)
    area.tag_redraw()


def _list_areas(context: bpy.types.Context, kind: str) -> Iterator[Place]:
    """The editors of a type: those of this window first, the largest first."""
    windows = sorted(context.window_manager.windows, key=lambda window: window != context.window)
    for window in windows:
        areas = [area for area in window.screen.areas if area.type == kind]
        yield from ((window, area) for area in sorted(areas, key=lambda a: -a.width * a.height))


def _find_area(context: bpy.types.Context, kind: str) -> Place | None:
    return next(_list_areas(context, kind), None) if context.window else None


def _open_area(context: bpy.types.Context, kind: str) -> Place | None:
    if not context.window or bpy.app.background:
        return None
    bpy.ops.wm.window_new()
    window = context.window_manager.windows[-1]
    area = window.screen.areas[0]
    area.type = kind
    return window, area


def split_area(
    window: bpy.types.Window, area: bpy.types.Area, direction: str = "VERTICAL", factor: float = 0.5
) -> bpy.types.Area:
    """A further area beside one, or with HORIZONTAL above it."""
    previous = set(window.screen.areas)
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.screen.area_split(direction=direction, factor=factor)
    return next(a for a in window.screen.areas if a not in previous)
