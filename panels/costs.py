# SPDX-License-Identifier: GPL-3.0-or-later
"""What was spent: today, this month, by project and model; and where the budgets stand."""

import bpy

from ..nano_banana_addon.features import costs
from ..nano_banana_addon.identity import SESSION_PROPERTY
from .base import Sidebar
from .text import draw_text


class NANO_BANANA_PT_money(Sidebar, bpy.types.Panel):
    """What was spent, by the service's own count"""

    bl_label = "Cost"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 11

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """This month's sum."""
        shown = getattr(context.window_manager, SESSION_PROPERTY).money
        self.layout.label(text=shown.month)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw sums, budgets and the table."""
        layout = self.layout
        shown = getattr(context.window_manager, SESSION_PROPERTY).money
        figures = (("Today", shown.today), ("This Month", shown.month))
        for name, value in (*figures, ("Perhaps Billed", shown.unknown)):
            if not value:
                continue
            row = layout.split(factor=0.5)
            row.label(text=name)
            row.label(text=value)
        for standing in shown.standings:
            draw_standing(layout, standing)
        row = layout.row(align=True)
        row.prop(shown, "by", expand=True)
        draw_table(layout, shown)
        row = layout.row(align=True)
        row.operator("nano_banana.export_ledger", icon="EXPORT")
        row.operator("nano_banana.open_preferences", text="", icon="PREFERENCES")


def draw_standing(layout: bpy.types.UILayout, standing: bpy.types.PropertyGroup) -> None:
    """How much of a budget is used."""
    share = min(standing.spent / standing.limit, 1.0) if standing.limit else 1.0
    row = layout.row()
    row.alert = share >= standing.warn_share
    whose = standing.name or "All Projects"
    row.progress(factor=share, text=f"{whose}: ${standing.spent:.2f} of ${standing.limit:.2f}")


def draw_table(layout: bpy.types.UILayout, shown: bpy.types.PropertyGroup) -> None:
    """One line for each day, month, project or model."""
    if not shown.lines:
        layout.label(text="Nothing was billed yet", icon="INFO")
        return
    column = layout.box().column(align=True)
    draw_line(column, shown.by.title(), "Pictures", "Cost")
    for line in shown.lines:
        draw_line(column, line.name, str(line.pictures), line.cost)
        if line.unknown:
            draw_line(column, "", "perhaps", line.unknown)


def draw_line(column: bpy.types.UILayout, name: str, pictures: str, price: str) -> None:
    """Three columns."""
    split = column.split(factor=0.5)
    split.label(text=name)
    right = split.split(factor=0.5)
    right.label(text=pictures)
    right.label(text=price)


def draw_warning(layout: bpy.types.UILayout, context: bpy.types.Context, project: str, price: float) -> None:
    """Beside the button, when a budget is nearly used up or would be passed."""
    if said := costs.find_warning(project, price):
        column = layout.column()
        column.alert = True
        draw_text(column, context, said, icon="ERROR")


CLASSES = (NANO_BANANA_PT_money,)
