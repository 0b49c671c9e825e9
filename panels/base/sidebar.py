# SPDX-License-Identifier: GPL-3.0-or-later
"""Base classes of the panels in the add-on's tab, and what several of them draw."""

from __future__ import annotations

import bpy

from ...nano_banana_addon.core.text.lines import wrap
from ...nano_banana_addon.identity import BUTTON_POINTER, DISPLAY_NAME
from ...nano_banana_addon.session import thumbnails
from ...nano_banana_addon.translations import translate_sentence

_PIXELS_PER_CHARACTER = 6.3  # of the default font at interface scale 1, on the generous side
_LEAST = 12  # characters in a line
_MOST = 6000  # characters of a text
_NARROW = 220.0  # pixels of a sidebar at interface scale 1
_MARGIN = 84.0  # pixels of the tabs, a box's border and the icon


class Sidebar:
    """A panel in the 3D view's sidebar."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = DISPLAY_NAME


class ImageSidebar(Sidebar):
    """A panel in the Image Editor's sidebar."""

    bl_space_type = "IMAGE_EDITOR"


class NodeSidebar(Sidebar):
    """A panel in the sidebar of the compositor and the shader editor."""

    bl_space_type = "NODE_EDITOR"


class SequencerSidebar(Sidebar):
    """A panel in the sequencer's sidebar."""

    bl_space_type = "SEQUENCE_EDITOR"


def draw_image_entry(layout: bpy.types.UILayout, entry: bpy.types.PropertyGroup, *names: str) -> None:
    """Draw the row of an image that goes with prompts: thumbnail, name, some of its properties, whether it is sent."""
    row = layout.row(align=True)
    row.active = entry.enabled
    row.label(text="", icon_value=thumbnails.find_entry_icon(entry) or 0)
    row.prop(entry, "name", text="", emboss=False)
    for name in (*names, "enabled"):
        row.prop(entry, name, text="")


def is_narrow(context: bpy.types.Context) -> bool:
    """Whether the sidebar has room for few words only: headers then leave out what stands beside the name."""
    scale = context.preferences.system.ui_scale or 1.0  # 0 where there is no window
    return context.region is not None and 1 < context.region.width < _NARROW * scale


def mark_buttons(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Let the operators of this layout say by their tooltips why they are disabled."""
    layout.context_pointer_set(BUTTON_POINTER, context.scene)


def draw_progress(layout: bpy.types.UILayout, fraction: float, text: str, cancel: str) -> bpy.types.OperatorProperties:
    """Draw a progress bar with the button that cancels; returns the button's properties."""
    row = layout.row(align=True)
    row.progress(factor=fraction, text=translate_sentence(text))
    return row.operator(cancel, text="", icon="X")


def draw_titled_progress(layout: bpy.types.UILayout, job: bpy.types.PropertyGroup) -> None:
    """Draw a generation in progress in one line: its title, how far it is, and the button that cancels it."""
    text = f"{job.title}: {translate_sentence(job.phase)}"
    draw_progress(layout, job.fraction, text, "nano_banana.cancel").generation = job.name


def draw_text(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE", width: int = 0
) -> None:
    """Draw a text as labels, with the icon on the first; wrapped to the region's width, or in a pop-over to `width`."""
    scale = context.preferences.system.ui_scale or 1.0  # 0 where there is no window
    if width:
        columns = int(width / _PIXELS_PER_CHARACTER)
    else:
        width = context.region.width if context.region else 300
        columns = max(int((width - _MARGIN * scale) / (_PIXELS_PER_CHARACTER * scale)), _LEAST)
    column = layout.column(align=True)
    column.scale_y = 0.8
    if len(text) > _MOST:  # of a file or service that may hold megabytes: each redraw would take seconds
        text = f"{text[:_MOST]}…"
    for paragraph in translate_sentence(text).splitlines():
        for line in wrap(paragraph, columns):
            column.label(text=line, icon=icon)
            icon = "BLANK1" if icon != "NONE" else "NONE"
