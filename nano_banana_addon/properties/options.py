# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender properties made from the rows of a settings class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..core.options import DEFAULT, Item, Option

_DEFAULT_ITEM = Item(DEFAULT, "Default", "The default of the service", 0)
_NUMBERS = {int: IntProperty, float: FloatProperty}


def build_mixin(
    name: str, rows: Iterable[Option], more: Mapping[str, Any] | None = None, special: Mapping[str, Any] | None = None
) -> type:
    """A class with a property for each row, for property groups and operators.

    `more` are properties without a row, by name; `special` are further arguments for the property of a row.
    """
    annotations = {row.name: build_property(row, (special or {}).get(row.name, {})) for row in rows}
    return type(name, (), {"__annotations__": annotations | dict(more or {})})


def build_property(row: Option, special: Mapping[str, Any]) -> Any:
    """The Blender property of a row."""
    texts = {"name": row.label, "description": row.help}
    items = special.get("items") or enum_items(([_DEFAULT_ITEM] if row.optional else []) + [*row.items])
    if row.is_multiple:
        return EnumProperty(**texts, items=items, default=set(row.default), options={"ENUM_FLAG"})
    if items:
        return EnumProperty(**texts, items=items, default=row.default or DEFAULT)
    if isinstance(row.default, bool):
        return BoolProperty(**texts, default=row.default)
    if isinstance(row.default, str):
        relative = {"PATH_SUPPORTS_BLEND_RELATIVE"} if row.subtype == "FILE_PATH" else set()
        options = {"ANIMATABLE", *relative}
        return StringProperty(**texts, default=row.default, subtype=row.subtype, options=options, **special)
    return _build_number(row, texts)


def enum_items(items: Iterable[Item]) -> list[tuple[str, str, str, str, int]]:
    """Menu items as Blender takes them."""
    return [(item.id, item.label, item.help, item.icon, item.number) for item in items]


def _build_number(row: Option, texts: dict[str, str]) -> Any:
    bounds = {"min": row.minimum, "max": row.maximum, "soft_max": row.soft_maximum}
    bounds = {key: value for key, value in bounds.items() if value is not None}
    return _NUMBERS[type(row.default)](**texts, default=row.default, subtype=row.subtype, **bounds)
