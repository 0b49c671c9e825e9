# SPDX-License-Identifier: GPL-3.0-or-later
"""Spending by day, month, project and model, and the state of the budgets."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.core import models
from ..nano_banana_addon.identity import SCENE_PROPERTY, SESSION_PROPERTY
from ..nano_banana_addon.translations import translate
from .base.sidebar import Sidebar
from .output import draw_rows


class NANO_BANANA_PT_money(Sidebar, bpy.types.Panel):
    """Spending, as reported by the service"""

    bl_label = "Cost"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 11

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """This month's sum."""
        money = getattr(context.window_manager, SESSION_PROPERTY).money
        self.layout.label(text=money.month)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw sums, budgets and the table."""
        layout = self.layout
        money = getattr(context.window_manager, SESSION_PROPERTY).money
        figures = ((translate("Today"), money.today), (translate("This Month"), money.month))
        more = (
            (translate("Possibly Billed"), money.unknown),
            (translate("Imported, Not Counted"), money.imported),
        )
        for name, value in (*figures, *more):
            if not value:
                continue
            row = layout.split(factor=0.5)
            row.label(text=name)
            row.label(text=value)
        if money.damaged:
            layout.label(text=money.damaged, icon="ERROR")
        for budget in money.standings:
            draw_budget(layout, budget)
        choices = getattr(context.scene, SCENE_PROPERTY)
        draw_rows(layout, choices, "cost", models.find(choices.model))
        row = layout.row(align=True)
        row.prop(money, "by", expand=True)
        draw_table(layout, money)
        row = layout.row(align=True)
        row.operator("nano_banana.export_ledger", icon="EXPORT")
        row.operator("nano_banana.open_preferences", text="", icon="PREFERENCES")


def draw_budget(layout: bpy.types.UILayout, budget: bpy.types.PropertyGroup) -> None:
    """Draw the used share of a budget."""
    share = min(budget.spent / budget.limit, 1.0) if budget.limit else 1.0
    row = layout.row()
    row.alert = share >= budget.warn_share
    title = budget.name or translate("All Projects")
    text = translate("{project}: ${spent:.2f} of ${limit:.2f}", project=title, spent=budget.spent, limit=budget.limit)
    row.progress(factor=share, text=text)


def draw_table(layout: bpy.types.UILayout, money: bpy.types.PropertyGroup) -> None:
    """Draw one line for each day, month, project or model."""
    if not money.lines:
        layout.label(text="Nothing billed yet", icon="INFO")
        return
    column = layout.box().column(align=True)
    draw_line(column, translate(money.by.title()), translate("Images"), translate("Cost"))
    for line in money.lines:
        draw_line(column, line.name, str(line.pictures), line.cost)
        if line.free:
            draw_line(column, "", str(line.free), translate("free"))
        if line.unknown:
            draw_line(column, "", "possibly", line.unknown)


def draw_line(column: bpy.types.UILayout, name: str, pictures: str, price: str) -> None:
    """Draw three columns."""
    split = column.split(factor=0.5)
    split.label(text=name)
    right = split.split(factor=0.5)
    right.label(text=pictures)
    right.label(text=price)
