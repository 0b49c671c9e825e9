# SPDX-License-Identifier: GPL-3.0-or-later
"""The history: a gallery of pages with search and filters, in the 3D view and in the Image Editor."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.features.history import gallery
from ..nano_banana_addon.identity import SESSION_PROPERTY
from ..nano_banana_addon.session import thumbnails
from ..nano_banana_addon.translations import translate
from .base.sidebar import ImageSidebar, Sidebar
from .details import draw_details
from .results import STATE_ICONS

#: Pixels of one image of the gallery at interface scale 1, and the region's border.
_CELL, _BORDER = 96.0, 40.0


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
            text = translate("Damaged entries set aside: {count}", count=history.damaged)
            self.layout.operator("nano_banana.recovery", text=text, icon="ERROR", emboss=False)
        if not history.entries:
            is_restricted = {history.kind, history.state} != {"ALL"}
            is_filtered = history.text or history.project or history.favourite or is_restricted
            message = translate("No results" if is_filtered else "No generations yet")
            self.layout.label(text=message, icon="INFO")
        else:
            draw_pages(self.layout, history)
            draw_entries(self.layout, context, history)
            draw_pages(self.layout, history)
        if history.details.name and history.details.name not in history.entries:
            draw_details(self.layout, context, history)


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
    middle.label(text=translate("{first:,}–{last:,} of {total:,}", first=first, last=last, total=history.total))
    forward = row.row(align=True)
    forward.enabled = last < history.total
    forward.operator("nano_banana.history_page", text="", icon="TRIA_RIGHT").step = 1


def draw_entries(layout: bpy.types.UILayout, context: bpy.types.Context, history: bpy.types.PropertyGroup) -> None:
    """Draw the images in rows, the details of the chosen one below its row, then those without an image as lines."""
    chosen = history.details.name
    pictures = [entry for entry in history.entries if entry.thumbnail]
    columns = count_columns(context)
    for start in range(0, len(pictures), columns):
        row_entries = pictures[start : start + columns]
        grid = layout.grid_flow(row_major=True, columns=columns, even_columns=True)
        for entry in row_entries:
            draw_entry(grid.column(align=True), entry, is_active=entry.name == chosen)
        for _ in range(columns - len(row_entries)):
            grid.column()
        if any(entry.name == chosen for entry in row_entries):
            draw_details(layout, context, history)
    column = layout.column(align=True)
    for entry in history.entries:
        if not entry.thumbnail:
            draw_choice(column, entry, is_active=entry.name == chosen)
            if entry.name == chosen:
                draw_details(column, context, history)


def draw_entry(column: bpy.types.UILayout, entry: bpy.types.PropertyGroup, *, is_active: bool) -> None:
    """Draw an image with a button that shows it large, and one with its title that opens its details."""
    column.template_icon(icon_value=thumbnails.find_icon(entry.thumbnail), scale=4.5)
    row = column.row(align=True)
    draw_choice(row, entry, is_active=is_active)
    row.operator("nano_banana.show_result", text="", icon="FULLSCREEN_ENTER").generation = entry.name


def draw_choice(layout: bpy.types.UILayout, entry: bpy.types.PropertyGroup, *, is_active: bool) -> None:
    """Draw the button that opens the details of an entry."""
    icon = "SOLO_ON" if entry.favourite else STATE_ICONS.get(entry.state, "NONE")
    title = translate("Preview: {title}", title=entry.title) if entry.offline else entry.title
    operator = layout.operator("nano_banana.history_choose", text=title, icon=icon, depress=is_active)
    operator.generation = "" if is_active else entry.name
