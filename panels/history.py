# SPDX-License-Identifier: GPL-3.0-or-later
"""The history: a gallery of pages with search and filters, in the 3D view and in the Image Editor."""

import bpy

from ..nano_banana_addon.core.constants import State
from ..nano_banana_addon.features.history import gallery
from ..nano_banana_addon.identity import SESSION_PROPERTY
from ..nano_banana_addon.session import thumbnails
from .base import ImageSidebar, Sidebar

#: Pixels of one image of the gallery at interface scale 1, and the region's border.
_CELL, _BORDER = 96.0, 40.0
_STATE_ICONS = {
    State.REFUSED: "CANCEL",
    State.FAILED: "ERROR",
    State.UNKNOWN: "QUESTION",
    State.CANCELLED: "X",
    State.BLOCKED: "TIME",
}


class HistoryPanel:
    """The gallery, shared by the panels of both editors."""

    bl_label = "History"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 10

    def draw_header_preset(self, _context: bpy.types.Context) -> None:
        """Draw the reload button and the menu."""
        row = self.layout.row(align=True)
        row.operator("nano_banana.history_refresh", text="", icon="FILE_REFRESH", emboss=False)
        row.menu("NANO_BANANA_MT_history", text="", icon="DOWNARROW_HLT")

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the filters and the page."""
        history = getattr(context.window_manager, SESSION_PROPERTY).history
        draw_filters(self.layout, history)
        if history.damaged:
            entries = "entries" if history.damaged > 1 else "entry"
            text = f"{history.damaged} damaged {entries} set aside"
            self.layout.operator("nano_banana.recovery", text=text, icon="ERROR", emboss=False)
        if not history.entries:
            is_restricted = {history.kind, history.state} != {"ALL"}
            is_filtered = history.text or history.project or history.favourite or is_restricted
            message = "No results" if is_filtered else "No generations yet"
            self.layout.label(text=message, icon="INFO")
            return
        draw_pages(self.layout, history)
        columns = count_columns(context)
        grid = self.layout.grid_flow(row_major=True, columns=columns, even_columns=True)
        for entry in history.entries:
            draw_entry(grid.column(align=True), entry, is_active=entry.name == history.details.name)
        draw_pages(self.layout, history)


class NANO_BANANA_MT_history(bpy.types.Menu):
    """Actions on the whole history"""

    bl_label = "History"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the menu."""
        layout = self.layout
        layout.operator("nano_banana.recovery", icon="RECOVER_LAST")
        layout.separator()
        layout.operator("nano_banana.export_history", icon="EXPORT")
        layout.operator("nano_banana.import_history", icon="IMPORT")
        layout.operator("nano_banana.clean_up_history", icon="BRUSH_DATA")
        layout.operator("nano_banana.restore_history", icon="LOOP_BACK")
        layout.separator()
        layout.operator("nano_banana.export_ledger", icon="SPREADSHEET")


class NANO_BANANA_PT_history(HistoryPanel, Sidebar, bpy.types.Panel):
    """All generations of all sessions and projects"""


class NANO_BANANA_PT_image_history(HistoryPanel, ImageSidebar, bpy.types.Panel):
    """All generations of all sessions and projects"""


def count_columns(context: bpy.types.Context) -> int:
    """The number of images in a row."""
    scale = context.preferences.system.ui_scale or 1.0  # 0 without a window
    width = context.region.width if context.region else 300
    return max(int((width / scale - _BORDER) / _CELL), 2)


def draw_filters(layout: bpy.types.UILayout, history: bpy.types.PropertyGroup) -> None:
    """Draw the search field and the filters."""
    row = layout.row(align=True)
    row.prop(history, "text", text="", icon="VIEWZOOM", placeholder="Search")
    row.prop(history, "favourite", text="", icon="SOLO_ON" if history.favourite else "SOLO_OFF")
    row = layout.row(align=True)
    row.prop(history, "kind", text="")
    row.prop(history, "state", text="")
    if history.projects:
        row = layout.row(align=True)
        row.prop_search(history, "project", history, "projects", text="Project", icon="FILE_FOLDER")


def draw_pages(layout: bpy.types.UILayout, history: bpy.types.PropertyGroup) -> None:
    """Draw the page's position and the buttons to other pages."""
    first = history.page * gallery.PAGE + 1
    last = first + len(history.entries) - 1
    row = layout.row(align=True)
    back = row.row(align=True)
    back.enabled = history.page > 0
    back.operator("nano_banana.history_page", text="", icon="TRIA_LEFT").step = -1
    middle = row.row(align=True)
    middle.alignment = "CENTER"
    middle.label(text=f"{first:,}–{last:,} of {history.total:,}")
    forward = row.row(align=True)
    forward.enabled = last < history.total
    forward.operator("nano_banana.history_page", text="", icon="TRIA_RIGHT").step = 1


def draw_entry(column: bpy.types.UILayout, entry: bpy.types.PropertyGroup, *, is_active: bool) -> None:
    """Draw an image with its title, a button that shows the details."""
    if icon := thumbnails.find_icon(entry.thumbnail):
        column.template_icon(icon_value=icon, scale=4.5)
    else:
        blank = column.row()
        blank.scale_y = 4.5
        blank.alignment = "CENTER"
        blank.label(text="", icon=_STATE_ICONS.get(entry.state, "IMAGE_DATA"))
    row = column.row(align=True)
    mark = "SOLO_ON" if entry.favourite else _STATE_ICONS.get(entry.state, "NONE")
    title = f"Preview: {entry.title}" if entry.offline else entry.title
    operator = row.operator("nano_banana.history_choose", text=title, icon=mark, depress=is_active)
    operator.generation = entry.name
