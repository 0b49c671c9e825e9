# SPDX-License-Identifier: GPL-3.0-or-later
"""`WindowManager.nano_banana.history`: one page of the history, its filters and the chosen generation.

Filled by `features/history/gallery.py`; the panels only read it. Never saved.
"""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..core.constants import ALL, Kind, State
from ..features.history import gallery

KIND_ITEMS = (
    (ALL, "All Types", "Generations of any type", 0),
    *((kind, kind.title(), "", number) for number, kind in enumerate(Kind, start=1)),
)
STATE_ITEMS = (
    (ALL, "All States", "Generations in any state", 0),
    (State.DONE, "Generated", "With an image", 1),
    (State.REFUSED, "Refused", "The model refused the request", 2),
    (State.FAILED, "Failed", "Ended with an error", 3),
    (State.UNKNOWN, "Unknown", "Sent, but the response was lost", 4),
    (State.CANCELLED, "Cancelled", "Cancelled by the user", 5),
    ("UNDER_WAY", "In Progress", "Queued, or being generated", 6),
)


def _apply_filters(_self: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    gallery.apply_filters()


class NANO_BANANA_PG_entry(bpy.types.PropertyGroup):
    """One generation of the shown page; `name` is its id."""

    title: StringProperty()
    state: StringProperty()
    thumbnail: StringProperty(subtype="FILE_PATH")
    favourite: BoolProperty()
    offline: BoolProperty()


class NANO_BANANA_PG_fact(bpy.types.PropertyGroup):
    """One line of the details: a name and its value."""

    value: StringProperty()


class NANO_BANANA_PG_used_reference(bpy.types.PropertyGroup):
    """An image that was sent with a request; `name` is its label."""

    role: StringProperty()
    path: StringProperty(subtype="FILE_PATH")
    note: StringProperty()


class NANO_BANANA_PG_details(bpy.types.PropertyGroup):
    """The details of the chosen generation; `name` is its id, "" when none is chosen."""

    title: StringProperty()
    prompt: StringProperty()
    system_instruction: StringProperty()
    state: StringProperty()
    message: StringProperty(description="The outcome as text")
    provenance: StringProperty()
    thumbnail: StringProperty(subtype="FILE_PATH")
    favourite: BoolProperty()
    offline: BoolProperty()
    has_picture: BoolProperty()
    price: FloatProperty(description="US dollars for sending the request again")
    facts: CollectionProperty(type=NANO_BANANA_PG_fact)
    references: CollectionProperty(type=NANO_BANANA_PG_used_reference)


class NANO_BANANA_PG_history(bpy.types.PropertyGroup):
    """The gallery."""

    text: StringProperty(
        name="Search",
        description="Search for words in prompts and in names of projects, scenes, shots, files and references",
        options={"TEXTEDIT_UPDATE"},
        update=_apply_filters,
    )
    project: StringProperty(
        name="Project", description="Show this project only; empty: all projects", update=_apply_filters
    )
    favourite: BoolProperty(name="Favourites", description="Show favourites only", update=_apply_filters)
    kind: EnumProperty(
        name="Type", description="Show generations of this type", items=KIND_ITEMS, update=_apply_filters
    )
    state: EnumProperty(
        name="State", description="Show generations in this state", items=STATE_ITEMS, update=_apply_filters
    )
    page: IntProperty(min=0)
    total: IntProperty(min=0)
    projects: CollectionProperty(type=NANO_BANANA_PG_fact)
    entries: CollectionProperty(type=NANO_BANANA_PG_entry)
    details: PointerProperty(type=NANO_BANANA_PG_details)
    damaged: IntProperty(description="Entries that could not be read and were set aside", min=0)
    compared: StringProperty(description="ID of the generation marked to compare")


class NANO_BANANA_PG_standing(bpy.types.PropertyGroup):
    """The state of a budget this month; `name` is its project, "" for all projects together."""

    limit: FloatProperty()
    spent: FloatProperty(description="Spent or in progress, in US dollars")
    warn_share: FloatProperty()


class NANO_BANANA_PG_ledger_line(bpy.types.PropertyGroup):
    """A sum of the ledger; `name` is the day, month, project or model."""

    pictures: IntProperty()
    free: IntProperty()
    cost: StringProperty()
    unknown: StringProperty(description="Amount that may have been billed in addition")


def _apply_grouping(_self: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    from ..features import costs

    costs.refresh()


class NANO_BANANA_PG_money(bpy.types.PropertyGroup):
    """Spending and budgets."""

    by: EnumProperty(
        name="By",
        description="How spending is grouped",
        items=(
            ("day", "Day", "The days of this month", 0),
            ("month", "Month", "", 1),
            ("project", "Project", "", 2),
            ("model", "Model", "", 3),
        ),
        update=_apply_grouping,
    )
    today: StringProperty()
    month: StringProperty()
    unknown: StringProperty(description="Amount that may have been billed this month in addition")
    imported: StringProperty(description="Billed to others: the cost of imported generations, in no sum or budget")
    damaged: StringProperty(description="Entries of the ledger whose cost cannot be read")
    lines: CollectionProperty(type=NANO_BANANA_PG_ledger_line)
    standings: CollectionProperty(type=NANO_BANANA_PG_standing)


class NANO_BANANA_PG_recovered(bpy.types.PropertyGroup):
    """A generation of an earlier session; `name` is its id."""

    known: EnumProperty(
        items=(
            ("NOT_SENT", "Not sent", "Nothing was sent or billed", 0),
            ("UNKNOWN", "Unknown", "It was sent, and may have been billed", 1),
            ("RECEIVED", "Received", "It was generated, but not used in a file", 2),
            ("DAMAGED", "Damaged", "It could not be read and was set aside", 3),
            ("PROBLEM", "Not recovered", "It is tried again at the next start", 4),
        )
    )
    title: StringProperty()
    about: StringProperty(description="Time, file and price")
    count: IntProperty(description="Number of requests", default=1)
    price: FloatProperty(description="US dollars for sending them")
    thumbnail: StringProperty(subtype="FILE_PATH")
