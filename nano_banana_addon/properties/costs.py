# SPDX-License-Identifier: GPL-3.0-or-later
"""The budgets in the preferences. They apply to all users of the same history and to the command line."""

import bpy
from bpy.props import CollectionProperty, FloatProperty, StringProperty


def _apply_budgets(_self: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    from ..features import costs  # the preferences exist before anything is opened

    costs.apply_preferences()


class NANO_BANANA_PG_project_budget(bpy.types.PropertyGroup):
    """The monthly budget of one project."""

    name: StringProperty(
        name="Project",
        description="Project name as in the panel Cost, or the folder of the .blend file",
        update=_apply_budgets,
    )
    limit: FloatProperty(
        name="Monthly Budget (USD)",
        description="0: no budget",
        min=0.0,
        soft_max=1000.0,
        precision=2,
        update=_apply_budgets,
    )


class BudgetProperties:
    """A mixin of the add-on's preferences."""

    budget_month: FloatProperty(
        name="Monthly Budget (USD)",
        description="For all projects together in a calendar month. Requests that would exceed it are"
        " not sent. 0: no budget",
        min=0.0,
        soft_max=1000.0,
        precision=2,
        update=_apply_budgets,
    )
    budget_warning: FloatProperty(
        name="Warn At",
        description="Share of a budget at which a warning is shown below the button",
        subtype="PERCENTAGE",
        min=1.0,
        max=100.0,
        default=80.0,
        precision=0,
        update=_apply_budgets,
    )
    confirm_above: FloatProperty(
        name="Confirm Above (USD)",
        description="A press of a button that would spend more shows what is sent and asks first. 0: always ask",
        min=0.0,
        soft_max=100.0,
        default=0.5,
        precision=2,
    )
    script_limit: FloatProperty(
        name="What Scripts May Spend",
        description="US dollars in a day, for assistants and scripts that ask by the functions made for them."
        " 0: they can only use what is free",
        min=0.0,
        soft_max=100.0,
        default=0.0,
        precision=2,
    )
    project_budgets: CollectionProperty(type=NANO_BANANA_PG_project_budget)
    pacing_limit: FloatProperty(
        name="Spending Limit (10 min)",
        description="US dollars in any ten minutes. Requests that would exceed it wait. Google's limit is $10 on"
        " tier 1, $50 on tier 2, $200 on tier 3. 0: no limit",
        min=0.0,
        soft_max=200.0,
        default=10.0,
        precision=2,
        update=_apply_budgets,
    )


def draw(layout: bpy.types.UILayout, preferences: bpy.types.AddonPreferences) -> None:
    """Draw the budgets into the preferences."""
    layout.prop(preferences, "budget_month")
    for index, item in enumerate(preferences.project_budgets):
        row = layout.row(align=True)
        row.use_property_split = False
        row.prop(item, "name", text="", placeholder="Project")
        row.prop(item, "limit", text="USD per Month")
        remove = row.operator("nano_banana.project_budget_remove", text="", icon="X")
        remove.index = index
    layout.operator("nano_banana.project_budget_add", icon="ADD")
    layout.prop(preferences, "budget_warning")
    layout.prop(preferences, "confirm_above")
    layout.prop(preferences, "script_limit", text="What Scripts May Spend (USD per Day)")
    layout.prop(preferences, "pacing_limit")
