# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrapped text in panels: Blender's labels do not wrap."""

import textwrap

import bpy

_PIXELS_PER_CHARACTER = 6.3  # of the default font at interface scale 1, on the generous side
_MARGIN = 84.0  # pixels of the tabs, a box's border and the icon


def draw_text(layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE") -> None:
    """Draw a text as labels, wrapped to the region's width, with the icon on the first."""
    scale = context.preferences.system.ui_scale or 1.0  # 0 where there is no window
    width = context.region.width if context.region else 300
    columns = max(int((width - _MARGIN * scale) / (_PIXELS_PER_CHARACTER * scale)), 20)
    column = layout.column(align=True)
    column.scale_y = 0.8
    for paragraph in text.splitlines():
        for line in textwrap.wrap(paragraph, columns):
            column.label(text=line, icon=icon)
            icon = "BLANK1" if icon != "NONE" else "NONE"
